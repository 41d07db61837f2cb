import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeApp } from './fake-app.mts';
import { RapidPro } from './index.mts';

const HURRIED = { timeoutMs: 200, backoffsMs: [20, 40] };

let app: FakeApp;
let rapidPro: RapidPro;

beforeEach(async () => {
	app = await FakeApp.start();
	rapidPro = await RapidPro.start({ secret: 'shared secret', patience: HURRIED });
	await rapidPro.connect(app.url);
	app.seen.length = 0;
});

afterEach(async () => {
	await rapidPro.stop();
	await app.stop();
});

function answering(...replies: ((response: ServerResponse) => void)[]): void {
	const last = replies[replies.length - 1];
	app.reply = (_request, response) => (replies.shift() ?? last)?.(response);
}

const roomAnswer = (response: ServerResponse) => response.writeHead(200).end('{"id":"room-1"}');

describe('mailroom opens a ticket', () => {
	it('sends a GET with a JSON body and the headers that Go writes', async () => {
		answering(roomAnswer);
		const ann = rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788', 'mailto:old@x.org', 'mailto:ann@x.org'] });
		const { ticketID } = await rapidPro.openTicket(ann);

		const [request] = app.seen;
		assert.equal(request?.method, 'GET');
		assert.ok(request?.path.endsWith('/684202ed-1461-4983-9ea7-fde74b15026c/room'));
		assert.deepEqual(request?.rawHeaders, [
			...['Host', new URL(app.url).host],
			...['User-Agent', 'Go-http-client/1.1'],
			...['Content-Length', String(request?.body.length)],
			...['Authorization', 'Token shared secret'],
			...['Content-Type', 'application/json'],
			...['Accept-Encoding', 'gzip'],
		]);
		assert.deepEqual(JSON.parse(request?.body ?? ''), {
			visitor: {
				token: String(ann.id),
				contactUUID: ann.uuid,
				name: 'Ann',
				email: 'old@x.org',
				phone: '+250788',
			},
			ticketID,
		});
	});

	it('leaves out what the contact lacks', async () => {
		answering(roomAnswer);
		const nobody = rapidPro.addContact({ uuid: '' });
		await rapidPro.openTicket(nobody);
		assert.deepEqual(Object.keys(JSON.parse(app.seen[0]?.body ?? '').visitor), ['token']);
	});

	it('stores the ticket only after the answer', async () => {
		answering((response) => {
			assert.deepEqual(rapidPro.model.tickets, []);
			roomAnswer(response);
		});
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.equal(opening.ticket?.externalId, 'room-1');
		assert.deepEqual(rapidPro.model.tickets, [opening.ticket]);
	});

	it('takes the words of a refusal into its log and stores no ticket', async () => {
		answering((response) => response.writeHead(424).end('{"error":"no agent online"}'));
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.equal(opening.error, 'no agent online');
		assert.deepEqual(rapidPro.model.tickets, []);
		assert.equal(app.seen.length, 1);
	});

	it('shows what was answered where a refusal is not in the pattern', async () => {
		answering((response) => response.writeHead(500).end('<html>'));
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.equal(opening.error, 'the answer was not the app’s: 500 Internal Server Error: <html>');
	});
});

