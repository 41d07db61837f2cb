import type { Assembly } from '../assembly.mts';
import { connectApi } from '../connect-api.mts';
import { landscape, type Picture, streetMap } from '../picture.mts';
import type { ActionName, Asked, PickedFile } from './asked.mts';

/** What Rocket.Chat's message box takes for a command, whether there is one of that name or not. */
const COMMAND = /^\/\S/;

/** Each resolves when the deed is done; what it throws is told to whoever asked. */
export type Actions = { [Name in ActionName]: (asked: Asked[Name]) => Promise<unknown> };

/** All that can be done, by the same ways as in the tests: RapidPro's client, Rocket.Chat's people and its REST routes. */
export function actionsOf({ rocketChat, rapidPro: first, workspaces, trouble }: Assembly): Actions {
	return {
		'contact/add': async ({ name, phone, email }) => {
			const urns = [phone && `tel:${phone}`, email && `mailto:${email}`].filter((urn): urn is string => Boolean(urn));
			return { contact: workspaces.idOf(first.addContact({ name, urns })) };
		},
		'contact/open': async ({ contact: id, ...extras }) => {
			const { contact, rapidPro } = workspaces.find(id);
			if (rapidPro.hasNoTicketers) {
				const options = { webhook: true, storeAfterMs: trouble.commitAfterMs };
				return { room: (await rapidPro.flows.openInFlow(contact, options)).ticket?.externalId };
			}
			const { ticket, error } = await rapidPro.openTicket(contact, extras, trouble.commitAfterMs);
			if (ticket === undefined) throw new Error(`RapidPro could not open the ticket: ${error}`);
			return { room: ticket.externalId };
		},
		'contact/write': async ({ contact: id, text = '', files = [], sample }) => {
			const { contact, rapidPro } = workspaces.find(id);
			const pictures = sample ? [sampleFile(landscape())] : files;
			const attachments = pictures.map(({ name, type, data }) => ({
				type,
				url: rapidPro.media.store(name, type, Buffer.from(data, 'base64')),
			}));
			if (rapidPro.hasNoTicketers) {
				// The trigger of the imported flows is for contacts with open tickets.
				const webhook = rapidPro.model.openTickets(contact).length > 0;
				await rapidPro.flows.contactWrites(contact, text, { attachments, webhook });
				return;
			}
			await rapidPro.contactWrites(contact, text, attachments);
		},
		'contact/close': async ({ contact: id }) => {
			const { contact, rapidPro } = workspaces.find(id);
			if (!rapidPro.hasNoTicketers) await rapidPro.closeTicket(contact);
			else for (const ticket of rapidPro.model.openTickets(contact)) await rapidPro.flows.close(ticket);
		},

		'agent/write': async ({ room, agent, text = '', files = [], sample }) => {
			if (files.length === 0 && !sample && COMMAND.test(text.trim())) {
				return trouble.people.typeCommand(room, agent, text.trim());
			}
			const pictures = sample ? [sampleFile(streetMap())] : files;
			const uploads = pictures.map(({ name, type, data }) => ({
				name,
				...(type && { type }),
				bytes: new Uint8Array(Buffer.from(data, 'base64')),
			}));
			await trouble.people.agentWrites(room, agent, { text, files: uploads });
		},
		'agent/take': async ({ room, agent }) => trouble.people.takeRoom(room, agent),
		'agent/return': async ({ room }) => trouble.people.returnRoomToQueue(room),
		'agent/transfer': async ({ room, by, agent, department }) => {
			const done = await trouble.people.transferRoom(room, { by, agent, department });
			if (!done) throw new Error('There is nobody online to forward the conversation to');
		},
		'agent/close': async ({ room, by, comment }) => trouble.people.closeRoom(room, { by, comment }),
		'agent/online': async ({ agent, online }) => rocketChat.setAgentOnline(agent, online),

		'trouble/rapidpro': async ({ health }) => trouble.setRapidPro(health),
		'trouble/kill': async () => trouble.killApp(),
		'trouble/enable': async ({ enabled }) => trouble.enableApp(enabled),
		'trouble/node': async ({ on }) => trouble.setSecondNode(on),
		'trouble/clock': async ({ ms }) => trouble.moveClock(ms),

		'settings/save': async ({ values }) => {
			for (const [id, value] of Object.entries(values)) await rocketChat.setAppSetting(id, value);
		},
		connect: async () => {
			if (first.hasNoTicketers) await connectApi(rocketChat, first);
			else await first.connect(rocketChat.appUrl);
		},
	};
}

function sampleFile({ name, bytes }: Picture): PickedFile {
	return { name, type: 'image/png', data: Buffer.from(bytes).toString('base64') };
}
