/** What the contact and the bot said before a ticket, fetched from RapidPro's API and shown in the room. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Contact, Message } from '../sandbox/rapidpro/index.mts';
import { until } from '../sandbox/until.mts';
import { FAST, historyIn, PATIENCE_MS, untilDelivered } from './support/delivery.mts';
import { AGENT, type OpenTicket, RESTARTS, Stage } from './support/stage.mts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
	await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
	await stage.rocketChat.setAppSetting('time_zone', 'Africa/Kigali');
});
after(() => stage?.close());
afterEach(async () => {
	stage.rocketChat.faults.clear();
	stage.rapidPro.apiFaults.clear();
	stage.rapidPro.api.pageSize = 250;
});

/** A contact with whom this was said, `minutes` ago. */
function contactWith(...said: [minutes: number, message: Partial<Message>][]): Contact {
	const contact = stage.rapidPro.addContact({ name: 'Ann' });
	for (const [minutes, message] of said) {
		const createdOn = new Date(Date.now() - minutes * MINUTE_MS);
		stage.rapidPro.model.addMessage({ contact, direction: 'in', text: '', createdOn, ...message });
	}
	return contact;
}

/** The room's messages that show history, or say that there is none. */
const shown = ({ roomId }: OpenTicket) => historyIn(stage.rocketChat.messages(roomId));

const untilShown = (ticket: OpenTicket, count = 1) =>
	until(`${count} messages of history`, () => shown(ticket).length >= count && shown(ticket), PATIENCE_MS);

/** What was asked of the API about a contact. */
const questions = ({ uuid }: Contact) =>
	stage.rapidPro.exchanges.list.filter(({ url }) => url.startsWith('/api/') && url.includes(uuid));

/** Lets what the app would do next happen: another attempt at a history, and a sweep. */
const afterAWhile = async () => {
	await new Promise((resolve) => setTimeout(resolve, (1.3 * MINUTE_MS) / FAST.clockSpeed));
	await stage.settled();
};

const local = (date: Date) =>
	new Date(date.getTime() + 2 * HOUR_MS).toISOString().replace('T', ' ').slice(0, 'yyyy-mm-dd hh:mm'.length);

