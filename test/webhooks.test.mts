/**
 * What leaves Rocket.Chat for RapidPro, to the byte, and what never does
 * (docs/guarantees.md#only-the-tickets-own-room).
 */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { ReceivedEvent } from '../sandbox/rapidpro/index.mts';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { AGENT, Stage } from './support/stage.mts';

/** How long RapidPro takes where a test makes it slow. */
const SLOW_MS = 200;

/** Each of these webhooks came only after the one before it, handled slowly, was answered. */
function assertOneAtATime(events: ReceivedEvent[]): void {
	for (const [index, event] of events.slice(1).entries()) {
		const gapMs = event.receivedAt.getTime() - Number(events[index]?.receivedAt.getTime());
		assert.ok(gapMs >= SLOW_MS - 5, `only ${gapMs} ms apart`);
	}
}

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

describe('agent-message', () => {
	it('is posted with exactly these headers and this body', async () => {
		const { ticketID, token, roomId } = await stage.openTicket();
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Hello *you* :smile:');
		const event = await stage.webhook(ticketID);
		assert.equal(event.method, 'POST');
		assert.equal(stage.rapidPro.url + event.path, stage.rapidPro.callbackUrl);
		assert.equal(event.headers.authorization, `Token ${stage.rapidPro.secret}`);
		assert.equal(event.headers['content-type'], 'application/json');
		assert.deepEqual(JSON.parse(event.rawBody), {
			type: 'agent-message',
			ticketID,
			visitor: { token },
			data: { text: 'Hello *you* 😄' },
		});
		assert.deepEqual(event.answer?.status, 200);
	});

	for (const text of [
		'مرحبا 👋🏽',
		'"quoted" \\ back\\slash',
		'two\nlines\tand a tab',
		'<b>&amp;</b>',
		'y'.repeat(5_000),
	]) {
		it(`carries the text as it was typed: ${JSON.stringify(text.slice(0, 24))}`, async () => {
			const { ticketID, roomId } = await stage.openTicket();
			await stage.rocketChat.agentWrites(roomId, AGENT, text);
			assert.equal((await stage.webhook(ticketID)).body.data?.text, text);
		});
	}

	const quoted = { message_link: 'https://chat.example.org/live/r?msg=1', text: '' };
	const pdf = { title: 'plan.pdf', title_link: '/file-upload/elsewhere1/plan.pdf', type: 'file' };
	for (const [title, message, expected] of [
		['a forwarded file of another room, by name', { attachments: [{ ...quoted, attachments: [pdf] }] }, 'plan.pdf'],
		['a picture by address', { text: 'See', attachments: [{ image_url: 'https://media.example.org/a.png' }] }, 'a.png'],
		['a card', { attachments: [{ title: 'Visit', text: 'at 9', fields: [{ title: 'Ward', value: '7' }] }] }, 'Ward: 7'],
	] as const) {
		it(`carries ${title}`, async () => {
			const { ticketID, roomId } = await stage.openTicket();
			await stage.rocketChat.agentWrites(roomId, AGENT, structuredClone(message) as never);
			assert.ok((await stage.webhook(ticketID)).body.data?.text?.includes(expected));
		});
	}

	it('waits until RapidPro has answered the one before it', async () => {
		const { ticketID, roomId } = await stage.openTicket();
		const texts = ['one', 'two', 'three'];
		stage.rapidPro.faults.delay(SLOW_MS, { ticketID, times: texts.length });
		for (const [index, text] of texts.entries()) {
			await stage.rocketChat.agentWrites(roomId, AGENT, text);
			await stage.webhook(ticketID, index + 1);
		}
		const events = stage.rapidPro.receivedFor(ticketID);
		assert.deepEqual(
			events.map(({ body }) => body.data?.text),
			texts,
		);
		assertOneAtATime(events);
	});

	it('is made of what a manager, a bot or another app writes in the room as well', async () => {
		const { ticketID, roomId } = await stage.openTicket();
		await stage.rocketChat.addAgent({ username: 'manuel', name: 'Manuel Manager', online: false });
		const writers: [text: string, write: (text: string) => Promise<unknown>][] = [
			['of a manager', (text) => stage.rocketChat.agentWrites(roomId, 'manuel', text)],
			['of a bot', (text) => stage.rocketChat.botWrites(roomId, text)],
			['of another app', (text) => stage.rocketChat.otherAppWrites(roomId, text)],
		];
		for (const [index, [text, write]] of writers.entries()) {
			await write(text);
			assert.equal((await stage.webhook(ticketID, index + 1)).body.data?.text, text);
		}
	});

	it('reaches the contact in RapidPro', async () => {
		const contact = stage.rapidPro.addContact({ urns: ['tel:+250788000001'] });
		const { ticketID, roomId } = await stage.openTicket(contact);
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Drink water');
		await stage.webhook(ticketID);
		const sent = stage.rapidPro.model.messages.filter((message) => message.contact === contact);
		assert.deepEqual(
			sent.map(({ text, status }) => [text, status]),
			[['Drink water', 'queued']],
		);
	});
});

