/** `room.close`: RapidPro ends a ticket. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertEmpty, assertRefusal, naming } from './support/expect.mts';
import { AGENT, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

const closing = (token: string) => ({ visitor: { token } });

describe('room.close', () => {
	for (const verb of ['GET', 'POST']) {
		it(`by ${verb} closes the room and makes no webhook`, async () => {
			const { token, roomId } = await stage.openTicket();
			await stage.assertNothingLeaves(async () => {
				assertEmpty(await stage.app.call(verb, 'room.close', closing(token)), 204);
			});
			assert.notEqual(stage.rocketChat.room(roomId)?.open, true);
		});
	}

	it('answers 204 when there is nothing left to close', async () => {
		const { token } = await stage.openTicket();
		for (const _time of [1, 2, 3]) assertEmpty(await stage.app.call('GET', 'room.close', closing(token)), 204);
		assertEmpty(await stage.app.call('GET', 'room.close', closing('never seen')), 204);
	});

	it('answers 204 when an agent has closed the room before', async () => {
		const { token, roomId, ticketID } = await stage.openTicket();
		await stage.rocketChat.closeRoom(roomId, { by: AGENT, comment: 'Done' });
		await stage.webhook(ticketID);
		assertEmpty(await stage.app.call('GET', 'room.close', closing(token)), 204);
		await stage.rocketChat.settled();
		assert.equal(stage.rapidPro.receivedFor(ticketID).length, 1);
	});

	it('answers 204 when the room is gone', async () => {
		const { token, roomId } = await stage.openTicket();
		await stage.rocketChat.removeRoom(roomId);
		assertEmpty(await stage.app.call('GET', 'room.close', closing(token)), 204);
	});

	it('closes only the room of the ticket', async () => {
		const [mine, other] = [await stage.openTicket(), await stage.openTicket()];
		assertEmpty(await stage.app.call('GET', 'room.close', closing(mine.token)), 204);
		assert.equal(stage.rocketChat.room(other.roomId)?.open, true);
	});

	it('lets the contact have a new ticket afterwards', async () => {
		const { contact, roomId } = await stage.openTicket();
		await stage.rapidPro.closeTicket(contact);
		const next = await stage.openTicket(contact);
		assert.notEqual(next.roomId, roomId);
		assert.equal(stage.rocketChat.room(next.roomId)?.open, true);
	});

	it('ignores unknown fields', async () => {
		const { token } = await stage.openTicket();
		const body = { visitor: { token, name: 5 }, reason: 'solved', ticketID: 7 };
		assertEmpty(await stage.app.call('POST', 'room.close', body), 204);
	});

	for (const [field, body] of [
		['visitor', { token: '10000' }],
		['visitor', { visitor: null }],
		['visitor', { visitor: '10000' }],
		['visitor', { visitor: [] }],
		['visitor.token', { visitor: {} }],
		['visitor.token', { visitor: { token: null } }],
		['visitor.token', { visitor: { token: '' } }],
		['visitor.token', { visitor: { token: 10000 } }],
		['visitor.token', { visitor: { token: {} } }],
	] as const) {
		it(`refuses ${JSON.stringify(body)} with 400 and names ${field}`, async () => {
			for (const verb of ['GET', 'POST']) {
				assertRefusal(await stage.app.call(verb, 'room.close', body), 400, naming(field));
			}
		});
	}
});
