/** Visitors and rooms that an administrator deletes in Rocket.Chat while their ticket is open, or left from an older app. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import { closesOf } from './support/delivery.mts';
import { assertEmpty, assertId, assertRefusal } from './support/expect.mts';
import { AGENT, type OpenTicket, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

const write = ({ token }: OpenTicket, text: string) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token }, text });
const close = ({ token }: OpenTicket) => stage.app.call('GET', 'room.close', { visitor: { token } });

function visitorOf({ roomId }: OpenTicket): { _id: string; token: string } {
	const visitor = stage.rocketChat.room(roomId)?.v;
	assert.ok(visitor?.token);
	return { _id: visitor._id, token: visitor.token };
}

const untilClosedInRapidPro = (ticket: OpenTicket) => until('the close', () => closesOf(stage, ticket) > 0);

describe('a contact whose visitor was deleted', () => {
	async function withoutVisitor(): Promise<OpenTicket> {
		const ticket = await stage.openTicket();
		await stage.rocketChat.removeVisitor(visitorOf(ticket)._id);
		return ticket;
	}

	it('goes on in the open room, in both directions, until it is closed', async () => {
		const ticket = await withoutVisitor();
		const id = assertId(await write(ticket, 'Still there?'), 201);
		assert.ok(stage.rocketChat.messages(ticket.roomId).some(({ _id }) => _id === id));
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Yes');
		assert.equal((await stage.webhook(ticket.ticketID)).body.data?.text, 'Yes');
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await untilClosedInRapidPro(ticket);
	});

	it('has another ticket in the same room, and after its close in a new one with a new visitor', async () => {
		const ticket = await withoutVisitor();
		assert.equal((await stage.openTicket(ticket.contact)).roomId, ticket.roomId);
		assertEmpty(await close(ticket), 204);
		const next = await stage.openTicket(ticket.contact);
		assert.notEqual(next.roomId, ticket.roomId);
		assert.ok(stage.rocketChat.visitors().some(({ _id }) => _id === visitorOf(next)._id));
		assertId(await write(next, 'Here I am'), 201);
	});
});

describe('a contact whose room was deleted', () => {
	async function withoutRoom(): Promise<OpenTicket> {
		const ticket = await stage.openTicket();
		await stage.rocketChat.removeRoom(ticket.roomId);
		return ticket;
	}

	it('is answered in words when they write, the ticket is closed in RapidPro, and the next one gets a new room', async () => {
		const ticket = await withoutRoom();
		const rooms = stage.rocketChat.rooms().length;
		assertRefusal(await write(ticket, 'Hello?'), 409, /room was closed/);
		await untilClosedInRapidPro(ticket);
		await stage.settled();
		assertRefusal(await write(ticket, 'Hello?'), 404, /no open room/);
		assert.equal(stage.rocketChat.rooms().length, rooms);
		const next = await stage.openTicket(ticket.contact);
		assert.equal(stage.rocketChat.room(next.roomId)?.open, true);
		assertId(await write(next, 'Here I am'), 201);
	});

	it('gets a new room for a new ticket, and the older one is closed in RapidPro', async () => {
		const ticket = await withoutRoom();
		const next = await stage.openTicket(ticket.contact);
		assert.notEqual(next.roomId, ticket.roomId);
		await untilClosedInRapidPro(ticket);
		assert.equal(closesOf(stage, next), 0);
		assertId(await write(next, 'Here I am'), 201);
	});

	it('can have the ticket closed in RapidPro, without an echo', async () => {
		const ticket = await withoutRoom();
		await stage.assertNothingLeaves(async () => assertEmpty(await close(ticket), 204));
		assertRefusal(await write(ticket, 'Hello?'), 404);
	});
});

describe('a visitor of the older app', () => {
	it('whose token is the contact’s id, and their room, are left alone', async () => {
		const contact = stage.rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788777001'] });
		const older = await stage.rocketChat.widgetVisitor({
			token: String(contact.id),
			name: 'Ann of old',
			phone: '+250788777001',
		});
		const ticket = await stage.openTicket(contact);
		assert.notEqual(ticket.roomId, older.roomId);
		assert.notEqual(visitorOf(ticket)._id, older.visitorId);
		assert.notEqual(visitorOf(ticket).token, older.token);
		const before = stage.rocketChat.visitors().find(({ _id }) => _id === older.visitorId);
		assert.deepEqual([before?.name, before?.token], ['Ann of old', older.token]);
		assertId(await write(ticket, 'I am Ann'), 201);
		assertEmpty(await close(ticket), 204);
		assert.equal(stage.rocketChat.room(older.roomId)?.open, true);
		assert.ok(!stage.rocketChat.messages(older.roomId).some(({ msg }) => msg === 'I am Ann'));
	});
});
