import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FakeApp } from './fake-app.mts';
import { type Contact, RapidPro, type Ticket } from './index.mts';

const MIB = 1024 * 1024;

let app: FakeApp;
let rapidPro: RapidPro;
let files: Server;
let filesUrl: string;
let contact: Contact;
let ticket: Ticket;

before(async () => {
	app = await FakeApp.start();
	rapidPro = await RapidPro.start({
		patience: { backoffsMs: [5, 10] },
		fileCredentials: { userId: 'admin-id', authToken: 'admin-token' },
	});
	await rapidPro.connect(app.url);
	app.reply = (_request, response) => response.writeHead(200).end('{"id":"room-1"}');
	files = createServer((request, response) => {
		if (request.headers['x-auth-token'] !== 'admin-token') return response.writeHead(403).end();
		const size = Number(new URL(request.url ?? '', 'http://files').searchParams.get('size'));
		response.writeHead(200, { 'Content-Type': 'image/png' }).end(Buffer.alloc(size));
	});
	await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
	filesUrl = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});

after(async () => {
	files.closeAllConnections();
	files.close();
	await rapidPro.stop();
	await app.stop();
});

beforeEach(async () => {
	rapidPro.faults.clear();
	contact = rapidPro.addContact({ urns: ['tel:+250788123123'] });
	const opening = await rapidPro.openTicket(contact);
	assert.ok(opening.ticket);
	ticket = opening.ticket;
});

interface Posted {
	status: number;
	body: Record<string, string>;
}

async function post(body: unknown, overrides: { url?: string; token?: string; method?: string } = {}): Promise<Posted> {
	const { url = rapidPro.callbackUrl, token = rapidPro.secret, method = 'POST' } = overrides;
	const response = await fetch(url, {
		method,
		headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json' },
		body: method === 'GET' ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
	});
	return { status: response.status, body: (await response.json()) as Record<string, string> };
}

const agentMessage = (data?: unknown) => ({ type: 'agent-message', ticketID: ticket.uuid, data });
const sentTo = (person: Contact) => rapidPro.model.messages.filter((message) => message.contact === person);

describe('event_callback answers', () => {
	it('404 to a path that is no UUID', async () => {
		const url = new URL('/mr/tickets/types/rocketchat/event_callback/XYZ', rapidPro.url).href;
		const { status, body } = await post({}, { url });
		assert.equal(status, 404);
		assert.match(body.error ?? '', /^not found: /);
	});

	it('405 to another method', async () => {
		assert.deepEqual(await post({}, { method: 'GET' }), { status: 405, body: { error: 'illegal method: GET' } });
	});

	it('404 to a ticketer that it does not know', async () => {
		const uuid = '00000000-0000-4000-8000-000000000000';
		const url = rapidPro.callbackUrl.replace(/[^/]+$/, uuid);
		assert.deepEqual(await post({}, { url }), { status: 404, body: { error: `no such ticketer ${uuid}` } });
	});

	it('401 to a wrong token, without the word error', async () => {
		assert.deepEqual(await post({}, { token: 'wrong' }), { status: 401, body: { status: 'unauthorized' } });
	});

	it('400 to what is no JSON object and to missing fields', async () => {
		assert.equal((await post('{')).status, 400);
		assert.deepEqual(await post({ ticketID: ticket.uuid }), {
			status: 400,
			body: { error: "field 'type' is required" },
		});
		assert.equal((await post({ type: 'agent-message' })).body.error, "field 'ticketID' is required");
	});

	it('404 to a ticket that it does not know, or not yet', async () => {
		assert.deepEqual(await post({ type: 'close-room', ticketID: 'x' }), {
			status: 404,
			body: { error: 'no such ticket x' },
		});
	});

	it('400 to an unknown type and to an agent-message without data', async () => {
		assert.deepEqual(await post({ type: 'typing', ticketID: ticket.uuid }), {
			status: 400,
			body: { error: 'invalid event type' },
		});
		assert.equal((await post(agentMessage())).status, 400);
	});

	for (const [where, status, words] of [
		['database', 404, /^no such ticketer/],
		['ticket lookup', 404, /^no such ticket /],
		['org assets', 400, /org assets/],
		['inserting message', 400, /^error inserting outgoing message/],
		['HTTP logs', 500, /^error writing HTTP logs/],
	] as const) {
		it(`${status} when this does not work: ${where}`, async () => {
			rapidPro.faults.breakDown(where);
			const answer = await post(agentMessage({ text: 'Hi' }));
			assert.equal(answer.status, status);
			assert.match(answer.body.error ?? '', words);
			assert.equal(sentTo(contact).length, where === 'HTTP logs' ? 1 : 0);
			assert.equal((await post(agentMessage({ text: 'Hi' }))).status, 200);
		});
	}
});

