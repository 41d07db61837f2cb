import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Contact, RapidPro } from './index.mts';

/** Long enough for a request to be answered on a busy machine. */
const MEANWHILE_MS = 1500;

let rapidPro: RapidPro;
let ann: Contact;

beforeEach(async () => {
	rapidPro = await RapidPro.start({ release: '26.3' });
	ann = rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788'] });
});

afterEach(() => rapidPro.stop());

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
	it('has it told once it is stored, with what was chosen for it', async () => {
		const bob = { email: 'bob@example.com', firstName: 'Bob', lastName: 'Agent', role: 'agent' } as const;
		const chosen = { topic: rapidPro.model.addTopic('Sales'), assignee: rapidPro.model.addUser(bob) };
		const opening = rapidPro.flows.open(ann, { ...chosen, storeAfterMs: MEANWHILE_MS });
		assert.deepEqual(await listed('tickets.json'), []);
		const { uuid } = await opening;
		const [told] = await listed('tickets.json');
		assert.equal(told?.uuid, uuid);
		assert.deepEqual(told?.topic, { uuid: chosen.topic.uuid, name: 'Sales' });
		assert.deepEqual(told?.assignee, { email: 'bob@example.com', name: 'Bob Agent' });
		const [contact] = await listed('contacts.json');
		assert.deepEqual(contact?.groups, [rapidPro.apiV2.store.openTickets]);
	});

	it('holds the contact: a ticket action waits, then fails', async () => {
		const { uuid } = await rapidPro.flows.open(ann);
		rapidPro.apiV2.lockWaitMs = 20;
		const opening = rapidPro.flows.open(ann, { storeAfterMs: MEANWHILE_MS });
		const close = { tickets: [uuid], action: 'close' };
		assert.deepEqual((await ask('POST', 'ticket_actions.json', close)).body, { failures: [uuid] });
		await opening;
		assert.equal((await ask('POST', 'ticket_actions.json', close)).status, 204);
	});
});

describe('what users of RapidPro do', () => {
	it('moves the ticket to the top of the list', async () => {
		const ticket = await rapidPro.flows.open(ann);
		await rapidPro.flows.open(rapidPro.addContact());
		const steps = [
			() => rapidPro.flows.changeTopic(ticket, rapidPro.model.addTopic('Sales')),
			() => rapidPro.flows.assign(ticket),
			() => rapidPro.flows.close(ticket),
			() => rapidPro.flows.reopen(ticket),
		];
		let before = (await listed('tickets.json')).find(({ uuid }) => uuid === ticket.uuid);
		for (const step of steps) {
			step();
			const [first] = await listed('tickets.json');
			assert.equal(first?.uuid, ticket.uuid);
			assert.ok(String(first?.modified_on) > String(before?.modified_on));
			before = first;
		}
		assert.deepEqual([before?.status, before?.closed_on], ['open', null]);
	});
});

describe('a message of RapidPro', () => {
	it('may fail after it was sent', async () => {
		const message = rapidPro.flows.says(ann, 'Hello');
		rapidPro.flows.turns(message, 'failed');
		assert.deepEqual(await listed('messages.json?folder=sent'), []);
		assert.equal((await listed('messages.json?folder=failed'))[0]?.uuid, message.uuid);
	});
});

describe('a contact’s message', () => {
	it('is not told by the API while it is being handled', async () => {
		const writing = rapidPro.flows.contactWrites(ann, 'Hello', { visibleAfterMs: MEANWHILE_MS });
		assert.deepEqual(await listed('messages.json'), []);
		const { uuid } = await writing;
		assert.equal((await listed('messages.json'))[0]?.uuid, uuid);
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
	const flow = { uuid: '5d1fb3a5-7a11-4a0e-9d5c-0e6f1a3f4b21', name: 'Greeting', body: '@globals.place' };
	const file = { flows: [flow], triggers: [{ trigger_type: 'C', flow }], groups: [] };

	it('replaces flows of the same name, and makes globals blank', async () => {
		const other = { ...flow, uuid: '0b7f2c55-3f0e-4c0c-8e0b-5b1f0f6a7d10' };
		rapidPro.flows.import(file);
		rapidPro.flows.import({ ...file, flows: [other], triggers: [{ flow: other }] });
		assert.deepEqual(
			(await listed('flows.json')).map(({ uuid }) => uuid),
			[other.uuid],
		);
		const { triggers } = (await ask('GET', `definitions.json?flow=${other.uuid}`)).body;
		assert.deepEqual(triggers, [{ flow: other }]);
		assert.equal((await listed('globals.json?key=place'))[0]?.value, '');
	});

	it('keeps globals that are there', async () => {
		await ask('POST', 'globals.json', { name: 'Place', value: 'Kigali' });
		rapidPro.flows.import(file);
		assert.equal(rapidPro.apiV2.store.global('place'), 'Kigali');
	});

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
