/** Two Rocket.Chat nodes, each with a process of the app, over one store. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Contact } from '../../sandbox/rapidpro/index.mts';
import { until } from '../../sandbox/until.mts';
import type { AppClient } from '../support/app-client.mts';
import { ClusterStage } from '../support/cluster-stage.mts';
import {
	closesOf,
	DOWN,
	deliveredTo,
	FAST,
	FOR_EVER,
	PATIENCE_MS,
	untilDelivered,
	untilDeliveredAndClosed,
} from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';
import { AGENT, packagedZip } from '../support/stage.mts';

let stage: ClusterStage;

const appAt = (node: number) => stage.apps[node % stage.apps.length] as AppClient;

describe('two nodes', () => {
	before(async () => {
		stage = await ClusterStage.open({ nodes: 2 });
	});
	after(() => stage?.close());

	const room = async (node: number, token: string, ticketID: string) =>
		assertId(await appAt(node).call('POST', 'room', { ticketID, visitor: { token } }), 200);

	/** Both nodes are asked for a contact's room at once; gives the open rooms that are there afterwards, and the tickets. */
	async function bothOpen(contact: Contact) {
		const before = stage.rocketChat.rooms().length;
		const tickets = [randomUUID(), randomUUID()] as const;
		const ids = await Promise.all(tickets.map((ticketID, node) => room(node, String(contact.id), ticketID)));
		await stage.settled();
		const made = stage.rocketChat.rooms().slice(before);
		const open = made.filter((room) => room.open).map(({ _id }) => _id);
		return { open, ids, tickets };
	}

	it('asked for a contact’s room at once end in one open room, in which both tickets are', async () => {
		for (let round = 0; round < 15; round++) {
			const contact = stage.rapidPro.addContact({ name: 'Ann' });
			const { open, ids, tickets } = await bothOpen(contact);
			assert.deepEqual(open, [open[0]], `round ${round}: ${ids}`);
			const [roomId] = open as [string];
			assert.deepEqual(ids, [roomId, roomId]);
			for (const uuid of tickets) {
				stage.rapidPro.model.addTicket({ uuid, contact, externalId: roomId });
			}
			await stage.node(round).people.closeRoom(roomId, { by: AGENT });
			await stage.settled();
			const closed = stage.rapidPro.model.closedEvents.filter(({ ticket }) => ticket.contact === contact);
			assert.deepEqual(closed.map(({ ticket }) => ticket.uuid).sort(), [...tickets].sort(), `round ${round}`);
		}
	});

	it('asked at once for the first room of all end in one open room', async () => {
		for (let round = 0; round < 4; round++) {
			await stage.startAfresh();
			// Both find nothing, and the one stores what it made after the other has read back its own.
			await stage.node(0).faults.delay('persistence.createWithAssociations', 60, 1);
			await stage.node(1).faults.delay('persistence.createWithAssociations', 250, 1);
			const { open, ids } = await bothOpen(stage.rapidPro.addContact({ name: 'Ann' }));
			assert.deepEqual(open, [open[0]], `round ${round}: ${ids}`);
		}
	});

	it('take what agents write at either of them: all of it arrives, in order where it was not at once', async () => {
		const ticket = await stage.openTicket();
		const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`);
		for (const [index, text] of texts.entries()) {
			await stage.agentWrites(index, ticket, text);
			await stage.settled();
		}
		await stage.node(1).people.closeRoom(ticket.roomId, { by: AGENT });
		await untilDeliveredAndClosed(stage, ticket, texts);
	});

	it('keep the order of what is written at one of them', async () => {
		const tickets = [await stage.openTicket(), await stage.openTicket()];
		const texts = ['one', 'two', 'three', 'four', 'five'];
		await Promise.all(
			tickets.map(async (ticket, node) => {
				for (const text of texts) await stage.agentWrites(node, ticket, text);
				await stage.node(node).people.closeRoom(ticket.roomId, { by: AGENT });
			}),
		);
		for (const ticket of tickets) await untilDeliveredAndClosed(stage, ticket, texts);
	});

	it('agree on who closed a ticket: RapidPro’s close at one is not echoed by the other', async () => {
		for (const node of [0, 1]) {
			const ticket = await stage.openTicket();
			await stage.agentWrites(node, ticket, 'Good bye');
			await stage.apps[node]?.call('POST', 'room.close', { visitor: { token: ticket.token } });
			await untilDelivered(stage, ticket, ['Good bye']);
			await stage.settled();
			assert.equal(closesOf(stage, ticket), 0);
			assert.notEqual(stage.rocketChat.room(ticket.roomId)?.open, true);
		}
	});

	it('know a new secret and a new address that one of them was told', async () => {
		const ticket = await stage.openTicket();
		const { secret } = stage.rapidPro;
		stage.rapidPro.secret = 'another secret';
		await stage.rocketChat.setAppSetting('app_secret', 'another secret');
		await stage.rapidPro.connect(stage.node(1).appUrl);
		for (const node of [0, 1]) await stage.agentWrites(node, ticket, `from ${node}`);
		await until('both messages', () => deliveredTo(stage, ticket).length === 2, PATIENCE_MS);
		stage.rapidPro.secret = secret;
		await stage.rocketChat.setAppSetting('app_secret', secret);
		await stage.rapidPro.connect(stage.node(0).appUrl);
	});
});

describe('two nodes, in time,', () => {
	before(async () => {
		stage = await ClusterStage.open({ nodes: 2, ...FAST });
	});
	after(() => stage?.close());
	afterEach(() => stage.rapidPro.faults.clear());

	/** The agent writes at a node, one after the other, while RapidPro is down. */
	async function leavePending(node: number, texts: string[]) {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		for (const text of texts) {
			const id = await stage.agentWrites(node, ticket, text);
			await until('it is taken up', () => stage.rocketChat.persistence().some(({ data }) => data.entry === id));
		}
		return ticket;
	}

	it('deliver all that agents write at both of them at once', async () => {
		const tickets = [await stage.openTicket(), await stage.openTicket(), await stage.openTicket()];
		const texts = Array.from({ length: 8 }, (_, index) => `message ${index}`);
		await Promise.all(tickets.flatMap((ticket) => texts.map((text, index) => stage.agentWrites(index, ticket, text))));
		for (const ticket of tickets) {
			const missing = () => texts.filter((text) => !deliveredTo(stage, ticket).includes(text));
			await until('all messages', () => missing().length === 0, PATIENCE_MS);
			await stage.settled();
			assert.deepEqual(deliveredTo(stage, ticket).sort(), texts);
		}
	});

	it('go on while the app is updated', async () => {
		const ticket = await stage.openTicket();
		await Promise.all([stage.agentWrites(0, ticket, 'before'), stage.agentWrites(1, ticket, 'just before')]);
		await stage.rocketChat.installApp(packagedZip());
		for (const node of [0, 1]) await stage.agentWrites(node, ticket, `after, at ${node}`);
		const texts = ['after, at 0', 'after, at 1', 'before', 'just before'];
		const missing = () => texts.filter((text) => !deliveredTo(stage, ticket).includes(text));
		await until('all messages', () => missing().length === 0, PATIENCE_MS);
		assert.deepEqual([...new Set(deliveredTo(stage, ticket))].sort(), texts);
	});

	it('deliver what was pending where the app’s process was killed', async () => {
		const ticket = await leavePending(1, ['one', 'two', 'three']);
		await stage.settled();
		const revived = stage.node(1).killApp();
		stage.rapidPro.faults.clear();
		await revived;
		await untilDelivered(stage, ticket, ['one', 'two', 'three']);
	});

	it('post what a contact wrote at either of them in order, also where one of them could not post at first', async () => {
		const ticket = await stage.openTicket();
		const send = async (node: number, text: string) =>
			assertId(await appAt(node).call('POST', 'visitor-message', { visitor: { token: ticket.token }, text }), 201);
		await stage.node(0).faults.fail('livechat.createMessage');
		await send(0, 'kept');
		await send(1, 'newer');
		await send(0, 'newest');
		await stage.node(0).faults.clear();
		const written = () => stage.rocketChat.messages(ticket.roomId).filter(({ token, t }) => token && !t);
		await until('all messages', () => written().length >= 3, PATIENCE_MS);
		assert.deepEqual(
			written().map(({ msg }) => msg),
			['kept', 'newer', 'newest'],
		);
	});

	it('deliver messages and a close that were pending at the one that died for good', async () => {
		const ticket = await leavePending(1, ['one', 'two', 'three']);
		await stage.node(1).people.closeRoom(ticket.roomId, { by: AGENT });
		await stage.settled();
		await stage.node(1).kill();
		stage.rapidPro.faults.clear();
		await untilDeliveredAndClosed(stage, ticket, ['one', 'two', 'three']);
	});
});