describe('the history', () => {
	it('is one message of the visitor: who said what and when, oldest first, media as links', async () => {
		const contact = contactWith(
			[26 * 60, { text: 'yesterday' }],
			[30, { direction: 'out', text: 'What is it about?\n1) Health' }],
			[31, { text: 'Hi' }],
			[29, { text: 'look', attachments: [{ type: 'image/jpeg', url: 'https://media.example.org/a/rash.jpg' }] }],
			[28, { attachments: [{ type: 'geo', url: '-1.95,30.06' }] }],
			[27, { direction: 'out', text: 'An agent is coming', status: 'failed' }],
		);
		const ticket = await stage.openTicket(contact);
		const [message] = await untilShown(ticket);
		const at = stage.rapidPro.model.messages
			.filter((one) => one.contact === contact)
			.map((one) => local(one.createdOn));
		assert.deepEqual(message?.msg.split('\n'), [
			'*Earlier messages* (times: Africa/Kigali)',
			`${at[2]} *Ann*: Hi`,
			`${at[1]} *RapidPro*: What is it about?`,
			'> 1) Health',
			`${at[3]} *Ann*: look`,
			'> rash.jpg: https://media.example.org/a/rash.jpg',
			`${at[4]} *Ann*: Location: -1.95,30.06: https://www.openstreetmap.org/?mlat=-1.95&mlon=30.06`,
			`${at[5]} *RapidPro*: An agent is coming _(not delivered)_`,
		]);
		const room = stage.rocketChat.room(ticket.roomId);
		assert.equal(message?.token, room?.v?.token);
		assert.equal(room?.waitingResponse, true, 'it is no answer');
	});

	it('calls nobody, whatever the contact’s name is', async () => {
		const contact = contactWith([5, { text: '@here' }]);
		contact.name = '@all\n*RapidPro*';
		const [message] = await untilShown(await stage.openTicket(contact));
		assert.match(message?.msg ?? '', /\n\S+ \S+ \*@\u2060all \*RapidPro\*\*: @\u2060here$/);
	});

	it('is never forwarded, nor taken for a missed message', async () => {
		const ticket = await stage.openTicket(contactWith([5, { text: 'before' }]));
		await untilShown(ticket);
		stage.rocketChat.dropEvents(1);
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'lost');
		await stage.rocketChat.disableApp();
		await stage.rocketChat.enableApp();
		await untilDelivered(stage, ticket, ['lost']);
	});

	it('begins where RapidPro says that the session did', async () => {
		const contact = contactWith(
			[90, { text: 'an older session' }],
			[50 * 60, { text: 'old' }],
			[10, { text: 'this one' }],
		);
		const sessionStart = new Date(Date.now() - 60 * MINUTE_MS).toISOString();
		const { ticketID, ticket } = await stage.rapidPro.openTicket(contact, { sessionStart });
		const [message] = await untilShown({
			contact,
			ticketID,
			token: String(contact.id),
			roomId: ticket?.externalId ?? '',
		});
		assert.match(message?.msg ?? '', /this one/);
		assert.doesNotMatch(message?.msg ?? '', /old/);
	});

	it('has at most as many messages as the setting says, and pages are followed', async () => {
		await stage.rocketChat.setAppSetting('history_messages', 5);
		stage.rapidPro.api.pageSize = 2;
		const contact = contactWith(...[9, 8, 7, 6, 5, 4, 3].map((n): [number, object] => [n, { text: `-${n}-` }]));
		const [message] = await untilShown(await stage.openTicket(contact));
		assert.deepEqual(message?.msg.match(/-\d-/g), ['-7-', '-6-', '-5-', '-4-', '-3-']);
		assert.equal(questions(contact).length, 3);
		await stage.rocketChat.setAppSetting('history_messages', 50);
	});

	it('is a few messages where it is long', async () => {
		const long = (letter: string, count: number) => ({ text: letter + 'x'.repeat(count) });
		const contact = contactWith([3, long('a', 3000)], [2, long('b', 1900)], [1, long('c', 1900)]);
		const messages = await untilShown(await stage.openTicket(contact), 2);
		assert.match(messages[0]?.msg ?? '', /: ax+…\n.*: bx+$/);
		assert.match(messages[1]?.msg ?? '', /^\*Earlier messages, continued\*\n.*: cx+$/);
	});

	it('is shown once, whatever opens again', RESTARTS, async () => {
		const contact = contactWith([5, { text: 'before' }]);
		const ticket = await stage.openTicket(contact);
		await untilShown(ticket);
		const again = await stage.openTicket(contact);
		assert.equal(again.roomId, ticket.roomId);
		await stage.rocketChat.killApp();
		await afterAWhile();
		assert.equal(shown(ticket).length, 1);
	});

	it('of nothing is nothing', async () => {
		const ticket = await stage.openTicket(contactWith());
		await until('the question', () => questions(ticket.contact).length > 0, PATIENCE_MS);
		await afterAWhile();
		assert.deepEqual(shown(ticket), []);
		assert.equal(questions(ticket.contact).length, 1);
	});

	it('does not keep the room from being opened', async () => {
		const contact = contactWith([5, { text: 'before' }]);
		stage.rapidPro.apiFaults.delay(300, { contact: contact.uuid });
		const ticket = await stage.openTicket(contact);
		assert.deepEqual(shown(ticket), []);
		await stage.rapidPro.contactWrites(contact, 'and now?');
		await untilShown(ticket);
		const texts = stage.rocketChat.messages(ticket.roomId).filter(({ token, t }) => token && !t);
		assert.equal(texts.length, 2);
	});

	it('does not pass for a message of the contact that Rocket.Chat has not taken', async () => {
		const ticket = await stage.openTicket(contactWith([5, { text: 'the same' }]));
		await untilShown(ticket);
		stage.rocketChat.faults.hang('livechat.createMessage', 1);
		await stage.rapidPro.contactWrites(ticket.contact, 'the same');
		const posted = () => stage.rocketChat.messages(ticket.roomId).filter(({ msg }) => msg === 'the same').length;
		await until('the message', () => posted() === 1, PATIENCE_MS);
	});

	it('comes from the address of the setting, where there is one', async () => {
		const { port } = new URL(stage.rapidPro.url);
		await stage.rocketChat.setAppSetting('rapidpro_address', ` http://localhost:${port}/ `);
		const contact = contactWith([5, { text: 'before' }]);
		await untilShown(await stage.openTicket(contact));
		const [question] = questions(contact);
		assert.equal(question?.headers.find(([name]) => name === 'host')?.[1], `localhost:${port}`);
		await stage.rocketChat.setAppSetting('rapidpro_address', '');
	});

	it('is not asked for without a token', async () => {
		await stage.rocketChat.setAppSetting('history_token', ' ');
		const ticket = await stage.openTicket(contactWith([5, { text: 'before' }]));
		await afterAWhile();
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		assert.deepEqual(questions(ticket.contact), []);
		assert.deepEqual(shown(ticket), []);
	});

	it('has the server’s own times where nobody knows the time zone', async () => {
		await stage.rocketChat.setAppSetting('time_zone', 'Africa/Atlantis');
		const [message] = await untilShown(await stage.openTicket(contactWith([5, { text: 'before' }])));
		await stage.rocketChat.setAppSetting('time_zone', 'Africa/Kigali');
		assert.match(
			message?.msg ?? '',
			/^\*Earlier messages\* \(times: (?!Africa)\S+\)\n\d{4}-\d\d-\d\d \d\d:\d\d \*Ann\*: before$/,
		);
	});
});