describe('mailroom tries again', () => {
	it('after a 503 with an empty body, and the request arrives whole', async () => {
		answering((response) => response.writeHead(503).end(), roomAnswer);
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.equal(opening.ticket?.externalId, 'room-1');
		assert.equal(app.seen.length, 2);
		assert.equal(app.seen[0]?.body, app.seen[1]?.body);
	});

	it('in vain after a 503 with a body: nothing reaches the app', async () => {
		answering((response) => response.writeHead(503).end('{"error":"later"}'), roomAnswer);
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.match(opening.error ?? '', /ContentLength=\d+ with Body length 0/);
		assert.equal(app.seen.length, 1);
	});

	it('in vain after a timeout', async () => {
		answering(() => {});
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.equal(opening.answer, undefined);
		assert.match(opening.error ?? '', /Body length 0/);
		assert.equal(app.seen.length, 1);
	});

	it('not after a 500', async () => {
		answering((response) => response.writeHead(500).end());
		await rapidPro.openTicket(rapidPro.addContact());
		assert.equal(app.seen.length, 1);
	});

	it('a POST only where Retry-After asks for it within the planned pause', async () => {
		answering(roomAnswer);
		const ann = rapidPro.addContact();
		await rapidPro.openTicket(ann);
		app.seen.length = 0;

		answering((response) => response.writeHead(503).end());
		await rapidPro.contactWrites(ann, 'one');
		assert.equal(app.seen.length, 1);

		answering((response) => response.writeHead(503, { 'Retry-After': '30' }).end());
		await rapidPro.contactWrites(ann, 'two');
		assert.equal(app.seen.length, 2);

		const patient = await RapidPro.start({ patience: { backoffsMs: [2_500], jitter: 0 } });
		answering((response) => response.writeHead(204).end());
		await patient.connect(app.url);
		answering(roomAnswer);
		const ben = patient.addContact();
		await patient.openTicket(ben);
		app.seen.length = 0;
		answering(
			(response) => response.writeHead(429, { 'Retry-After': '1' }).end(),
			(response) => response.writeHead(201).end('{"id":"message-1"}'),
		);
		const answers = await patient.contactWrites(ben, 'three');
		assert.deepEqual(
			answers.map((answer) => answer?.status),
			[201],
		);
		assert.equal(app.seen.length, 2);
		await patient.stop();
	});
});

describe('mailroom forwards and closes', () => {
	it('forwards a message once for each open ticket and not for a blocked contact', async () => {
		answering(roomAnswer);
		const ann = rapidPro.addContact();
		await rapidPro.openTicket(ann);
		await rapidPro.openTicket(ann);
		app.seen.length = 0;

		await rapidPro.contactWrites(ann, 'Hello', [{ type: 'geo', url: '-1.95,30.06' }]);
		assert.deepEqual(
			app.seen.map(({ method, body }) => [method, JSON.parse(body)]),
			Array(2).fill([
				'POST',
				{ visitor: { token: String(ann.id) }, text: 'Hello', attachments: [{ type: 'geo', url: '-1.95,30.06' }] },
			]),
		);
		ann.status = 'blocked';
		assert.deepEqual(await rapidPro.contactWrites(ann, 'Hello?'), []);
	});

	it('closes all or none', async () => {
		answering(roomAnswer);
		const ann = rapidPro.addContact();
		await rapidPro.openTicket(ann);
		answering((response) => response.writeHead(404).end('{"error":"no room"}'));
		await assert.rejects(rapidPro.closeTicket(ann), /no room/);
		assert.equal(rapidPro.model.openTickets(ann).length, 1);

		answering((response) => response.writeHead(204).end());
		await rapidPro.closeTicket(ann);
		assert.deepEqual(rapidPro.model.openTickets(ann), []);
		assert.deepEqual(
			rapidPro.model.closedEvents.map(({ by }) => by),
			['RapidPro'],
		);
	});
});

describe('Django connects', () => {
	it('puts the callback URL as its form does', async () => {
		await rapidPro.connect(app.url);
		const [request] = app.seen;
		assert.equal(request?.method, 'PUT');
		assert.equal(request?.body, `{"webhook": {"url": "${rapidPro.callbackUrl}"}}`);
	});

	it('saves nothing where the answer is not exactly 204', async () => {
		rapidPro.disconnect();
		answering((response) => response.writeHead(200).end('{}'));
		await assert.rejects(rapidPro.connect(app.url), /200/);
		await assert.rejects(rapidPro.openTicket(rapidPro.addContact()), /not connected/);
	});

	it('cuts the address after the last UUID and refuses one without', async () => {
		await rapidPro.connect(`${app.url}/`);
		assert.ok(app.seen[0]?.path.endsWith('026c/settings'));
		await assert.rejects(rapidPro.connect('https://chat.example.org/'), /Invalid URL/);
	});
});
