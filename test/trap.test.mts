/** A trap inside the core costs one request and nothing else. Needs the trap build in `APP_TRAP_ZIP`. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { assertEmpty, assertId, assertRefusal } from './support/expect.mts';
import { AGENT, Stage } from './support/stage.mts';

const zip = process.env.APP_TRAP_ZIP;
const TRAP: [string, string] = ['X-Test-Trap', 'panic'];

describe('a trap inside the core', { skip: zip === undefined && 'APP_TRAP_ZIP names no trap build' }, () => {
	let stage: Stage;
	before(async () => {
		stage = await Stage.open({ zip });
	});
	after(() => stage?.close());

	const trap = (verb = 'GET', endpoint = 'secret.check', body?: unknown) =>
		stage.app.callWith(TRAP, verb, endpoint, body);

	for (const [verb, endpoint, body] of [
		['GET', 'secret.check', undefined],
		['GET', 'settings', undefined],
		['PUT', 'settings', { webhook: { url: 'https://rapidpro.example.org/hook' } }],
		['POST', 'room', { ticketID: randomUUID(), visitor: { token: 'trap' } }],
		['POST', 'room.close', { visitor: { token: 'trap' } }],
		['POST', 'visitor-message', { visitor: { token: 'trap' }, text: 'Hello' }],
	] as const) {
		it(`in ${verb} ${endpoint} gives a 500 in the error pattern with a reference that the log has`, async () => {
			const reply = await trap(verb, endpoint, body);
			assertRefusal(reply, 500, /^internal error \S+$/);
			const reference = /(\S+)"\}$/.exec(reply.body)?.[1] ?? '';
			if (generation.logsComplete) assert.ok(JSON.stringify(stage.rocketChat.appLogs()).includes(reference));
			assert.equal((await stage.app.call('GET', 'secret.check')).status, 200);
		});
	}

	it('costs only its own request, however often it comes', async () => {
		for (let round = 0; round < 20; round++) {
			const [trapped, healthy] = await Promise.all([trap(), stage.app.call('GET', 'secret.check')]);
			assertRefusal(trapped, 500);
			assert.equal(healthy.status, 200);
		}
	});

	it('lets the operations in flight beside it finish', async () => {
		const ticket = await stage.openTicket();
		const closing = await stage.openTicket();
		stage.rocketChat.faults.delay('livechat.createRoom', 400, 1);
		stage.rocketChat.faults.delay('livechat.createMessage', 400, 1);
		stage.rocketChat.faults.delay('livechat.closeRoom', 400, 1);
		stage.rapidPro.faults.delay(400, { ticketID: ticket.ticketID });
		const inFlight = Promise.all([
			stage.app.call('POST', 'room', { ticketID: randomUUID(), visitor: { token: 'in-flight' } }),
			stage.app.call('POST', 'visitor-message', { visitor: { token: ticket.token }, text: 'in flight' }),
			stage.app.call('POST', 'room.close', { visitor: { token: closing.token } }),
			stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'answer in flight'),
		]);
		let finished = false;
		inFlight.then(() => {
			finished = true;
		});
		await stage.webhook(ticket.ticketID);
		for (let round = 0; round < 3; round++) assertRefusal(await trap(), 500);
		assert.ok(!finished, 'the traps came while all of them were in flight');

		const [room, message, close] = await inFlight;
		assertId(room, 200);
		assertId(message, 201);
		assertEmpty(close, 204);
		await stage.rocketChat.settled();
		stage.rocketChat.faults.clear();
		const events = stage.rapidPro.receivedFor(ticket.ticketID);
		assert.deepEqual(
			events.map(({ body }) => body.data?.text),
			['answer in flight'],
		);
	});
});
