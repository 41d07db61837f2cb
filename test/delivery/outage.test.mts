/** RapidPro does not answer, or not sensibly: nothing is lost, and the order stays. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => stage.rapidPro.faults.clear());

const answered = (ticketID: string, count: number) =>
	until(
		`${count} attempts`,
		() => stage.rapidPro.receivedFor(ticketID).filter(({ answer }) => answer !== undefined).length >= count,
		PATIENCE_MS,
	);

describe('an outage of RapidPro', () => {
	it('holds up six messages and a close, which arrive after it, in order', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		const texts = ['one', 'two', 'three', 'four', 'five', 'six'];
		await agentSays(stage, ticket, texts);
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await answered(ticket.ticketID, 3);
		assert.deepEqual(deliveredTo(stage, ticket), []);
		stage.rapidPro.faults.clear();
		await untilDeliveredAndClosed(stage, ticket, texts);
	});

	it('costs one attempt at a time, not one a ticket', async () => {
		const tickets: OpenTicket[] = [];
		for (let index = 0; index < 6; index++) tickets.push(await stage.openTicket());
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		const before = stage.rapidPro.received.length;
		for (const ticket of tickets) await agentSays(stage, ticket, ['first', 'second']);
		await sleep(1_000);
		const attempts = stage.rapidPro.received.length - before;
		assert.ok(attempts <= 8, `${attempts} attempts in 20 s of the app’s time`);
		stage.rapidPro.faults.clear();
		for (const ticket of tickets) await untilDelivered(stage, ticket, ['first', 'second']);
	});

	it('is shown to the agent once, its end too, and never to the contact', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		await agentSays(stage, ticket, ['Are you there?', 'Hello?']);
		const notices = () => stage.rocketChat.notices().filter(({ roomId }) => roomId === ticket.roomId);
		await until('the notice of the outage', () => notices().length > 0, PATIENCE_MS);
		await sleep(2_000);
		assert.equal(notices().length, 1, JSON.stringify(notices()));
		assert.match(notices()[0]?.text ?? '', /RapidPro is not answering/);
		assert.equal(notices()[0]?.to, AGENT);
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['Are you there?', 'Hello?']);
		await until('the notice of its end', () => notices().length > 1);
		await stage.rocketChat.settled();
		assert.deepEqual(
			notices().map(({ text }) => /not answering|answering again/.exec(text)?.[0]),
			['not answering', 'answering again'],
		);
		assert.deepEqual(notesIn(stage, ticket), []);
	});
});

describe('an attempt', () => {
	it('whose connection was dropped before RapidPro applied it is repeated', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.drop({ ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['Hello', 'again']);
		await untilDelivered(stage, ticket, ['Hello', 'again']);
	});

	it('whose connection was dropped after RapidPro applied it is repeated: nobody can know', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.drop({ ticketID: ticket.ticketID, handled: true });
		await agentSays(stage, ticket, ['Hello', 'again']);
		await untilDelivered(stage, ticket, ['Hello', 'Hello', 'again']);
	});

	it('at a close whose answer was lost is repeated, and then no more', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.drop({ ticketID: ticket.ticketID, handled: true });
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await until('the second close', () => closesOf(stage, ticket) === 2, PATIENCE_MS);
		await sleep(4_000);
		assert.equal(closesOf(stage, ticket), 2);
	});

	it('that RapidPro put off with Retry-After is not repeated sooner', async () => {
		const ticket = await stage.openTicket();
		const seconds = 30;
		const reply = { status: 429, body: { error: 'slow down' }, headers: { 'retry-after': String(seconds) } };
		stage.rapidPro.faults.answer(reply, { ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['Hello']);
		await untilDelivered(stage, ticket, ['Hello']);
		const [first, second] = stage.rapidPro.receivedFor(ticket.ticketID);
		const pauseMs = Number(second?.receivedAt) - Number(first?.receivedAt);
		assert.ok(pauseMs >= (seconds * 1000) / FAST.clockSpeed - 10, `${pauseMs} ms outside`);
	});

	it('about a ticket that RapidPro has not stored yet is repeated until it has', async () => {
		const contact = stage.rapidPro.addContact({ name: 'Ann' });
		const opening = stage.rapidPro.openTicket(contact, {}, 1_000);
		const { answer } = await until('the answer to RapidPro', () =>
			stage.rapidPro.exchanges.list.find(({ body, answer }) => answer && body.includes(contact.uuid)),
		);
		const roomId = JSON.parse(String(answer?.body)).id;
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Too early');
		const { ticketID } = await opening;
		const ticket = { contact, ticketID, token: String(contact.id), roomId };
		await untilDelivered(stage, ticket, ['Too early']);
		assert.equal(stage.rapidPro.receivedFor(ticketID)[0]?.answer?.status, 404);
		assert.deepEqual(notesIn(stage, ticket), []);
	});
});

describe('a RapidPro that hangs', () => {
	it('does not slow down what contacts write, and gets everything afterwards', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.hang({ times: 3, event: 'agent-message' });
		await agentSays(stage, ticket, ['One moment', 'Still there?']);
		await stage.webhook(ticket.ticketID);
		for (const text of ['first', 'second', 'third']) {
			const startedAt = performance.now();
			const [answer] = await stage.rapidPro.contactWrites(ticket.contact, text);
			assert.equal(answer?.status, 201);
			const tookMs = performance.now() - startedAt;
			assert.ok(tookMs < 500, `${tookMs} ms`);
		}
		await untilDelivered(stage, ticket, ['One moment', 'Still there?']);
	});
});

describe('a message that RapidPro refuses for good', () => {
	it('is told to the agent in the room and holds up nothing', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(
			{ status: 400, body: { error: "field 'manners' is required" } },
			{ ticketID: ticket.ticketID },
		);
		await agentSays(stage, ticket, ['Rude words', 'Kind words']);
		await untilDelivered(stage, ticket, ['Kind words']);
		await stage.rocketChat.settled();
		const [note, ...more] = notesIn(stage, ticket);
		assert.deepEqual(more, []);
		assert.match(String(note), /did not reach the contact.*Rude words.*field 'manners' is required/s);
		assert.equal(stage.rapidPro.receivedFor(ticket.ticketID).length, 2);
	});
});

describe('an answer that means that RapidPro has the message', () => {
	it('is taken so although it is an error', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.breakDown('HTTP logs', { ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['Hello', 'again']);
		await untilDelivered(stage, ticket, ['Hello', 'again']);
		await sleep(1_000);
		assert.equal(stage.rapidPro.receivedFor(ticket.ticketID).length, 2);
	});
});
