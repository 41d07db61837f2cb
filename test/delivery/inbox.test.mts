/** What contacts write while Rocket.Chat cannot take it, and what RapidPro forwards more than once. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import { FAST, PATIENCE_MS } from '../support/delivery.mts';
import { assertId, assertRefusal } from '../support/expect.mts';
import { type OpenTicket, RESTARTS, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => stage.rocketChat.faults.clear());

const send = ({ token }: OpenTicket, text: string) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token }, text });

/** What the contact has written, as the room shows it. */
const written = ({ roomId }: OpenTicket) =>
	stage.rocketChat
		.messages(roomId)
		.filter(({ token, t }) => token !== undefined && t === undefined)
		.map(({ msg }) => msg);

const untilWritten = (ticket: OpenTicket, texts: string[]) =>
	until(`${texts.length} messages in the room`, () => written(ticket).length >= texts.length, PATIENCE_MS).finally(() =>
		assert.deepEqual(written(ticket), texts),
	);

describe('while Rocket.Chat cannot take messages', () => {
	for (const [title, call] of [
		['posting fails', 'livechat.createMessage'],
		['the room cannot be read', 'room.getById'],
	] as const) {
		it(`(${title}) they are accepted, and posted later, in order, before newer ones`, async () => {
			const ticket = await stage.openTicket();
			stage.rocketChat.faults.fail(call, { message: 'the database is not available' });
			const ids = [];
			for (const text of ['one', 'two', 'three']) ids.push(assertId(await send(ticket, text), 201));
			assert.equal(new Set(ids).size, 3);
			assert.deepEqual(written(ticket), []);
			stage.rocketChat.faults.clear();
			assertId(await send(ticket, 'four'), 201);
			await untilWritten(ticket, ['one', 'two', 'three', 'four']);
			assertId(await send(ticket, 'five'), 201);
			await untilWritten(ticket, ['one', 'two', 'three', 'four', 'five']);
		});
	}

	it('and never answers, one that was posted all the same is not posted again', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.hang('livechat.createMessage', 1, { afterwards: true });
		assertId(await send(ticket, 'posted'), 201);
		assertId(await send(ticket, 'next'), 201);
		await untilWritten(ticket, ['posted', 'next']);
	});

	it('the same said twice is posted twice', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.fail('livechat.createMessage');
		for (const text of ['ok', 'ok', 'ok']) assertId(await send(ticket, text), 201);
		stage.rocketChat.faults.clear();
		await untilWritten(ticket, ['ok', 'ok', 'ok']);
	});

	it('they survive the death of the app’s process', RESTARTS, async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.fail('livechat.createMessage');
		assertId(await send(ticket, 'kept'), 201);
		await stage.rocketChat.settled();
		const revived = stage.rocketChat.killApp();
		stage.rocketChat.faults.clear();
		await revived;
		await untilWritten(ticket, ['kept']);
	});

	it('what it refuses for good is refused', async () => {
		const ticket = await stage.openTicket();
		await stage.rocketChat.blockContact(String(stage.rocketChat.room(ticket.roomId)?.v?.token));
		assertRefusal(await send(ticket, 'Hello'), 424);
	});
});

describe('a message that RapidPro forwards once a ticket', () => {
	it('is posted once', async () => {
		const ticket = await stage.openTicket();
		await stage.openTicket(ticket.contact);
		const answers = await stage.rapidPro.contactWrites(ticket.contact, 'Hello');
		assert.equal(answers.length, 2);
		const ids = answers.map((answer) => JSON.parse(String(answer?.body)).id);
		assert.equal(ids[0], ids[1]);
		assert.deepEqual(written(ticket), ['Hello']);
	});

	it('and that the contact repeats is posted twice', async () => {
		const ticket = await stage.openTicket();
		await stage.openTicket(ticket.contact);
		for (const _time of [1, 2]) await stage.rapidPro.contactWrites(ticket.contact, 'ok');
		assert.deepEqual(written(ticket), ['ok', 'ok']);
	});
});

describe('a contact with one ticket who says the same twice', () => {
	it('is heard twice', async () => {
		const ticket = await stage.openTicket();
		for (const _time of [1, 2]) assertId(await send(ticket, 'ok'), 201);
		assert.deepEqual(written(ticket), ['ok', 'ok']);
	});
});