describe('the history that RapidPro does not give', () => {
	it('because of a wrong token: the agents are told, once, and nothing is asked again', async () => {
		await stage.rocketChat.setAppSetting('history_token', 'wrong');
		const ticket = await stage.openTicket(contactWith([5, { text: 'before' }]));
		const [message] = await untilShown(ticket);
		await afterAWhile();
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		assert.match(message?.msg ?? '', /could not be fetched from RapidPro\*: it refuses the API token/);
		assert.equal(shown(ticket).length, 1);
		assert.equal(questions(ticket.contact).length, 1);
		assert.doesNotMatch(stage.rocketChat.appLogs().join('\n'), /Token wrong/);
	});

	const throttled = { status: 429, headers: { 'retry-after': '60' } };
	for (const [title, misbehave] of [
		['it is throttled', (contact: string) => stage.rapidPro.apiFaults.answer(throttled, { contact })],
		['it has an error', (contact: string) => stage.rapidPro.apiFaults.answer({ status: 502 }, { contact })],
		['it drops the connection', (contact: string) => stage.rapidPro.apiFaults.drop({ contact })],
		['it never answers', (contact: string) => stage.rapidPro.apiFaults.hang({ contact })],
		[
			'a login page answers',
			(contact: string) => stage.rapidPro.apiFaults.answer({ status: 200, body: '<html>' }, { contact }),
		],
	] as const) {
		it(`because ${title}: it comes later, and the agent is told`, async () => {
			const contact = contactWith([5, { text: 'before' }]);
			misbehave(contact.uuid);
			const ticket = await stage.openTicket(contact);
			await untilShown(ticket);
			assert.equal(shown(ticket).length, 1);
			const told = stage.rocketChat.notices().filter(({ roomId }) => roomId === ticket.roomId);
			assert.match(told[0]?.text ?? '', /could not be fetched from RapidPro yet/);
		});
	}

	it('because it is throttled: not before the time that it names', async () => {
		const contact = contactWith([5, { text: 'before' }]);
		stage.rapidPro.apiFaults.answer(throttled, { contact: contact.uuid });
		await untilShown(await stage.openTicket(contact));
		const [first, second] = questions(contact).map(({ startedAt }) => startedAt.getTime());
		assert.ok(first && second && second - first >= MINUTE_MS / FAST.clockSpeed);
	});

	it('because it has an error, and no job comes for it: the sweep does', async () => {
		const contact = contactWith([5, { text: 'before' }]);
		stage.rocketChat.faults.fail('scheduler.scheduleOnce');
		stage.rapidPro.apiFaults.answer({ status: 502 }, { contact: contact.uuid });
		const ticket = await stage.openTicket(contact);
		await untilShown(ticket);
		assert.equal(questions(contact).length, 2);
		assert.equal(shown(ticket).length, 1);
	});

	it('because the app died: reconciliation finds it', RESTARTS, async () => {
		const contact = contactWith([5, { text: 'before' }]);
		stage.rapidPro.apiFaults.hang({ contact: contact.uuid });
		const ticket = await stage.openTicket(contact);
		await until('the question', () => questions(ticket.contact).length > 0, PATIENCE_MS);
		await stage.rocketChat.killApp();
		await untilShown(ticket);
		await afterAWhile();
		assert.equal(shown(ticket).length, 1);
	});

	it('is shown once where nobody said that it was posted', async () => {
		stage.rocketChat.faults.hang('livechat.createMessage', 1, { afterwards: true });
		const ticket = await stage.openTicket(contactWith([5, { text: 'before' }]));
		await untilShown(ticket);
		await until('another attempt', () => questions(ticket.contact).length > 1, PATIENCE_MS);
		await afterAWhile();
		assert.equal(shown(ticket).length, 1);
	});

	it('is not posted into a room that was closed', async () => {
		const contact = contactWith([5, { text: 'before' }]);
		stage.rapidPro.apiFaults.answer({ status: 503 }, { contact: contact.uuid });
		const ticket = await stage.openTicket(contact);
		const rooms = stage.rocketChat.rooms().length;
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await afterAWhile();
		assert.deepEqual(shown(ticket), []);
		assert.equal(stage.rocketChat.rooms().length, rooms);
	});
});