describe('close-room', () => {
	it('is posted with exactly these headers and this body', async () => {
		const { ticketID, token, roomId } = await stage.openTicket();
		await stage.rocketChat.closeRoom(roomId, { by: AGENT, comment: 'Solved' });
		const event = await stage.webhook(ticketID);
		assert.equal(event.method, 'POST');
		assert.equal(stage.rapidPro.url + event.path, stage.rapidPro.callbackUrl);
		assert.equal(event.headers.authorization, `Token ${stage.rapidPro.secret}`);
		assert.equal(event.headers['content-type'], 'application/json');
		assert.deepEqual(JSON.parse(event.rawBody), { type: 'close-room', ticketID, visitor: { token } });
		assert.equal(stage.rapidPro.model.ticket(ticketID)?.status, 'closed');
	});

	it('comes once, and waits until RapidPro has answered the message before it', async () => {
		const { ticketID, roomId } = await stage.openTicket();
		stage.rapidPro.faults.delay(SLOW_MS, { ticketID });
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Good bye');
		await stage.webhook(ticketID);
		await stage.rocketChat.closeRoom(roomId, { by: AGENT, comment: 'Solved' });
		await stage.webhook(ticketID, 2);
		await stage.rocketChat.settled();
		const events = stage.rapidPro.receivedFor(ticketID);
		assert.deepEqual(
			events.map(({ body }) => body.type),
			['agent-message', 'close-room'],
		);
		assertOneAtATime(events);
	});

	it('is not made by RapidPro closing the ticket', async () => {
		const { contact } = await stage.openTicket();
		await stage.assertNothingLeaves(() => stage.rapidPro.closeTicket(contact));
		assert.equal(stage.rapidPro.model.closedEvents.filter(({ ticket }) => ticket.contact === contact).length, 1);
	});
});

describe('the address and the secret', () => {
	afterEach(async () => {
		stage.rapidPro.secret = stage.app.secret;
		await stage.rocketChat.setAppSetting('app_secret', stage.app.secret);
		await stage.rapidPro.connect(stage.rocketChat.appUrl);
	});

	it('are those that hold when the webhook is sent', async () => {
		const { ticketID, roomId } = await stage.openTicket();
		await stage.rocketChat.agentWrites(roomId, AGENT, 'to the old address');
		await stage.webhook(ticketID);

		const url = `${stage.rapidPro.url}/another/address?of=RapidPro`;
		await stage.app.call('PUT', 'settings', { webhook: { url } });
		await stage.rocketChat.setAppSetting('app_secret', 'another secret');
		await stage.rocketChat.agentWrites(roomId, AGENT, 'to the new address');
		const event = await stage.webhook(ticketID, 2);
		assert.equal(event.path, '/another/address?of=RapidPro');
		assert.equal(event.headers.authorization, 'Token another secret');
	});
});

describe('nothing leaves', () => {
	it('of what the contact or a system message says', async () => {
		const { contact, roomId } = await stage.openTicket();
		await stage.assertNothingLeaves(async () => {
			await stage.rapidPro.contactWrites(contact, 'from the contact');
			for (const type of ['livechat_transfer_history', 'livechat-started', 'command', 'uj', 'rm']) {
				await stage.rocketChat.systemMessage(roomId, type, 'from the system');
			}
		});
	});

	it('of a website visitor’s room', async () => {
		const visitor = await stage.rocketChat.widgetVisitor({ name: 'Wanda' });
		await stage.assertNothingLeaves(async () => {
			await stage.rocketChat.visitorWrites(visitor.roomId, 'from the widget');
			await stage.rocketChat.agentWrites(visitor.roomId, AGENT, 'to the widget');
			await stage.rocketChat.otherAppWrites(visitor.roomId, 'from another app');
			await stage.rocketChat.closeRoom(visitor.roomId, { by: AGENT, comment: 'Done' });
		});
	});

	it('of a channel', async () => {
		const channel = await stage.rocketChat.addChannel('nurses');
		await stage.assertNothingLeaves(() => stage.rocketChat.agentWrites(channel, AGENT, 'to the colleagues'));
	});

	it('of another room of the same visitor, before and after the ticket', async () => {
		const { contact, roomId } = await stage.openTicket();
		const token = stage.rocketChat.room(roomId)?.v?.token;
		assert.ok(token);
		if (generation.oneOpenRoom) {
			await stage.rapidPro.closeTicket(contact);
			await stage.settled();
		}
		const other = await stage.rocketChat.widgetVisitor({ name: 'Ann', token });
		assert.notEqual(other.roomId, roomId);
		await stage.assertNothingLeaves(async () => {
			await stage.rocketChat.agentWrites(other.roomId, AGENT, 'to the widget');
			await stage.rapidPro.closeTicket(contact);
			await stage.rocketChat.agentWrites(other.roomId, AGENT, 'to the widget still');
			await stage.rocketChat.closeRoom(other.roomId, { by: AGENT, comment: 'Done' });
		});
	});
});

describe('while RapidPro is slow', () => {
	it('its requests are answered without waiting for a webhook', async () => {
		const { contact, ticketID, roomId } = await stage.openTicket();
		stage.rapidPro.faults.delay(2_000, { ticketID });
		await stage.rocketChat.agentWrites(roomId, AGENT, 'One moment');
		await stage.webhook(ticketID);
		const startedAt = Date.now();
		const [answer] = await stage.rapidPro.contactWrites(contact, 'Hello?');
		await stage.rapidPro.closeTicket(contact);
		assert.equal(answer?.status, 201);
		assert.ok(Date.now() - startedAt < 1_000, `${Date.now() - startedAt} ms`);
	});
});