describe('event_callback handles', () => {
	it('an agent-message, also to a closed ticket', async () => {
		assert.deepEqual(await post(agentMessage({ text: 'Hi' })), { status: 200, body: { status: 'handled' } });
		await post({ type: 'close-room', ticketID: ticket.uuid });
		await post(agentMessage({ text: 'Still there?' }));
		assert.deepEqual(
			sentTo(contact).map(({ text, status }) => [text, status]),
			[
				['Hi', 'queued'],
				['Still there?', 'queued'],
			],
		);
	});

	it('an agent-message to a contact who cannot be reached, as failed', async () => {
		contact.status = 'blocked';
		assert.equal((await post(agentMessage({ text: 'Hi' }))).status, 200);
		assert.equal(sentTo(contact)[0]?.status, 'failed');
	});

	it('a close-room, and again as Weni does', async () => {
		const close = { type: 'close-room', ticketID: ticket.uuid };
		await post(close);
		await post(close);
		assert.equal(ticket.status, 'closed');
		assert.equal(rapidPro.model.closedEvents.filter((event) => event.ticket === ticket).length, 2);
	});

	it('files: the type that the answer names, a name with all that follows the last dot', async () => {
		const attachments = [{ type: 'image/jpeg', url: `${filesUrl}/x?size=7&f=/photo.jpg` }];
		assert.equal((await post(agentMessage({ text: 'See', attachments }))).status, 200);
		const [file] = sentTo(contact)[0]?.files ?? [];
		assert.equal(file?.contentType, 'image/png');
		assert.equal(file?.size, 7);
		assert.match(file?.name ?? '', /^[0-9a-f-]{36}\.jpg$/);
	});

	for (const [trouble, path] of [
		['is longer than 10 MiB', `/big.png?size=${10 * MIB + 1}`],
		['is not to be had', 'nowhere'],
	]) {
		it(`no part of a message whose file ${trouble}`, async () => {
			const url = path === 'nowhere' ? 'http://127.0.0.1:9/x.png' : filesUrl + path;
			const answer = await post(agentMessage({ text: 'See', attachments: [{ type: 'image/png', url }] }));
			assert.equal(answer.status, 400);
			assert.match(answer.body.error ?? '', /^error fetching ticket file '/);
			assert.deepEqual(sentTo(contact), []);
		});
	}

	it('a file of exactly 10 MiB', async () => {
		const attachments = [{ type: 'image/png', url: `${filesUrl}/x?size=${10 * MIB}&f=/x.png` }];
		assert.equal((await post(agentMessage({ attachments }))).status, 200);
	});
});

describe('faults', () => {
	it('answer in place of RapidPro as often as ordered, by type', async () => {
		rapidPro.faults.answer({ status: 429, headers: { 'Retry-After': '1' } }, { times: 2, event: 'agent-message' });
		const statuses: number[] = [];
		for (const text of ['one', 'two', 'three']) {
			const response = await fetch(rapidPro.callbackUrl, {
				method: 'POST',
				headers: { Authorization: `Token ${rapidPro.secret}` },
				body: JSON.stringify(agentMessage({ text })),
			});
			statuses.push(response.status);
		}
		assert.deepEqual(statuses, [429, 429, 200]);
		assert.deepEqual(
			sentTo(contact).map(({ text }) => text),
			['three'],
		);
	});

	it('drop the connection before or after the event was handled', async () => {
		rapidPro.faults.drop();
		await assert.rejects(post(agentMessage({ text: 'lost' })));
		rapidPro.faults.drop({ handled: true });
		await assert.rejects(post(agentMessage({ text: 'kept' })));
		assert.deepEqual(
			sentTo(contact).map(({ text }) => text),
			['kept'],
		);
	});

	it('hang until the caller gives up', async () => {
		rapidPro.faults.hang();
		const signal = AbortSignal.timeout(50);
		await assert.rejects(fetch(rapidPro.callbackUrl, { method: 'POST', body: '{}', signal }));
		assert.equal(rapidPro.received.at(-1)?.answer, undefined);
	});

	it('delay', async () => {
		rapidPro.faults.delay(60);
		const startedAt = Date.now();
		assert.equal((await post(agentMessage({ text: 'Hi' }))).status, 200);
		assert.ok(Date.now() - startedAt >= 55);
	});
});
