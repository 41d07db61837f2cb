/** Who a contact is, and which room is whose: docs/reference/rapidpro.md, docs/reference/rocketchat.md. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { generation } from '../../sandbox/rocketchat/generation.mts';
import { until } from '../../sandbox/until.mts';
import { assertId } from '../support/expect.mts';
import { shownIn } from '../support/field.mts';
import { AGENT, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
	await stage.rocketChat.addDepartment({
		id: 'tagged',
		name: 'Tagged',
		agents: [AGENT],
		showOnRegistration: false,
		requestTagBeforeClosingChat: true,
	});
});
after(() => stage?.close());
afterEach(() => stage.rocketChat.faults.clear());

let lastNumber = 70_000;
const newNumber = () => String(++lastNumber);

interface Person {
	token: string;
	contactUUID?: string;
	name?: string;
	department?: string;
	phone?: string;
}

async function open(visitor: Person): Promise<{ roomId: string; ticketID: string }> {
	const ticketID = randomUUID();
	return { roomId: assertId(await stage.app.call('POST', 'room', { ticketID, visitor }), 200), ticketID };
}

const says = ({ token, contactUUID }: Person, text: string) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token, ...(contactUUID && { contactUUID }) }, text });
const visitorOf = (roomId: string) => stage.rocketChat.room(roomId)?.v;

describe('a number that comes back with another UUID', () => {
	const two = (): [Person, Person] => {
		const token = newNumber();
		return [
			{ token, contactUUID: randomUUID(), name: 'Ann' },
			{ token, contactUUID: randomUUID(), name: 'Bob' },
		];
	};

	it('is another person: own visitor, own room, and the old room ends with a notice', async () => {
		const [ann, bob] = two();
		const hers = await open(ann);
		await says(ann, 'I am Ann');
		const his = await open(bob);
		assert.notEqual(his.roomId, hers.roomId);
		assert.notEqual(visitorOf(his.roomId)?._id, visitorOf(hers.roomId)?._id);
		await until('the end of the old room', () => !stage.rocketChat.room(hers.roomId)?.open);
		await says({ token: bob.token }, 'I am Bob');
		await until('his words', () => shownIn(stage, his).includes('I am Bob'));
		assert.deepEqual(shownIn(stage, hers), ['I am Ann']);
		const about = stage.rocketChat
			.messages(hers.roomId)
			.filter(({ u, t, msg }) => msg && (t === 'livechat-close' || u.username.endsWith('.bot')));
		assert.ok(about.length > 0, 'the old room says why it ends');
	});

	it('is another person after the first one’s ticket was closed, too', async () => {
		const [ann, bob] = two();
		const hers = await open(ann);
		await stage.rocketChat.closeRoom(hers.roomId, { by: AGENT });
		await stage.webhook(hers.ticketID);
		const his = await open(bob);
		assert.notEqual(visitorOf(his.roomId)?._id, visitorOf(hers.roomId)?._id);
	});

	it('is another person though both have the same phone', async () => {
		const [ann, bob] = two();
		const hers = await open({ ...ann, phone: '+250788000111' });
		const his = await open({ ...bob, phone: '+250788000111' });
		assert.notEqual(his.roomId, hers.roomId);
		assert.equal(stage.rocketChat.room(his.roomId)?.open, true);
	});

	it('is the same person where the UUID is the same, whatever the name', async () => {
		const [ann] = two();
		const first = await open(ann);
		assert.equal((await open({ ...ann, name: 'Ann Smith' })).roomId, first.roomId);
	});

	it('is the same person where one side names no UUID', async () => {
		const token = newNumber();
		const first = await open({ token, name: 'Ann' });
		assert.equal((await open({ token, name: 'Ann' })).roomId, first.roomId);
		assert.equal((await open({ token, contactUUID: randomUUID(), name: 'Ann' })).roomId, first.roomId);
	});
});

describe('a contact whose old room cannot be closed', () => {
	const untilClosedByRapidPro = async (person: Person) => {
		assert.equal((await stage.app.call('POST', 'room.close', { visitor: { token: person.token } })).status, 204);
		await stage.settled();
	};

	it('gets its new ticket all the same (tags are demanded)', { skip: !generation.closingRules }, async () => {
		const ann = { token: newNumber(), contactUUID: randomUUID(), name: 'Ann', department: 'Tagged' };
		await open(ann);
		await untilClosedByRapidPro(ann);
		const { roomId, ticketID } = await open(ann);
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Welcome back');
		assert.equal((await stage.webhook(ticketID)).body.data?.text, 'Welcome back');
	});

	it('gets its new ticket all the same (Rocket.Chat fails for a while)', async () => {
		const ann = { token: newNumber(), contactUUID: randomUUID(), name: 'Ann' };
		await open(ann);
		stage.rocketChat.faults.fail('livechat.closeRoom', { message: 'error-room-cannot-be-closed-try-again' });
		await untilClosedByRapidPro(ann);
		const { roomId, ticketID } = await open(ann);
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Welcome back');
		assert.equal((await stage.webhook(ticketID)).body.data?.text, 'Welcome back');
	});
});

describe('an open room of the same visitor token that is no ticket’s', () => {
	it('keeps no ticket from being opened, and the token stays unsaid', async () => {
		const ann = { token: newNumber(), contactUUID: randomUUID(), name: 'Ann' };
		const first = await open(ann);
		const token = String(visitorOf(first.roomId)?.token);
		await stage.rocketChat.closeRoom(first.roomId, { by: AGENT });
		await stage.webhook(first.ticketID);
		await stage.rocketChat.widgetVisitor({ token, name: 'Ann' });
		const { roomId } = await open(ann);
		assertId(await says(ann, 'Hello again'), 201);
		await until('her words', () => shownIn(stage, { roomId }).includes('Hello again'));
		assert.ok(!stage.rocketChat.appLogs().some((line) => line.includes(token)));
	});

	it('opened at the same moment: one of the two rooms serves', async () => {
		const ann = { token: newNumber(), contactUUID: randomUUID(), name: 'Ann' };
		const first = await open(ann);
		const token = String(visitorOf(first.roomId)?.token);
		await stage.rocketChat.closeRoom(first.roomId, { by: AGENT });
		await stage.webhook(first.ticketID);
		const [opened] = await Promise.allSettled([open(ann), stage.rocketChat.widgetVisitor({ token, name: 'Ann' })]);
		assert.equal(opened.status, 'fulfilled', String((opened as PromiseRejectedResult).reason));
	});

	it('an E11000 that comes from nowhere is looked into, and its token stays unsaid', async () => {
		const ann = { token: newNumber(), contactUUID: randomUUID(), name: 'Ann' };
		const message =
			'E11000 duplicate key error collection: rocketchat.rocketchat_room index: v.token_1 dup key: { v.token: "T0KEN" }';
		stage.rocketChat.faults.fail('livechat.createRoom', { message, times: 1 });
		const reply = await stage.app.call('POST', 'room', { ticketID: randomUUID(), visitor: ann });
		assert.doesNotMatch(reply.body, /T0KEN|E11000/);
		assert.ok(!stage.rocketChat.appLogs().some((line) => line.includes('T0KEN')));
		await open(ann);
	});
});
