/** Much at once: everything arrives, in order in each room, and the close comes last. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { agentSays, deliveredTo, untilDelivered, untilDeliveredAndClosed } from '../support/delivery.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

describe('agents write', () => {
	it('fifty messages at once in ten rooms, each followed by its close', async () => {
		const tickets: OpenTicket[] = [];
		for (let room = 0; room < 10; room++) tickets.push(await stage.openTicket());
		const texts = ['one', 'two', 'three', 'four', 'five'];
		await Promise.all(
			tickets.map(async (ticket) => {
				for (const text of texts) await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
				await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
			}),
		);
		for (const ticket of tickets) await untilDeliveredAndClosed(stage, ticket, texts);
	});

	it('fifty messages at once in ten rooms, which nothing puts in order', async () => {
		const tickets: OpenTicket[] = [];
		for (let room = 0; room < 10; room++) tickets.push(await stage.openTicket());
		const texts = ['1', '2', '3', '4', '5'];
		await Promise.all(
			tickets.flatMap(({ roomId }) => texts.map((text) => stage.rocketChat.agentWrites(roomId, AGENT, text))),
		);
		await stage.rocketChat.settled();
		for (const ticket of tickets) assert.deepEqual(deliveredTo(stage, ticket).sort(), texts);
	});

	it('three messages and a close without a pause, again and again', async () => {
		const texts = ['first', 'second', 'third'];
		for (let round = 0; round < 15; round++) {
			const ticket = await stage.openTicket();
			for (const text of texts) await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
			await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
			await untilDeliveredAndClosed(stage, ticket, texts);
		}
	});

	it('while a slow RapidPro is busy with the one before', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.delay(30, { ticketID: ticket.ticketID, times: Number.POSITIVE_INFINITY });
		const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
		await agentSays(stage, ticket, texts);
		await untilDelivered(stage, ticket, texts);
		stage.rapidPro.faults.clear();
	});
});
