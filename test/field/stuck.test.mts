/** One message that never passes stops nothing behind it: docs/guarantees.md. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import { agentSays, closesOf, FAST, FOR_EVER, PATIENCE_MS, untilDelivered } from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';
import { closes, shownIn, statusAsAsked, toldIn, untilTold } from '../support/field.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => {
	stage.rapidPro.faults.clear();
	stage.rocketChat.faults.clear();
	stage.rocketChat.anotherAppPrevents();
});

const send = ({ token }: OpenTicket, text: string, attachments: { type: string; url: string }[] = []) =>
	stage.app.call('POST', 'visitor-message', { visitor: { token }, text, attachments });

const untilShown = (ticket: OpenTicket, what: string) =>
	until(`${what} in the room`, () => shownIn(stage, ticket).some((line) => line.includes(what)), PATIENCE_MS);

describe('a contact’s message that Rocket.Chat refuses for good', () => {
	for (const url of ['HTTPS://media.example.org/Rash.JPG', 'Http://media.example.org/a.pdf']) {
		it(`does not come to that for its scheme: ${url}`, async () => {
			const ticket = await stage.openTicket();
			assertId(await send(ticket, '', [{ type: 'image/jpeg', url }]), 201);
			await untilShown(ticket, url.slice(url.indexOf(':')));
			assert.match(shownIn(stage, ticket).join('\n'), /<https?:/);
		});
	}

	for (const [title, said] of [
		['first of all', ['my secret', 'and then', 'at last']],
		['among others', ['before', 'another secret', 'and then']],
		['more than once', ['secret', 'a secret', 'and then']],
	] as [string, string[]][]) {
		it(`since another app prevents it, ${title}, lets the rest through and is told`, async () => {
			const ticket = await stage.openTicket();
			stage.rocketChat.anotherAppPrevents(/secret/);
			for (const text of said) await send(ticket, text);
			await untilShown(ticket, 'and then');
			await untilTold(stage, ticket);
			const passed = said.filter((text) => !text.includes('secret'));
			await until('all the rest', () => shownIn(stage, ticket).length >= passed.length, PATIENCE_MS);
			assert.deepEqual(shownIn(stage, ticket), passed);
		});
	}
});

describe('a contact’s message that Rocket.Chat refuses, further', () => {
	it('with an address that it refuses, is posted with its link as text', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.fail('livechat.createMessage', { times: 1, message: 'Invalid href value provided' });
		const url = 'https://media.example.org/a.jpg';
		assertId(await send(ticket, 'look', [{ type: 'image/jpeg', url }]), 201);
		await untilShown(ticket, `look\na.jpg: ${url}`);
	});

	it('alone, is told after a while', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.anotherAppPrevents(/^secret$/);
		await send(ticket, 'secret');
		const other = await stage.openTicket();
		// Long enough for the second refusal, 20 s after the first one.
		await new Promise((resolve) => setTimeout(resolve, 5_000));
		await send(other, 'elsewhere');
		await untilTold(stage, ticket, /“secret”/);
		assert.deepEqual(shownIn(stage, ticket), []);
	});

	it('while it refuses everything, waits, and is posted in order', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.fail('livechat.createMessage', { message: 'the database is not available' });
		stage.rocketChat.faults.fail('message.create', { message: 'the database is not available' });
		for (const text of ['one', 'two', 'three']) await send(ticket, text);
		await new Promise((resolve) => setTimeout(resolve, 30_000));
		stage.rocketChat.faults.clear();
		await untilShown(ticket, 'three');
		assert.deepEqual(shownIn(stage, ticket), ['one', 'two', 'three']);
	});
});

describe('an agent’s message that RapidPro never takes', () => {
	const JSON_TYPE = { 'content-type': 'application/json' };
	const ANSWERS = [
		{ status: 500, body: { error: 'error handling event' }, headers: JSON_TYPE },
		{ status: 403, body: '<html>Rule 17 of a firewall</html>', headers: { 'content-type': 'text/html' } },
		{
			status: 400,
			body: { error: 'error creating outgoing message: pq: invalid byte sequence' },
			headers: JSON_TYPE,
		},
	];

	async function standsAside(answer: (typeof ANSWERS)[number]): Promise<void> {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(answer, { ...FOR_EVER, says: 'poison', ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['before', 'poison', 'after']);
		await closes(stage, ticket);
		await untilDelivered(stage, ticket, ['before', 'after']);
		await until('the close', () => closesOf(stage, ticket) === 1, PATIENCE_MS);
		await untilTold(stage, ticket, /poison/);
	}

	it('stands aside in bounded time, whatever is answered: what follows goes, the close too', async () => {
		const { failed_messages } = await statusAsAsked(stage);
		const other = await stage.openTicket();
		const stuck = Promise.all(ANSWERS.map(standsAside));
		// Others pass meanwhile.
		await agentSays(stage, other, ['elsewhere']);
		await untilDelivered(stage, other, ['elsewhere']);
		await stuck;
		assert.equal((await statusAsAsked(stage)).failed_messages, Number(failed_messages) + ANSWERS.length);
	});

	it('stands aside also where the agent has written it twice, and alone where other rooms pass', async () => {
		const other = await stage.openTicket();
		const twice = await stage.openTicket();
		const alone = await stage.openTicket();
		const reply = {
			status: 413,
			body: '<html>Request Entity Too Large</html>',
			headers: { 'content-type': 'text/html' },
		};
		stage.rapidPro.faults.answer(reply, { ...FOR_EVER, says: 'poison' });
		await agentSays(stage, twice, ['poison', 'poison', 'after']);
		await agentSays(stage, alone, ['poison']);
		const others = setInterval(() => void stage.rocketChat.agentWrites(other.roomId, AGENT, 'elsewhere'), 2_000);
		try {
			await untilDelivered(stage, twice, ['after']);
			await until('two notices', () => (toldIn(stage, twice).match(/“poison”/g) ?? []).length === 2, PATIENCE_MS);
			await untilTold(stage, alone, /“poison”/);
			assert.doesNotMatch(toldIn(stage, alone), /Too Large|</);
		} finally {
			clearInterval(others);
		}
	});

	it('while nothing passes is no reason to give anything up', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer({ status: 500, body: { error: 'error handling event' } }, FOR_EVER);
		await agentSays(stage, ticket, ['one', 'two']);
		await new Promise((resolve) => setTimeout(resolve, 30_000));
		stage.rapidPro.faults.clear();
		await stage.rocketChat.setAppSetting('public_address', '');
		await untilDelivered(stage, ticket, ['one', 'two']);
	});
});

describe('characters that a database refuses', () => {
	for (const text of ['a\u0000b', '\u0000start', 'lone \ud800 half']) {
		it(`are taken out: ${JSON.stringify(text)}`, async () => {
			const ticket = await stage.openTicket();
			await send(ticket, text);
			await until('the message', () => shownIn(stage, ticket).length === 1, PATIENCE_MS);
			assert.ok(!shownIn(stage, ticket)[0]?.includes('\u0000'));
			await agentSays(stage, ticket, [text]);
			const { rawBody } = await stage.webhook(ticket.ticketID);
			assert.doesNotMatch(rawBody, /\\u0000|\\ud800/i);
		});
	}
});
