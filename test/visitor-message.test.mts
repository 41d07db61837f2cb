/** `visitor-message`: what a contact writes appears in the room, written by the visitor. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertId, assertRefusal, naming } from './support/expect.mts';
import { AGENT, type OpenTicket, Stage } from './support/stage.mts';

let stage: Stage;
let ticket: OpenTicket;
before(async () => {
	stage = await Stage.open();
	ticket = await stage.openTicket();
});
after(() => stage?.close());

/** Sends a message and gives it as Rocket.Chat holds it. */
async function post(content: Record<string, unknown>, { token, roomId }: OpenTicket = ticket) {
	const id = assertId(await stage.app.call('POST', 'visitor-message', { visitor: { token }, ...content }), 201);
	const message = stage.rocketChat.messages(roomId).find(({ _id }) => _id === id);
	assert.ok(message, 'the id is that of a message in the room');
	return message;
}

const photo = { type: 'image/jpeg', url: 'https://media.example.org/photo.jpg' };

describe('visitor-message', () => {
	it('puts the text into the room, written by the visitor, and makes no webhook', async () => {
		await stage.assertNothingLeaves(async () => {
			const message = await post({ text: 'Hello *there* :smile:\nsecond line' });
			assert.equal(message.msg, 'Hello *there* :smile:\nsecond line');
			const room = stage.rocketChat.room(ticket.roomId);
			assert.equal(message.token, room?.v?.token);
			assert.equal(message.u._id, room?.v?._id);
			assert.equal(message.t, undefined);
		});
	});

	for (const text of ['ok', ' leading and trailing ', 'مرحبا 👋🏽 ﷽', '<b>no html</b>', '0', 'x'.repeat(90_000)]) {
		it(`keeps the text as it is: ${text.slice(0, 24)}`, async () => {
			assert.equal((await post({ text })).msg, text);
		});
	}

	it('keeps the order in which the messages came', async () => {
		const own = await stage.openTicket();
		const texts = Array.from({ length: 12 }, (_, index) => `message ${index}`);
		for (const text of texts) await post({ text }, own);
		const messages = stage.rocketChat.messages(own.roomId);
		const written = messages.filter(({ token, t }) => token !== undefined && t === undefined);
		assert.deepEqual(
			written.map(({ msg }) => msg),
			texts,
		);
	});

	it('takes what a contact says twice as two messages', async () => {
		const first = await post({ text: 'ok' });
		const second = await post({ text: 'ok' });
		assert.notEqual(first._id, second._id);
	});

	for (const [title, attachments, expected] of [
		['a picture', [photo], [photo.url]],
		['several files', [photo, { type: 'video/mp4', url: 'https://media.example.org/a.mp4' }], [photo.url, 'a.mp4']],
		['a type that is only a class', [{ type: 'audio', url: 'https://media.example.org/a.ogg' }], ['a.ogg']],
		['an empty type', [{ type: '', url: 'https://media.example.org/a.bin' }], ['a.bin']],
		['a place', [{ type: 'geo', url: '-1.95,30.06' }], ['-1.95']],
		['media that could not be had', [{ type: 'unavailable', url: 'https://media.example.org/x' }], ['example.org/x']],
	] as const) {
		it(`takes ${title}, with and without text`, async () => {
			for (const text of ['See', undefined]) {
				const message = await post({ text, attachments });
				const content = JSON.stringify([message.msg, message.attachments]);
				for (const part of expected) assert.ok(content.includes(part), content);
				if (text !== undefined) assert.ok(message.msg.includes(text));
			}
		});
	}

	it('takes an empty list of attachments beside a text, and an empty text beside attachments', async () => {
		await post({ text: 'Hello', attachments: [] });
		await post({ text: 'Hello', attachments: null });
		await post({ text: '', attachments: [photo] });
		await post({ text: null, attachments: [photo] });
	});

	for (const content of [{}, { text: '' }, { text: ' \n', attachments: [] }, { text: null, attachments: null }]) {
		it(`shows that something came which cannot be shown: ${JSON.stringify(content)}`, async () => {
			assert.match((await post(content)).msg, /cannot be shown/);
		});
	}

	it('ignores unknown fields', async () => {
		await post({ text: 'Hello', id: 5, ticketID: 'none', metadata: {} });
	});
});

describe('visitor-message refuses', () => {
	const withText = (visitor: unknown) => ({ visitor, text: 'Hello' });
	const withFiles = (attachments: unknown) => ({ visitor: { token: 'x' }, text: 'Hello', attachments });

	for (const [field, body] of [
		['visitor', { text: 'Hello' }],
		['visitor', withText(null)],
		['visitor', withText('10000')],
		['visitor', withText([])],
		['visitor.token', withText({})],
		['visitor.token', withText({ token: null })],
		['visitor.token', withText({ token: '' })],
		['visitor.token', withText({ token: 10000 })],
		['text', { visitor: { token: 'x' }, text: 5 }],
		['text', { visitor: { token: 'x' }, text: {} }],
		['text', { visitor: { token: 'x' }, text: ['Hello'] }],
		['text', { visitor: { token: 'x' }, text: false }],
		['attachments', withFiles('photo.jpg')],
		['attachments', withFiles({})],
		['attachments', withFiles(5)],
		['attachments[0]', withFiles(['photo.jpg'])],
		['attachments[0]', withFiles([null])],
		['attachments[1]', withFiles([photo, 7])],
		['attachments[0].type', withFiles([{ url: photo.url }])],
		['attachments[0].type', withFiles([{ type: 5, url: photo.url }])],
		['attachments[0].url', withFiles([{ type: photo.type }])],
		['attachments[0].url', withFiles([{ type: photo.type, url: 5 }])],
		['attachments[0].url', withFiles([{ type: photo.type, url: '' }])],
		['attachments[1].url', withFiles([photo, { type: photo.type, url: {} }])],
	] as const) {
		it(`${JSON.stringify(body)} with 400 and names ${field}`, async () => {
			assertRefusal(await stage.app.call('POST', 'visitor-message', body), 400, naming(field));
		});
	}

	it('a contact who never had a ticket: 404', async () => {
		assertRefusal(await stage.app.call('POST', 'visitor-message', withText({ token: 'never seen' })), 404);
	});

	it('a contact whose ticket RapidPro has closed: 404, and no new room appears', async () => {
		const { contact, token } = await stage.openTicket();
		await stage.rapidPro.closeTicket(contact);
		const rooms = stage.rocketChat.rooms().length;
		assertRefusal(await stage.app.call('POST', 'visitor-message', withText({ token })), 404);
		assert.equal(stage.rocketChat.rooms().length, rooms);
	});

	it('a contact whose room an agent has closed: 404 or 409, and no new room appears', async () => {
		const { ticketID, token, roomId } = await stage.openTicket();
		stage.rapidPro.faults.delay(300, { ticketID });
		await stage.rocketChat.closeRoom(roomId, { by: AGENT, comment: 'Done' });
		const rooms = stage.rocketChat.rooms().length;
		const reply = await stage.app.call('POST', 'visitor-message', withText({ token }));
		assertRefusal(reply, reply.status === 409 ? 409 : 404);
		await stage.webhook(ticketID);
		await stage.rocketChat.settled();
		assertRefusal(await stage.app.call('POST', 'visitor-message', withText({ token })), 404);
		assert.equal(stage.rocketChat.rooms().length, rooms);
	});
});