describe('an answer that is meant ill', () => {
	const message = { direction: 'in', created_on: '2020-07-17T10:28:09Z', text: 'odd' };
	const page = (...results: unknown[]) => ({ results, next: null });
	for (const [title, body] of [
		['is no object', '[]'],
		['is null', 'null'],
		['has no results', {}],
		['has results that are none', page(null, 7, 'x', [], {}, { direction: 'in' }, { ...message, created_on: 'soon' })],
		['has texts and media that are none', page({ ...message, text: 7 }, { ...message, text: '', attachments: [7] })],
		['is nested deeply', `{"results":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
		['is huge', `{"results":[{"direction":"in","text":"${'x'.repeat(5_000_000)}"}]}`],
	] as const) {
		it(`(${title}) breaks nothing`, async () => {
			const contact = contactWith();
			stage.rapidPro.apiFaults.answer({ status: 200, body }, { contact: contact.uuid });
			const ticket = await stage.openTicket(contact);
			await until('the question', () => questions(ticket.contact).length > 0, PATIENCE_MS);
			await stage.rapidPro.contactWrites(ticket.contact, 'Hello');
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Hello back');
			await untilDelivered(stage, ticket, ['Hello back']);
			assert.deepEqual(shown(ticket), []);
		});
	}

	it('with half a character is shown with another in its place', async () => {
		const contact = contactWith();
		stage.rapidPro.apiFaults.answer(
			{ status: 200, body: page({ ...message, text: '\ud800' }) },
			{ contact: contact.uuid },
		);
		const [shownMessage] = await untilShown(await stage.openTicket(contact));
		assert.match(shownMessage?.msg ?? '', /: \ufffd$/);
	});

	it('and names another host for its next page does not get the token there', async () => {
		let visits = 0;
		const elsewhere = createServer((_request, response) => {
			visits++;
			response.end('{}');
		});
		await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
		const next = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/api/v2/messages.json?cursor=7`;
		const created_on = new Date(Date.now() - MINUTE_MS).toISOString();
		const contact = contactWith();
		const body = { results: [{ ...message, created_on }], next };
		stage.rapidPro.apiFaults.answer({ status: 200, body }, { contact: contact.uuid });
		const [shownMessage] = await untilShown(await stage.openTicket(contact)).finally(() => elsewhere.close());
		assert.match(shownMessage?.msg ?? '', /odd/);
		assert.equal(visits, 0);
	});

	it('and always names a next page is not followed for ever', async () => {
		const contact = contactWith();
		const next = `${stage.rapidPro.url}/api/v2/messages.json?contact=${contact.uuid}&cursor=1`;
		stage.rapidPro.apiFaults.answer({ status: 200, body: { results: [], next } }, { times: 20, contact: contact.uuid });
		const ticket = await stage.openTicket(contact);
		await afterAWhile();
		assert.ok(questions(contact).length <= 3, `${questions(contact).length}`);
		assert.deepEqual(shown(ticket), []);
	});
});
