/** Who a contact is, and which room is whose: docs/reference/rapidpro.md, docs/reference/rocketchat.md. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { generation } from '../../sandbox/rocketchat/generation.mts';
import { until } from '../../sandbox/until.mts';
import { closesOf, untilDelivered } from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';
import { shownIn, toldIn } from '../support/field.mts';
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

interface Opened {
	roomId: string;
	ticketID: string;
}

async function open(visitor: Person): Promise<Opened> {
	const ticketID = randomUUID();
	return { roomId: assertId(await stage.app.call('POST', 'room', { ticketID, visitor }), 200), ticketID };
}

const says = ({ token, contactUUID }: Person, text: string) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token, ...(contactUUID && { contactUUID }) }, text });
const textsAbout = ({ ticketID }: { ticketID: string }) =>
	stage.rapidPro.receivedFor(ticketID).map(({ body }) => body.data?.text ?? body.type);
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

describe('what is left of the person who had a number before', () => {
	const STRANGER = () => ({ contactUUID: randomUUID(), name: 'Bob' });

	it('RapidPro is told that the ticket is closed, once, and its agent why', async () => {
		const hers = await stage.openTicket();
		const his = await open({ ...STRANGER(), token: hers.token });
		await until('the close', () => closesOf(stage, hers) === 1);
		await until('the end of the room', () => !stage.rocketChat.room(hers.roomId)?.open);
		await stage.settled();
		assert.equal(closesOf(stage, hers), 1);
		const [close] = stage.rocketChat.messages(hers.roomId).filter(({ t }) => t === 'livechat-close');
		assert.match(close.msg, /another person/);
		assert.equal(stage.rocketChat.room(his.roomId)?.open, true);
	});

	it('a close that RapidPro does not know any more is not tried again', async () => {
		const [ann, bob] = [
			{ token: newNumber(), ...STRANGER() },
			{ token: '', ...STRANGER() },
		];
		const hers = await open(ann);
		await open({ ...bob, token: ann.token });
		await until('the close', () => stage.rapidPro.receivedFor(hers.ticketID).length === 1);
		const isTold = (data: { fact?: { told?: { ticket: string } } }) => data.fact?.told?.ticket === hers.ticketID;
		await until('its end', () => stage.rocketChat.persistence().some(({ data }) => isTold(data)));
	});

	it('what agents wrote to the one never reaches the other', async () => {
		const hers = await stage.openTicket();
		stage.rapidPro.faults.answer({ status: 502, body: '' }, { ticketID: hers.ticketID, times: 1 });
		await stage.rocketChat.agentWrites(hers.roomId, AGENT, 'for Ann');
		const his = await open({ ...STRANGER(), token: hers.token });
		await stage.rocketChat.agentWrites(his.roomId, AGENT, 'for Bob');
		await stage.webhook(his.ticketID);
		const about = ({ ticketID }: { ticketID: string }) =>
			stage.rapidPro.receivedFor(ticketID).map(({ body }) => body.data?.text);
		assert.deepEqual(about(his), ['for Bob']);
		assert.ok(!about(hers).includes('for Bob'));
	});

	it('what waits of the one is not shown to the other', async () => {
		const hers = await stage.openTicket();
		stage.rocketChat.faults.fail('livechat.createMessage');
		assertId(await says({ token: hers.token }, 'from Ann'), 201);
		const his = await open({ ...STRANGER(), token: hers.token });
		stage.rocketChat.faults.clear();
		assertId(await says({ token: hers.token }, 'from Bob'), 201);
		await until('his words', () => shownIn(stage, his).includes('from Bob'), 90_000);
		assert.deepEqual(shownIn(stage, his), ['from Bob']);
		assert.match(toldIn(stage, hers), /from Ann/);
	});

	it('RapidPro’s close and messages mean whoever has the number now', async () => {
		const token = newNumber();
		const people = ['Ann', 'Bob', 'Carol'].map((name) => ({ token, name, contactUUID: randomUUID() }));
		const rooms = [];
		for (const person of people) rooms.push(await open(person));
		const [hers, his, carols] = rooms as [Opened, Opened, Opened];
		assert.equal(new Set(rooms.map(({ roomId }) => visitorOf(roomId)?.token)).size, 3);
		await until('the ends', () => ![hers, his].some(({ roomId }) => stage.rocketChat.room(roomId)?.open));
		assertId(await says({ token }, 'who am I?'), 201);
		assert.deepEqual(shownIn(stage, carols), ['who am I?']);
		assert.equal((await says(people[0] as Person, 'I was Ann')).status === 201, false);
		assert.equal((await stage.app.call('POST', 'room.close', { visitor: { token } })).status, 204);
		await until('the end', () => !stage.rocketChat.room(carols.roomId)?.open);
		const again = await open(people[0] as Person);
		assert.equal(visitorOf(again.roomId)?._id, visitorOf(hers.roomId)?._id);
		assert.ok(!shownIn(stage, again).includes('who am I?'));
	});

	it('a UUID in capitals is the same', async () => {
		const ann = { token: newNumber(), contactUUID: randomUUID(), name: 'Ann' };
		const first = await open(ann);
		assert.equal((await open({ ...ann, contactUUID: ann.contactUUID.toUpperCase() })).roomId, first.roomId);
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

describe('a room that serves a second ticket', { skip: !generation.oneOpenRoom }, () => {
	const stuck = async () => {
		stage.rocketChat.faults.fail('livechat.closeRoom', { message: 'error-tags-must-be-assigned-before-closing-chat' });
		const first = await stage.openTicket();
		await stage.rocketChat.agentWrites(first.roomId, AGENT, 'first');
		await untilDelivered(stage, first, ['first']);
		await stage.rapidPro.closeTicket(first.contact);
		await until('the request to close', () => /Please close this room/.test(toldIn(stage, first)));
		await stage.settled();
		await stage.rocketChat.agentWrites(first.roomId, AGENT, 'to nobody');
		await stage.settled();
		return { first, second: await stage.openTicket(first.contact) };
	};

	it('tells its agents, and nothing from before goes out again', async () => {
		const { first, second } = await stuck();
		assert.equal(second.roomId, first.roomId);
		assert.match(toldIn(stage, second), /has a new ticket/);
		await stage.rocketChat.agentWrites(second.roomId, AGENT, 'second');
		await stage.webhook(second.ticketID);
		await stage.rocketChat.killApp?.();
		await until('the app answers', async () => (await stage.app.call('GET', 'secret.check')).status === 200);
		await stage.settled();
		assert.deepEqual(textsAbout(second), ['second']);
		assert.deepEqual(textsAbout(first), ['first']);
	});

	it('is closed once, for the new ticket', async () => {
		const { first, second } = await stuck();
		assertId(await says(first, 'Are you there?'), 201);
		assert.ok(shownIn(stage, second).includes('Are you there?'));
		await stage.rocketChat.closeRoom(second.roomId, { by: AGENT });
		await until('the close', () => textsAbout(second).includes('close-room'));
		assert.ok(!textsAbout(first).includes('close-room'));
		const third = await stage.openTicket(first.contact);
		assert.notEqual(third.roomId, second.roomId);
	});

	it('and a third one, and ends with RapidPro’s close', async () => {
		const { first } = await stuck();
		await stage.rapidPro.closeTicket(first.contact);
		await stage.settled();
		const third = await stage.openTicket(first.contact);
		await stage.rocketChat.agentWrites(third.roomId, AGENT, 'third');
		await stage.webhook(third.ticketID);
		assert.deepEqual(textsAbout(third), ['third']);
	});
});

describe('an open room of the same visitor token that is no ticket’s', () => {
	it('serves the ticket where Rocket.Chat allows no second one', { skip: !generation.oneOpenRoom }, async () => {
		const first = await stage.openTicket();
		const token = String(visitorOf(first.roomId)?.token);
		await stage.rocketChat.closeRoom(first.roomId, { by: AGENT });
		await until('the close', () => closesOf(stage, first) === 1);
		const widget = await stage.rocketChat.widgetVisitor({ token, name: 'Ann' });
		await stage.rocketChat.agentWrites(widget.roomId, AGENT, 'not for RapidPro');
		await stage.settled();
		const second = await stage.openTicket(first.contact);
		assert.equal(second.roomId, widget.roomId);
		await stage.rocketChat.agentWrites(second.roomId, AGENT, 'for RapidPro');
		await untilDelivered(stage, second, ['for RapidPro']);
		await stage.rocketChat.closeRoom(second.roomId, { by: AGENT });
		await until('the close', () => closesOf(stage, second) === 1);
		assert.deepEqual(textsAbout(second), ['for RapidPro', 'close-room']);
	});

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
