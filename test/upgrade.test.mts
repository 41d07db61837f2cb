/** The package under test takes over what version 1.0.0 has stored and scheduled. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import {
	agentSays,
	DOWN,
	deliveredTo,
	FAST,
	FOR_EVER,
	PATIENCE_MS,
	untilDelivered,
	untilDeliveredAndClosed,
} from './support/delivery.mts';
import { assertId } from './support/expect.mts';
import { OLD_ZIP } from './support/old-package.mts';
import { AGENT, type OpenTicket, packagedZip, Stage } from './support/stage.mts';

const MANAGER = 'maria';
/** Not as fast as elsewhere: here the package of 1.0.0 must keep its own deadlines, before anything is tested. */
const BRISK = { clockSpeed: Math.min(10, FAST.clockSpeed) };

let stage: Stage;
let channel: string;
/** Open, and nothing waits. */
let idle: OpenTicket;
/** Open, with a dead letter, and a message that waits. */
let dead: OpenTicket;
/** Open, with messages that wait. */
let waiting: OpenTicket;
/** Closed in Rocket.Chat, with messages and the close that wait. */
let closed: OpenTicket;
/** Open, with a contact's messages that wait for Rocket.Chat. */
let inbox: OpenTicket;
/** Closed by RapidPro. */
let ended: OpenTicket;

/** What is shown to the manager who types this. */
async function typed(words: string): Promise<string> {
	const before = stage.rocketChat.notices().length;
	await stage.rocketChat.typeCommand(channel, MANAGER, `/tickets ${words}`);
	const shown = stage.rocketChat.notices().slice(before);
	return String(shown.find(({ to }) => to === MANAGER)?.text);
}

/** What the contact has written, as the room shows it. */
const written = ({ roomId }: OpenTicket) =>
	stage.rocketChat
		.messages(roomId)
		.filter(({ token, t }) => token !== undefined && t === undefined)
		.map(({ msg }) => msg);

const contactWrites = ({ token }: OpenTicket, text: string) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token }, text });

/** People use version 1.0.0 until much waits. */
async function useOldVersion(): Promise<void> {
	idle = await stage.openTicket(stage.rapidPro.addContact({ name: 'Ida' }));
	await agentSays(stage, idle, ['before']);
	await untilDelivered(stage, idle, ['before']);
	ended = await stage.openTicket(stage.rapidPro.addContact({ name: 'Emma' }));
	await stage.rapidPro.closeTicket(ended.contact);

	dead = await stage.openTicket(stage.rapidPro.addContact({ name: 'Dora' }));
	stage.rapidPro.faults.answer({ status: 400, body: { error: 'message too rude' } }, { ticketID: dead.ticketID });
	await agentSays(stage, dead, ['Rude words']);
	await until('the dead letter', () =>
		stage.rocketChat.persistence().some(({ data }) => JSON.stringify(data).includes('message too rude')),
	);
	waiting = await stage.openTicket(stage.rapidPro.addContact({ name: 'Will' }));
	closed = await stage.openTicket(stage.rapidPro.addContact({ name: 'Cleo' }));
	inbox = await stage.openTicket(stage.rapidPro.addContact({ name: 'Ian' }));
	await stage.settled();

	stage.rapidPro.faults.answer(DOWN, FOR_EVER);
	await agentSays(stage, dead, ['after the rude words']);
	await agentSays(stage, waiting, ['one', 'two', 'three']);
	await agentSays(stage, closed, ['goodbye', 'for now']);
	await stage.rocketChat.closeRoom(closed.roomId, { by: AGENT });
	stage.rocketChat.faults.fail('livechat.createMessage', { message: 'the database is not available' });
	for (const text of ['first', 'second']) assertId(await contactWrites(inbox, text), 201);
	await stage.settled();
}

