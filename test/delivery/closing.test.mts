/** The end of a ticket where one of the two sides is not ready for it. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import {
	agentSays,
	closesOf,
	DOWN,
	deliveredTo,
	FAST,
	FOR_EVER,
	notesIn,
	PATIENCE_MS,
	untilDelivered,
	untilDeliveredAndClosed,
} from '../support/delivery.mts';
import { assertEmpty, assertRefusal } from '../support/expect.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => {
	stage.rapidPro.faults.clear();
	stage.rocketChat.faults.clear();
});

const visitorMessage = ({ token }: OpenTicket) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token }, text: 'Hello?' });

describe('RapidPro closes a ticket', () => {
	for (const message of ['error-tags-must-be-assigned-before-closing-chat', 'error-comment-is-required']) {
		it(`whose room Rocket.Chat does not close (${message}): 204, and the agent is asked to`, async () => {
			const ticket = await stage.openTicket();
			stage.rocketChat.faults.fail('livechat.closeRoom', { message });
			assertEmpty(await stage.app.call('GET', 'room.close', { visitor: { token: ticket.token } }), 204);
			const [note] = await until(
				'the note to the agent',
				() => notesIn(stage, ticket).length > 0 && notesIn(stage, ticket),
			);
			assert.match(String(note), /closed in RapidPro.*[Cc]lose this room/s);
			assertRefusal(await visitorMessage(ticket), 404);
			stage.rocketChat.faults.clear();

			await stage.assertNothingLeaves(() => stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT }));
			assert.equal(notesIn(stage, ticket).length, 1);
		});
	}

	it('the agent who goes on writing in its room is told that nobody reads it', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.fail('livechat.closeRoom', { message: 'error-comment-is-required' });
		await stage.app.call('GET', 'room.close', { visitor: { token: ticket.token } });
		await stage.rocketChat.settled();
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'One more thing');
		const notices = () => stage.rocketChat.notices().filter(({ roomId }) => roomId === ticket.roomId);
		await until('the notice', () => notices().length > 0);
		assert.match(String(notices()[0]?.text), /has ended/);
		assert.deepEqual(deliveredTo(stage, ticket), []);
	});

	it('what agents wrote before goes out all the same, and no close', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		await agentSays(stage, ticket, ['one', 'two']);
		await stage.rapidPro.closeTicket(ticket.contact);
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['one', 'two']);
		await stage.rocketChat.settled();
		assert.ok(stage.rapidPro.receivedFor(ticket.ticketID).every(({ body }) => body.type === 'agent-message'));
	});
});

describe('while an agent’s close has not reached RapidPro', () => {
	it('the contact’s messages are answered 409, and a new ticket gets a new room', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, { ...FOR_EVER, ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['Good bye']);
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await stage.rocketChat.settled();
		const rooms = stage.rocketChat.rooms().length;
		for (const _time of [1, 2]) assertRefusal(await visitorMessage(ticket), 409);
		assert.equal(stage.rocketChat.rooms().length, rooms);

		const next = await stage.openTicket(ticket.contact);
		assert.notEqual(next.roomId, ticket.roomId);
		assert.equal((await visitorMessage(next)).status, 201);
		await agentSays(stage, next, ['Hello again']);
		await until('the new ticket’s message', () => deliveredTo(stage, next).includes('Hello again'), PATIENCE_MS);
		stage.rapidPro.faults.clear();
		await until('the old ticket’s close', () => closesOf(stage, ticket) > 0, PATIENCE_MS);
		assert.deepEqual(deliveredTo(stage, next), ['Hello again', 'Good bye']);
		assert.equal(closesOf(stage, next), 0);
	});
});

describe('an agent’s close', () => {
	it('waits for the messages before it, however long RapidPro refuses them', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.breakDown('inserting message', { times: 3, ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['one', 'two']);
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await untilDeliveredAndClosed(stage, ticket, ['one', 'two']);
	});

	it('outlives a ticketer that RapidPro does not know for a while', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.breakDown('database', { times: 1, ticketID: ticket.ticketID });
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await untilDeliveredAndClosed(stage, ticket, []);
	});
});
