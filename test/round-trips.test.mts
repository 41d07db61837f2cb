/** What operations cost: round trips from the app's process to the server, each over a pipe. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AGENT, type OpenTicket, Stage } from './support/stage.mts';

let stage: Stage;
let ticket: OpenTicket;
before(async () => {
	stage = await Stage.open();
	ticket = await stage.openTicket();
});
after(() => stage?.close());

/** Asserts that `act`, with the events that it causes, takes at most this many round trips. */
async function assertAtMost(most: number, act: () => Promise<unknown>): Promise<void> {
	await stage.app.call('GET', 'settings'); // what the caches hold is short-lived
	await stage.rocketChat.settled();
	stage.rocketChat.roundTrips.reset();
	await act();
	await stage.rocketChat.settled();
	const trips = stage.rocketChat.roundTrips.list();
	assert.ok(trips.length <= most, `${trips.length} round trips: ${trips.join(', ')}`);
}

describe('round trips, with the settings cached', () => {
	const newContact = () => stage.rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788123123'] });

	it('secret.check and settings: none', async () => {
		await assertAtMost(0, () => stage.app.call('GET', 'secret.check'));
		await assertAtMost(0, () => stage.app.call('GET', 'settings'));
	});

	it('a refused request: none', () => assertAtMost(0, () => stage.app.call('POST', 'room', { visitor: {} })));

	it('a visitor message: 3', () => assertAtMost(3, () => stage.rapidPro.contactWrites(ticket.contact, 'Hello')));

	it('an agent’s message: 2, of which the webhook is one', () =>
		assertAtMost(2, () => stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Hello')));

	it('a message in a room that is not ours: 1', async () => {
		const { roomId } = await stage.rocketChat.widgetVisitor();
		await assertAtMost(1, () => stage.rocketChat.agentWrites(roomId, AGENT, 'Hello'));
	});

	it('a new contact’s ticket: 9', () => assertAtMost(9, () => stage.rapidPro.openTicket(newContact())));

	it('a second ticket in the same room: 3', async () => {
		const { contact } = await stage.openTicket();
		await assertAtMost(3, () => stage.rapidPro.openTicket(contact));
	});

	it('a close by the agent: 5, of which the webhook is one', async () => {
		const { roomId } = await stage.openTicket();
		await assertAtMost(5, () => stage.rocketChat.closeRoom(roomId, { by: AGENT }));
	});

	it('a close by RapidPro: 6', async () => {
		const { contact } = await stage.openTicket();
		await assertAtMost(6, () => stage.rapidPro.closeTicket(contact));
	});
});