describe('an update from version 1.0.0', () => {
	before(async () => {
		stage = await Stage.open({ zip: OLD_ZIP, rocketChat: BRISK });
		channel = await stage.rocketChat.addChannel('general');
		await stage.rocketChat.addUser({ username: MANAGER, roles: ['user', 'livechat-manager'] });
		await useOldVersion();
		await stage.rocketChat.installApp(packagedZip());
	});
	after(() => stage?.close());

	it('finds all that waits and all that failed', async () => {
		for (const { roomId, contact } of [dead, waiting, closed, inbox])
			assert.match(await typed('queue'), new RegExp(`${contact.name}.*${roomId}`));
		const queue = await typed('queue');
		assert.match(queue, new RegExp(`/live/${waiting.roomId}\\): 3 `));
		// Two messages and the close.
		assert.match(queue, new RegExp(`/live/${closed.roomId}\\): 3 `));
		assert.match(queue, new RegExp(`/live/${inbox.roomId}\\): 2 `));
		assert.match(queue, new RegExp(`/live/${dead.roomId}\\): 1 failed.*message too rude`));
		for (const { roomId } of [idle, ended]) assert.ok(!queue.includes(roomId), queue);
		for (const ticket of [dead, waiting, closed]) assert.deepEqual(deliveredTo(stage, ticket), []);
		assert.deepEqual(written(inbox), []);
	});

	it('delivers it in order, the close last, once RapidPro and Rocket.Chat are back', async () => {
		stage.rapidPro.faults.clear();
		stage.rocketChat.faults.clear();
		await untilDelivered(stage, waiting, ['one', 'two', 'three']);
		await untilDeliveredAndClosed(stage, closed, ['goodbye', 'for now']);
		await untilDelivered(stage, dead, ['after the rude words']);
		await until('the contact’s messages', () => written(inbox).length >= 2, PATIENCE_MS);
		assert.deepEqual(written(inbox), ['first', 'second']);
	});

	it('can have the dead letter tried again', async () => {
		assert.match(await typed('retry'), /tried again: 1\./);
		await untilDelivered(stage, dead, ['after the rude words', 'Rude words']);
		assert.equal(await typed('queue'), 'Nothing waits, and nothing has failed.');
	});

	it('finds the open rooms again, with the same visitors, and opens new ones for what has ended', async () => {
		for (const ticket of [idle, waiting]) {
			const visitor = stage.rocketChat.room(ticket.roomId)?.v?.token;
			const again = await stage.openTicket(ticket.contact);
			assert.equal(again.roomId, ticket.roomId);
			assert.equal(stage.rocketChat.room(again.roomId)?.v?.token, visitor);
		}
		for (const ticket of [closed, ended]) {
			const visitor = stage.rocketChat.room(ticket.roomId)?.v?.token;
			const again = await stage.openTicket(ticket.contact);
			assert.notEqual(again.roomId, ticket.roomId);
			assert.equal(stage.rocketChat.room(again.roomId)?.v?.token, visitor);
		}
	});

	it('goes on with conversations in both directions, and closes on both sides', async () => {
		await agentSays(stage, inbox, ['Hello Ian']);
		await untilDelivered(stage, inbox, ['Hello Ian']);
		assertId(await contactWrites(inbox, 'third'), 201);
		await until('the contact’s answer', () => written(inbox).length >= 3, PATIENCE_MS);
		assert.deepEqual(written(inbox), ['first', 'second', 'third']);
		await stage.rocketChat.closeRoom(inbox.roomId, { by: AGENT });
		await untilDeliveredAndClosed(stage, inbox, ['Hello Ian']);
		await stage.rapidPro.closeTicket(dead.contact);
		await until('the end of the room', () => stage.rocketChat.room(dead.roomId)?.open === undefined, PATIENCE_MS);
		const types = stage.rapidPro.receivedFor(dead.ticketID).map(({ body }) => body.type);
		assert.ok(!types.includes('close-room'), 'RapidPro needs no webhook about its own close');
	});
});
