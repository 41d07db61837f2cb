import type { Contact } from '../rapidpro/index.mts';
import { until } from '../until.mts';
import { closed, type Place, received, type Scenario } from './scenario.mts';

/** The app reads every ten seconds, unless told otherwise. */
const READING_MS = 30_000;

export const reading: Scenario = {
	id: 'reading',
	title: 'Reading',
	summary: 'RapidPro calls nobody: the app reads of the ticket, the message and the close.',

	async play(place, audience) {
		const { rocketChat, rapidPro } = place;
		const { flows } = rapidPro;
		await audience.step('A user of RapidPro opens a ticket, and no flow calls the app');
		const contact = rapidPro.addContact({ name: 'Grace', urns: ['whatsapp:250788321321'] });
		audience.meet(contact);
		const before = new Set(rocketChat.rooms().map(({ _id }) => _id));
		const { ticket } = await flows.openInFlow(contact);
		if (ticket === undefined) throw new Error('RapidPro stored no ticket');
		ticket.externalId = await newRoom(place, contact, before);
		audience.check(rocketChat.room(ticket.externalId)?.open === true, `room ${ticket.externalId} is open`);

		await audience.step('The contact writes');
		await flows.contactWrites(contact, 'Where is the nearest clinic?');
		const posted = () => rocketChat.messages(ticket.externalId).filter(({ msg }) => msg.includes('nearest clinic'));
		await until('the message', () => posted().length > 0, READING_MS);
		audience.check(posted().length === 1, 'the agent sees it in the room, once');

		await audience.step('An agent answers through RapidPro’s API');
		const agent = rocketChat.room(ticket.externalId)?.servedBy?.username ?? '';
		await rocketChat.agentWrites(ticket.externalId, agent, 'In Musanze, next to the market');
		const [text] = await received(place, contact, 1);
		audience.check(text === 'In Musanze, next to the market', 'RapidPro sends it to the contact');

		await audience.step('A user of RapidPro closes the ticket');
		await flows.close(ticket);
		await until('the end of the room', () => rocketChat.room(ticket.externalId)?.open !== true, READING_MS);
		audience.check(await closed(ticket), 'the room is closed as well');
	},
};

/** The room that has come for the contact, once the app has read of the ticket: RapidPro does not know it. */
function newRoom({ rocketChat }: Place, { name }: Contact, before: Set<string>): Promise<string> {
	const isTheirs = (room: object) => JSON.stringify(room).includes(name);
	return until(
		'the room',
		() => rocketChat.rooms().find((room) => !before.has(room._id) && isTheirs(room))?._id,
		READING_MS,
	);
}
