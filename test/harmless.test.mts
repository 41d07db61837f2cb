/** What others write has no powers: not over the room, not over the log, not over a browser. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import { notesIn } from './support/delivery.mts';
import { assertErrorPattern, assertId, assertRefusal } from './support/expect.mts';
import { AGENT, LOGGED, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

describe('a contact who calls everybody', () => {
	for (const text of ['@all', 'help, @here!', 'first\n@all']) {
		it(`with ${JSON.stringify(text)} is heard, and nobody is called`, async () => {
			const { contact, roomId } = await stage.openTicket();
			const [answer] = await stage.rapidPro.contactWrites(contact, text);
			assert.equal(answer?.status, 201);
			const shown = stage.rocketChat.messages(roomId).map(({ msg }) => msg);
			assert.ok(shown.includes(text.replace('@', '@\u2060')), shown.join('|'));
		});
	}

	it('does not keep an agent from being told what RapidPro refused', async () => {
		const ticket = await stage.openTicket();
		const refusal = { status: 400, body: { error: "field '@all see [this](https://evil.example)' is required" } };
		stage.rapidPro.faults.answer(refusal, { ticketID: ticket.ticketID, times: 1 });
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, '@all call the [bank](https://evil.example)');
		const [note] = await until('the notice', () => notesIn(stage, ticket).length > 0 && notesIn(stage, ticket));
		assert.match(String(note), /did not reach the contact/);
		assert.doesNotMatch(String(note), /@(all|here)|\]\(/);
	});
});

describe('the log', () => {
	it('stays one line a line, whatever it quotes', LOGGED, async () => {
		const key = 'x`\r\nERROR forged \u2028 line \u001b[31m';
		const visitor = { token: randomUUID(), customFields: { [key]: 'y' } };
		assertId(await stage.app.call('POST', 'room', { ticketID: randomUUID(), visitor }), 200);
		const line = await until('the line', () => stage.rocketChat.appLogs().find((text) => text.includes('forged')));
		const words = line.slice(line.indexOf('skipped'));
		for (const breaking of ['\r', '\n', '\u2028', '\u001b'])
			assert.ok(!words.includes(breaking), JSON.stringify(words));
	});
});

describe('names that JavaScript has plans for', () => {
	for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
		it(`${name} is a custom field like any other`, async () => {
			const visitor = { token: randomUUID(), customFields: { [name]: 'x' } };
			assertId(await stage.app.call('POST', 'room', { ticketID: randomUUID(), visitor }), 200);
		});
	}

	it('__proto__ does no harm as a header or in a query', async () => {
		const reply = await stage.app.callWith(['__proto__', 'x'], 'GET', 'secret.check?__proto__=x&__proto__[a]=b');
		assert.equal(reply.status, 200, reply.body);
		assert.equal((await stage.app.call('GET', 'secret.check')).status, 200);
	});
});

describe('headers', () => {
	/** The status of a request with these header lines, sent as they are. */
	async function status(...lines: string[]): Promise<number> {
		const { hostname, port, pathname } = new URL(`${stage.rocketChat.appUrl}/secret.check`);
		const socket = connect(Number(port), hostname);
		socket.write([`GET ${pathname} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n'));
		let answer = '';
		for await (const chunk of socket) answer += chunk;
		return Number(answer.split(' ')[1]);
	}

	it('with several tokens count as the first', async () => {
		const [good, bad] = [`Authorization: Token ${stage.app.secret}`, 'Authorization: Token wrong'];
		assert.equal(await status(good, bad), 200);
		assert.equal(await status(bad, good), 401);
		assert.equal(await status(`Authorization: Token wrong, Token ${stage.app.secret}`), 401);
	});
});

describe('a link to a file', () => {
	const file = (name: string, type: string) => ({ name, type, bytes: Buffer.from('<script>alert(1)</script>') });

	async function linkTo(type: string): Promise<URL> {
		const { ticketID, roomId } = await stage.openTicket();
		await stage.rocketChat.agentWrites(roomId, AGENT, { text: '', files: [file('page.html', type)] });
		return new URL(String((await stage.webhook(ticketID)).body.data?.attachments?.[0]?.url));
	}

	it('shows no page in a browser', async () => {
		const { headers } = await fetch(await linkTo('text/html'));
		assert.equal(headers.get('content-disposition'), 'attachment');
		assert.equal(headers.get('x-content-type-options'), 'nosniff');
		assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/);
		assert.match(headers.get('cache-control') ?? '', /no-store/);
	});

	it('has no type that is none', async () => {
		const response = await fetch(await linkTo('text/html\r\nX-Injected: 1'));
		assert.equal(response.status, 200);
		assert.equal(response.headers.get('x-injected'), null);
		assert.equal(response.headers.get('content-type'), 'application/octet-stream');
	});

	it('is good for the room in which the file was sent', async () => {
		const [one, other] = [await linkTo('text/plain'), await linkTo('text/plain')];
		one.searchParams.set('room', String(other.searchParams.get('room')));
		assert.equal((await fetch(one)).status, 404);
	});

	it('is not made good by a message that names a file of another room', async () => {
		const secret = await linkTo('text/plain');
		const { ticketID, roomId } = await stage.openTicket();
		const file = {
			_id: String(secret.searchParams.get('id')),
			name: 'secret.txt',
			type: 'text/plain',
			size: 7,
			format: 'txt',
		};
		await stage.rocketChat.agentWrites(roomId, AGENT, { text: 'look', namedFiles: [file] });
		const link = String((await stage.webhook(ticketID)).body.data?.attachments?.[0]?.url);
		const response = await fetch(link);
		assert.equal(response.status, 404, await response.text());
	});
});

describe('words that come back in a refusal', () => {
	it('are JSON, however odd', async () => {
		const department = '"}\r\n<script>alert(1)</script>\u2028`';
		const reply = await stage.app.call('POST', 'room', { ticketID: randomUUID(), visitor: { token: 'x', department } });
		assertRefusal(reply, 404);
		assert.ok(assertErrorPattern(reply).includes(department));
		assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
	});
});
