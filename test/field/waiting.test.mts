/** What waits for RapidPro is looked at before it goes: deleted messages do not, corrected ones go as corrected. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
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
} from '../support/delivery.mts';
import { closes, untilTried } from '../support/field.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => {
	stage.rapidPro.faults.clear();
	stage.rocketChat.serverSettings.set('Message_ShowDeletedStatus', false);
});

const idOf = ({ roomId }: OpenTicket, text: string) => {
	const message = stage.rocketChat.messages(roomId).find(({ msg }) => msg === text);
	assert.ok(message, text);
	return message._id;
};

/** An agent's messages wait for a RapidPro that is down. */
async function waiting(texts: string[]): Promise<OpenTicket> {
	const ticket = await stage.openTicket();
	stage.rapidPro.faults.answer(DOWN, FOR_EVER);
	await agentSays(stage, ticket, texts);
	await untilTried(stage, ticket);
	return ticket;
}

const corrects = (ticket: OpenTicket, from: string, to: string) =>
	stage.rocketChat.editMessage(idOf(ticket, from), AGENT, to);
const deletes = (ticket: OpenTicket, text: string) => stage.rocketChat.deleteMessage(idOf(ticket, text), AGENT);

describe('while RapidPro is down', () => {
	it('a deleted message is not sent, a corrected one goes as corrected', async () => {
		const ticket = await waiting(['one', 'two', 'three']);
		await deletes(ticket, 'two');
		await corrects(ticket, 'three', 'drei');
		await stage.settled();
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['one', 'drei']);
	});

	it('the first of all may be deleted, or corrected twice', async () => {
		const ticket = await waiting(['first', 'second']);
		await deletes(ticket, 'first');
		await corrects(ticket, 'second', '2nd');
		await corrects(ticket, '2nd', 'the second');
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['the second']);
	});

	it('a message is not sent of which Rocket.Chat keeps a trace', async () => {
		stage.rocketChat.serverSettings.set('Message_ShowDeletedStatus', true);
		const ticket = await waiting(['goes', 'stays']);
		await deletes(ticket, 'goes');
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['stays']);
	});

	it('nothing deleted is sent before a close', async () => {
		const ticket = await waiting(['stays', 'goes']);
		await deletes(ticket, 'goes');
		await closes(stage, ticket);
		stage.rapidPro.faults.clear();
		await until('the close', () => closesOf(stage, ticket) === 1, PATIENCE_MS);
		assert.deepEqual(deliveredTo(stage, ticket), ['stays']);
	});

	it('a message corrected after the room was closed goes as corrected', async () => {
		const ticket = await waiting(['5 ml', 'bye']);
		await closes(stage, ticket);
		await corrects(ticket, '5 ml', '15 ml');
		stage.rapidPro.faults.clear();
		await until('the close', () => closesOf(stage, ticket) === 1, PATIENCE_MS);
		assert.deepEqual(deliveredTo(stage, ticket), ['15 ml', 'bye']);
	});

	it('a file that was deleted is not sent', async () => {
		const ticket = await waiting(['before']);
		const files = [{ name: 'wrong.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4') }];
		const id = await stage.rocketChat.agentWrites(ticket.roomId, AGENT, { files });
		await until('it is taken up', () => stage.rocketChat.persistence().some(({ data }) => data.entry === id));
		await agentSays(stage, ticket, ['after']);
		await stage.rocketChat.deleteMessage(id, AGENT);
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['before', 'after']);
		assert.ok(!stage.rapidPro.receivedFor(ticket.ticketID).some(({ body }) => body.data?.attachments));
	});
});

describe('while RapidPro is down, further', () => {
	it('the only message of a room may be deleted: nothing is sent, and nobody told', async () => {
		const ticket = await waiting(['only']);
		await deletes(ticket, 'only');
		stage.rapidPro.faults.clear();
		const gone = () => stage.rocketChat.persistence().some(({ data }) => JSON.stringify(data).includes('"settled"'));
		await until('it is over', gone, PATIENCE_MS);
		await agentSays(stage, ticket, ['next']);
		await untilDelivered(stage, ticket, ['next']);
		assert.ok(!notesIn(stage, ticket).some((note) => note.includes('only')));
	});

	it('a message is not taken for deleted where messages may not be read', async () => {
		const ticket = await waiting(['one', 'two']);
		stage.rocketChat.faults.fail('livechat._fetchLivechatRoomMessages');
		await deletes(ticket, 'two');
		stage.rapidPro.faults.clear();
		await untilDelivered(stage, ticket, ['one', 'two']);
		stage.rocketChat.faults.clear();
	});

	it('what waits goes in order where much was corrected and deleted', async () => {
		const texts = Array.from({ length: 12 }, (_, number) => `number ${number}`);
		const ticket = await waiting(texts);
		for (const number of [0, 3, 6, 9]) await deletes(ticket, `number ${number}`);
		for (const number of [1, 4, 7]) await corrects(ticket, `number ${number}`, `corrected ${number}`);
		stage.rapidPro.faults.clear();
		const left = texts.filter((_, number) => number % 3 !== 0);
		const said = left.map((text) => (/ [147]$/.test(text) ? text.replace('number', 'corrected') : text));
		await untilDelivered(stage, ticket, said);
	});
});

describe('a message that goes at once', () => {
	it('is not read again', async () => {
		const ticket = await stage.openTicket();
		await agentSays(stage, ticket, ['warm']);
		await untilDelivered(stage, ticket, ['warm']);
		await stage.settled();
		stage.rocketChat.roundTrips.reset();
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'at once');
		await untilDelivered(stage, ticket, ['warm', 'at once']);
		await stage.settled();
		assert.ok(!stage.rocketChat.roundTrips.list().some((call) => /message.*getById/i.test(call)));
	});

	it('and is corrected or deleted afterwards is not sent again', async () => {
		const ticket = await stage.openTicket();
		await agentSays(stage, ticket, ['sent', 'sent too']);
		await untilDelivered(stage, ticket, ['sent', 'sent too']);
		await corrects(ticket, 'sent', 'sent!');
		await deletes(ticket, 'sent too');
		await stage.settled();
		await agentSays(stage, ticket, ['next']);
		await untilDelivered(stage, ticket, ['sent', 'sent too', 'next']);
	});
});
