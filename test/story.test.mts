/** What the room tells RapidPro and the contact: how it was closed, and who writes. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import { AGENT, type OpenTicket, RESTARTS, Stage } from './support/stage.mts';

const OTHER = 'bela';
const PNG = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);

let stage: Stage;
before(async () => {
	stage = await Stage.open();
	await stage.rocketChat.addAgent({ username: OTHER, name: 'Béla 👩🏽‍⚕️ Ödön', online: true });
	await stage.rocketChat.addDepartment({ id: 'dep-nurses', name: 'Nurses', agents: [AGENT] });
});
after(() => stage?.close());
afterEach(() => stage.rapidPro.faults.clear());

/** The close of a ticket as RapidPro got it. */
async function close({ ticketID, roomId }: OpenTicket, by = AGENT, comment = 'Got well') {
	await stage.rocketChat.closeRoom(roomId, { by, comment });
	const event = () => stage.rapidPro.model.closedEvents.find(({ ticket }) => ticket.uuid === ticketID);
	return (await until('the close', event)).params as { data?: Record<string, unknown> };
}

/** A text as the contact gets it. */
async function arrived(ticket: OpenTicket, by: string, message: Parameters<Stage['rocketChat']['agentWrites']>[2]) {
	const count = stage.rapidPro.receivedFor(ticket.ticketID).length;
	await stage.rocketChat.agentWrites(ticket.roomId, by, message);
	return (await stage.webhook(ticket.ticketID, count + 1)).body.data;
}

describe('Send close details', () => {
	it('is off at first: a close has no data', async () => {
		assert.equal('data' in (await close(await stage.openTicket())), false);
	});

	it('tells who closed it, the department, how long it was open, who answered, and the comment', async () => {
		await stage.rocketChat.setAppSetting('send_close_details', true);
		const contact = stage.rapidPro.addContact({ name: 'Ann' });
		const { ticketID, ticket } = await stage.rapidPro.openTicket(contact, { department: 'Nurses' });
		const open = { contact, ticketID, token: String(contact.id), roomId: ticket?.externalId ?? '' };
		await arrived(open, OTHER, 'one');
		await arrived(open, AGENT, 'two');
		await arrived(open, OTHER, 'three');
		await stage.rapidPro.contactWrites(contact, 'four');
		const { data } = await close(open);
		const { duration_seconds, ...rest } = data ?? {};
		assert.ok(typeof duration_seconds === 'number' && duration_seconds >= 0 && duration_seconds < 60);
		assert.deepEqual(rest, {
			closed_by: 'Agnes Agent',
			closed_by_username: AGENT,
			department: 'Nurses',
			agents: ['Béla 👩🏽‍⚕️ Ödön', 'Agnes Agent'],
			comment: 'Got well',
		});
	});

	it('leaves out what there is not', async () => {
		stage.rocketChat.serverSettings.set('Livechat_request_comment_when_closing_conversation', false);
		const { data } = await close(await stage.openTicket(), AGENT, '');
		stage.rocketChat.serverSettings.set('Livechat_request_comment_when_closing_conversation', true);
		assert.ok(data && !('comment' in data));
		assert.deepEqual(data.agents, []);
	});

	it('survives that RapidPro is down and the app dies', RESTARTS, async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer({ status: 503 }, { event: 'close-room' });
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT, comment: 'At last' });
		await until('a first attempt', () => stage.rapidPro.receivedFor(ticket.ticketID).length > 0);
		await stage.settled();
		await stage.rocketChat.killApp();
		const closed = () => stage.rapidPro.model.closedEvents.find((event) => event.ticket.uuid === ticket.ticketID);
		const { params } = await until('the close', closed, 90_000);
		assert.equal((params as { data: { comment: string } }).data.comment, 'At last');
	});

	it('does not keep a close back where the room cannot be read', async () => {
		const ticket = await stage.openTicket();
		await stage.settled();
		stage.rocketChat.faults.fail('room.getById', { message: 'the database is not available' });
		const { data } = await close(ticket).finally(() => stage.rocketChat.faults.clear());
		assert.deepEqual(Object.keys(data ?? {}).sort(), ['agents', 'comment', 'duration_seconds']);
	});
});

describe('Show agent names', () => {
	it('is off at first', async () => {
		assert.deepEqual(await arrived(await stage.openTicket(), AGENT, 'Hello'), { text: 'Hello' });
	});

	it('puts the name before the text, in the form of the setting', async () => {
		await stage.rocketChat.setAppSetting('show_agent_names', true);
		const ticket = await stage.openTicket();
		assert.deepEqual(await arrived(ticket, AGENT, 'Hello'), { text: '*Agnes Agent*: Hello' });
		assert.deepEqual(await arrived(ticket, OTHER, '👋\nHi'), { text: '*Béla 👩🏽‍⚕️ Ödön*: 👋\nHi' });
		await stage.rocketChat.setAppSetting('agent_name_form', '[{name} from the clinic] ');
		assert.deepEqual(await arrived(ticket, AGENT, 'Hello'), { text: '[Agnes Agent from the clinic] Hello' });
		for (const without of [' ', 'Support: ']) {
			await stage.rocketChat.setAppSetting('agent_name_form', without);
			assert.deepEqual(await arrived(ticket, AGENT, 'Hello'), { text: '*Agnes Agent*: Hello' });
		}
	});

	it('puts it above a quote, and alone where files have no caption', async () => {
		const ticket = await stage.openTicket();
		const quote = { text: 'one', message_link: 'https://c/live/r?msg=2' };
		const reply = { text: '[ ](https://c/live/r?msg=2) yes', attachments: [quote] };
		assert.deepEqual(await arrived(ticket, AGENT, reply), { text: '*Agnes Agent*:\n> one\nyes' });
		const files = [{ name: 'a.png', bytes: PNG }];
		assert.equal((await arrived(ticket, AGENT, { files }))?.text, '*Agnes Agent*:');
		assert.equal((await arrived(ticket, AGENT, { text: 'look', files }))?.text, '*Agnes Agent*: look');
	});
});
