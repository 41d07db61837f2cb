import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeApp } from './fake-app.mts';
import { type Contact, RapidPro } from './index.mts';

const SECRET = 'derived secret';

let app: FakeApp;
let rapidPro: RapidPro;
let ann: Contact;

beforeEach(async () => {
	app = await FakeApp.start();
	app.reply = (_request, response) => response.writeHead(200).end('{"room_id":"r1","agent_online":true}');
	rapidPro = await RapidPro.start({ release: '26.3' });
	ann = rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788'] });
	await ask('POST', 'globals.json', { name: 'Rocketchat Url', value: app.url });
	await ask('POST', 'globals.json', { name: 'Rocketchat Secret', value: SECRET });
});

afterEach(async () => {
	await rapidPro.stop();
	await app.stop();
});

async function ask(method: string, path: string, body?: unknown) {
	const headers = { authorization: `Token ${rapidPro.apiToken}`, 'content-type': 'application/json' };
	const response = await fetch(`${rapidPro.url}/api/v2/${path}`, { method, headers, body: JSON.stringify(body) });
	const text = await response.text();
	const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
	return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

async function listed(path: string): Promise<Record<string, unknown>[]> {
	return (await ask('GET', path)).body.results;
}

describe('a flow that opens a ticket', () => {
	it('calls the app before the ticket is stored, and again nobody', async () => {
		app.reply = (_request, response) => {
			assert.deepEqual(rapidPro.model.tickets, []);
			response.writeHead(200).end('{"room_id":"r1"}');
		};
		const opening = await rapidPro.flows.openInFlow(ann, { webhook: true, params: { district: 'north' } });
		assert.equal(opening.answer?.body, '{"room_id":"r1"}');
		assert.equal(opening.ticket?.uuid, opening.ticketUuid);
		const [request] = app.seen;
		assert.equal(app.seen.length, 1);
		assert.ok(request?.path.endsWith('/flow.open'));
		assert.ok(request?.rawHeaders.includes(`Token ${SECRET}`));
		const body = JSON.parse(request?.body ?? '');
		assert.deepEqual(Object.keys(body), ['ticket', 'contact', 'run', 'message', 'params']);
		assert.deepEqual(body.ticket, { uuid: opening.ticketUuid, topic: 'General', assignee: '' });
		assert.deepEqual(body.contact.groups, ['Open Tickets']);
		assert.equal(body.message, null);
	});

	it('calls nobody without a webhook', async () => {
		const { ticketUuid } = await rapidPro.flows.openInFlow(ann);
		assert.deepEqual(app.seen, []);
		assert.equal((await listed('tickets.json'))[0]?.uuid, ticketUuid);
	});

	it('may end with no ticket at all', async () => {
		await rapidPro.flows.openInFlow(ann, { webhook: true, phantom: true });
		assert.equal(app.seen.length, 1);
		assert.deepEqual(await listed('tickets.json'), []);
	});

	it('holds the contact: a ticket action waits, then fails', async () => {
		const { ticket } = await rapidPro.flows.openInFlow(ann);
		const uuid = ticket?.uuid;
		rapidPro.apiV2.lockWaitMs = 20;
		const opening = rapidPro.flows.openInFlow(ann, { storeAfterMs: 300 });
		const close = { tickets: [uuid], action: 'close' };
		assert.deepEqual((await ask('POST', 'ticket_actions.json', close)).body, { failures: [uuid] });
		await opening;
		assert.equal((await ask('POST', 'ticket_actions.json', close)).status, 204);
	});
});

describe('a contact’s message', () => {
	it('is not told by the API while its flow runs', async () => {
		await rapidPro.flows.openInFlow(ann);
		const during: unknown[] = [];
		app.reply = async (_request, response) => {
			during.push(...(await listed('messages.json')));
			response.writeHead(200).end('{}');
		};
		const attachments = [
			{ type: 'image/png', url: 'https://x.org/a.png' },
			{ type: 'unavailable', url: 'x' },
		];
		const message = await rapidPro.flows.contactWrites(ann, 'Hello', { webhook: true, attachments });
		assert.deepEqual(during, []);
		const body = JSON.parse(app.seen[0]?.body ?? '');
		assert.equal(body.message.uuid, message.uuid);
		assert.deepEqual(body.message.attachments, ['image/png:https://x.org/a.png']);
		assert.equal((await listed('messages.json'))[0]?.uuid, message.uuid);
	});

	it('can be asked for with its own time on either side', async () => {
		await rapidPro.flows.contactWrites(ann, 'Hello');
		const [message] = await listed('messages.json');
		for (const bound of ['after', 'before']) {
			assert.equal((await listed(`messages.json?${bound}=${message?.created_on}`)).length, 1, bound);
		}
	});
});

describe('the pages of a list', () => {
	it('follow each other while messages come in', async () => {
		rapidPro.api.pageSize = 2;
		for (const text of ['1', '2', '3', '4', '5']) rapidPro.flows.says(ann, text);
		const texts: unknown[] = [];
		let path: string | undefined = 'messages.json?folder=sent';
		while (path !== undefined) {
			const { body } = await ask('GET', path);
			texts.push(...body.results.map(({ text }: { text: string }) => text));
			rapidPro.flows.says(ann, 'meanwhile');
			path = body.next === null ? undefined : body.next.slice(`${rapidPro.url}/api/v2/`.length);
		}
		assert.deepEqual(texts, ['5', '4', '3', '2', '1']);
	});
});

describe('limits and faults', () => {
	it('refuses with 429 what is too much of one scope, and does not count it', async () => {
		rapidPro.apiV2.throttle.rate = 10;
		rapidPro.apiV2.throttle.spend('v2.messages', 10, 3_599_000);
		const { status, headers } = await ask('GET', 'messages.json');
		assert.equal(status, 429);
		assert.equal(headers.get('retry-after'), '1');
		assert.equal((await ask('GET', 'tickets.json')).status, 200);
	});

	it('breaks after it has stored a message', async () => {
		rapidPro.apiFaults.answer(
			{ status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' },
			{ event: 'POST messages', handled: true },
		);
		const message = { contact: ann.uuid, text: 'Hi' };
		assert.equal((await ask('POST', 'messages.json', message)).status, 502);
		assert.equal((await listed('messages.json'))[0]?.text, 'Hi');
	});

	it('refuses connections while it is down', async () => {
		await rapidPro.goDown();
		await assert.rejects(ask('GET', 'workspace.json'));
		await rapidPro.comeBack();
		assert.equal((await ask('GET', 'workspace.json')).status, 200);
	});

	it('takes no POST while the workspace is suspended', async () => {
		rapidPro.apiV2.store.suspended = true;
		const { status, body } = await ask('POST', 'messages.json', { contact: ann.uuid, text: 'Hi' });
		assert.equal(status, 400);
		assert.match(body.non_field_errors[0], /^Sorry, your workspace is currently suspended/);
	});

	it('refuses the token of a user who lost the role', async () => {
		rapidPro.apiV2.role = 'agent';
		assert.equal((await ask('GET', 'workspace.json')).status, 403);
	});
});

describe('an import', () => {
	it('makes the globals blank, and keeps those that are there', async () => {
		const { FLOW_FILES } = await import('../../tools/flows.mjs');
		const fresh = await RapidPro.start({ release: '9.0' });
		fresh.flows.import(FLOW_FILES['rapidpro-flows.json']());
		fresh.flows.import(FLOW_FILES['rapidpro-flows.json']());
		assert.deepEqual(
			fresh.apiV2.store.globals.map(({ key, value }) => [key, value]),
			[
				['rocketchat_url', ''],
				['rocketchat_secret', ''],
			],
		);
		assert.equal(fresh.apiV2.store.definitions.flows.length, 2);
		await fresh.stop();
		rapidPro.flows.import(FLOW_FILES['rapidpro-flows.json']());
		assert.equal(rapidPro.apiV2.store.global('rocketchat_secret'), SECRET);
	});
});

describe('what the flows of the release send', () => {
	it('is what the stand-in’s flows send', async () => {
		const message = await rapidPro.flows.contactWrites(ann, 'Hello');
		const { ticket } = await rapidPro.flows.openInFlow(ann, { webhook: true, message });
		await rapidPro.flows.contactWrites(ann, 'Hello', { webhook: true });
		if (ticket) await rapidPro.flows.close(ticket, { webhook: true });
		const { FLOW_FILES } = await import('../../tools/flows.mjs');
		const calls = Object.values(FLOW_FILES).flatMap((make) => make().flows.flatMap(callsOf));
		assert.deepEqual(
			app.seen.map(({ path, body }) => [path.split('/').at(-1), keysIn(JSON.parse(body))]),
			calls.map(({ url, body }) => [url.split('/').at(-1), [...body.matchAll(/"(\w+)", /g)].map(([, key]) => key)]),
		);
	});
});

interface Call {
	type: string;
	url: string;
	body: string;
}

function callsOf(flow: object): Call[] {
	const { nodes } = flow as { nodes: { actions: Call[] }[] };
	return nodes.flatMap(({ actions }) => actions).filter(({ type }) => type === 'call_webhook');
}

/** All keys, each before those within it. */
function keysIn(value: unknown): string[] {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
	return Object.entries(value).flatMap(([key, held]) => [key, ...keysIn(held)]);
}
