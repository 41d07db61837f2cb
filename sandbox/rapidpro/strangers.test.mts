import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import nodeFetch from 'node-fetch';
import { FakeApp } from './fake-app.mts';
import { BUSY_DATABASE } from './faults.mts';
import { RapidPro, type Ticket } from './index.mts';
import { Redirector, STRANGERS } from './strangers.mts';

/** What is not mailroom's own answer, and what changes under a RapidPro. */
describe('between Rocket.Chat and RapidPro', () => {
	let app: FakeApp;
	let rapidPro: RapidPro;
	let ticket: Ticket;
	before(async () => {
		app = await FakeApp.start();
		rapidPro = await RapidPro.start();
		await rapidPro.connect(app.url);
		app.reply = (_request, response) => response.writeHead(200).end('{"id":"room-1"}');
		const opening = await rapidPro.openTicket(rapidPro.addContact());
		assert.ok(opening.ticket);
		ticket = opening.ticket;
	});
	after(async () => {
		await rapidPro.stop();
		await app.stop();
	});
	afterEach(() => rapidPro.faults.clear());

	/** As Rocket.Chat's client sends it. */
	const post = (url: string) =>
		nodeFetch(url, {
			method: 'POST',
			headers: { Authorization: `Token ${rapidPro.secret}`, 'Content-Type': 'application/json' },
			body: JSON.stringify({ type: 'agent-message', ticketID: ticket.uuid, data: { text: 'Hello' } }),
		});
	const callbackBehind = (front: Redirector) => rapidPro.callbackUrl.replace(rapidPro.url, front.url);

	it('somebody else may answer, and nothing is handled', async () => {
		for (const [who, answer] of Object.entries(STRANGERS)) {
			rapidPro.faults.answer(answer);
			const response = await post(rapidPro.callbackUrl);
			assert.deepEqual([response.status, await response.text()], [answer.status, answer.body], who);
		}
		assert.equal(rapidPro.model.messages.length, 0);
	});

	for (const [status, method] of [
		[301, 'GET'],
		[302, 'GET'],
		[307, 'POST'],
		[308, 'POST'],
	] as const) {
		it(`a redirect with ${status} is followed by ${method}, elsewhere without the secret`, async () => {
			const front = await Redirector.start(status, rapidPro.url.replace('127.0.0.1', 'localhost'));
			await post(callbackBehind(front));
			const event = rapidPro.received.at(-1);
			assert.deepEqual([event?.method, event?.headers.authorization], [method, undefined]);
			assert.deepEqual(front.asked, ['POST']);
			await front.stop();
		});
	}

	it('a database without connections is told by a 400', async () => {
		for (const doing of BUSY_DATABASE) {
			rapidPro.faults.breakDown(doing);
			const response = await post(rapidPro.callbackUrl);
			const body = { error: `${doing}: pq: sorry, too many clients already` };
			assert.deepEqual([response.status, await response.json()], [400, body]);
		}
		assert.equal(rapidPro.model.messages.length, 0);
	});

	it('media may be a page that asks to log in, or nothing', async () => {
		const url = rapidPro.media.store('rash.jpg', 'image/jpeg', Buffer.from('ffd8ff', 'hex'));
		rapidPro.media.answerInstead({ contentType: 'text/html', bytes: Buffer.from('<html>Log in</html>') });
		const page = await fetch(url);
		assert.deepEqual(
			[page.status, page.headers.get('content-type'), await page.text()],
			[200, 'text/html', '<html>Log in</html>'],
		);
		rapidPro.media.answerInstead({ contentType: 'image/jpeg', bytes: Buffer.alloc(0) });
		assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 0);
		rapidPro.media.answerInstead();
		assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 3);
	});

	it('a RapidPro that is installed anew numbers its contacts from the beginning', () => {
		const [ann] = rapidPro.model.contacts;
		rapidPro.model.startAnew();
		const bob = rapidPro.addContact({ name: 'Bob' });
		assert.equal(bob.id, ann?.id);
		assert.notEqual(bob.uuid, ann?.uuid);
		assert.equal(rapidPro.model.tickets.length, 0);
	});
});
