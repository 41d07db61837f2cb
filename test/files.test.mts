/** Files that agents send: RapidPro fetches them from the app, and nobody else can. */

import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import { AGENT, Stage } from './support/stage.mts';

const MIB = 1024 * 1024;
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

/** What RapidPro is told of a message with these files. */
async function send(files: { name: string; type: string; bytes: Buffer; description?: string }[], text = '') {
	const ticket = await stage.openTicket();
	await stage.rocketChat.agentWrites(ticket.roomId, AGENT, { text, files });
	const event = await stage.webhook(ticket.ticketID);
	// RapidPro fetches the files before it answers.
	const answer = await until('the answer of RapidPro', () => event.answer);
	return { ...ticket, data: event.body.data ?? {}, answer };
}

function linkOf(data: { attachments?: { url: string }[] }): URL {
	const [attachment] = data.attachments ?? [];
	assert.ok(attachment, 'no attachment');
	return new URL(attachment.url);
}

describe('a file', () => {
	it('reaches the contact through protection, with its caption, type and ending', async () => {
		const { data, answer, roomId } = await send([{ name: 'photo.png', type: 'image/png', bytes: PNG }], 'look');
		assert.equal(data.text, 'look');
		assert.deepEqual(
			data.attachments?.map(({ type }: { type: string }) => type),
			['image/png'],
		);
		assert.match(linkOf(data).href, /&f=\/photo\.png$/);
		const message = stage.rocketChat.messages(roomId).find(({ file }) => file);
		assert.equal(message?.files?.length, 2, 'the thumbnail is a file of its own');
		assert.equal(linkOf(data).searchParams.get('id'), message?.file?._id);
		assert.equal(answer.status, 200);
		const response = await fetch(linkOf(data));
		assert.equal(response.headers.get('content-type'), 'image/png');
		assert.equal(response.headers.get('content-disposition'), 'attachment');
		assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG);
	});

	for (const name of ['a b#1?.png', `it's "quoted" & 100%.png`, 'noending', 'né.tar.gz', '../../etc/passwd.png']) {
		it(`may be called ${name}`, async () => {
			const { data, answer } = await send([{ name, type: 'image/png', bytes: PNG }]);
			assert.equal(answer.status, 200);
			assert.match(linkOf(data).href, /&f=\/[^/]*\.[a-z]+$/);
			assert.deepEqual(Buffer.from(await (await fetch(linkOf(data))).arrayBuffer()), PNG);
		});
	}

	for (const [type, served] of [
		['video/webm;codecs=vp8,opus', 'video/webm'],
		['TEXT/plain; charset=utf-8', 'text/plain'],
	] as const) {
		it(`of type ${type} is served as ${served}`, async () => {
			const { data } = await send([{ name: 'x', type, bytes: Buffer.from('hello') }]);
			// To a text's type the server adds a charset.
			assert.equal((await fetch(linkOf(data))).headers.get('content-type')?.split(';')[0], served);
		});
	}

	it('may be called like a thumbnail', async () => {
		const { data, roomId } = await send([{ name: 'thumb-a.png', type: 'image/png', bytes: PNG }]);
		const message = stage.rocketChat.messages(roomId).find(({ file }) => file);
		assert.equal(data.attachments?.length, 1);
		assert.equal(linkOf(data).searchParams.get('id'), message?.file?._id);
	});

	it('may be of any kind, and come with others', async () => {
		const pdf = { name: 'form.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4') };
		const voice = { name: 'voice.ogg', type: 'audio/ogg', bytes: Buffer.alloc(3 * MIB, 7) };
		const { data, answer } = await send([pdf, voice]);
		assert.deepEqual(
			data.attachments?.map(({ type }: { type: string }) => type),
			['application/pdf', 'audio/ogg'],
		);
		assert.equal(answer.status, 200);
	});

	it('may have its caption where older clients put it', async () => {
		const files = [{ name: 'photo.png', type: 'image/png', bytes: PNG, description: 'look at :this: :smile:' }];
		assert.equal((await send(files)).data.text, 'look at :this: 😄');
	});

	it('of the largest size arrives', async () => {
		const { answer } = await send([{ name: 'film.mp4', type: 'video/mp4', bytes: Buffer.alloc(10 * MIB) }]);
		assert.equal(answer.status, 200);
	});

	it('that is too large goes as words, and the agent is told', async () => {
		const { data, roomId } = await send([{ name: 'film.mp4', type: 'video/mp4', bytes: Buffer.alloc(10 * MIB + 1) }]);
		assert.equal(data.attachments, undefined);
		assert.match(data.text ?? '', /film\.mp4/);
		await stage.settled();
		const told = stage.rocketChat
			.messages(roomId)
			.filter(({ msg }) => msg.includes('film.mp4') && msg.includes('10 MiB'));
		assert.equal(told.length, 1);
	});

	it('that RapidPro cannot fetch goes as a link in the text', async () => {
		const ticket = await stage.openTicket();
		const refusal = { status: 400, body: { error: "error fetching ticket file 'x': y" } };
		stage.rapidPro.faults.answer(refusal, { ticketID: ticket.ticketID, times: 1 });
		const files = [{ name: 'photo.png', type: 'image/png', bytes: PNG }];
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, { text: 'look', files });
		const second = await stage.webhook(ticket.ticketID, 2);
		assert.equal(second.body.data?.attachments, undefined);
		const [, link] = second.body.data?.text?.match(/^look\nphoto\.png: (http\S+)$/) ?? [];
		assert.deepEqual(Buffer.from(await (await fetch(String(link))).arrayBuffer()), PNG);
	});
});

describe('a link', () => {
	it('is good for one file and a while only', async () => {
		const one = linkOf((await send([{ name: 'one.png', type: 'image/png', bytes: PNG }])).data);
		const other = linkOf((await send([{ name: 'other.png', type: 'image/png', bytes: PNG }])).data);
		const changes: [string, string][] = [
			['id', String(other.searchParams.get('id'))],
			['expires', String(Number(one.searchParams.get('expires')) + 1)],
			['expires', 'never'],
			['signature', '0'.repeat(64)],
			['signature', ''],
		];
		for (const [name, value] of changes) {
			const forged = new URL(one);
			forged.searchParams.set(name, value);
			const response = await fetch(forged);
			assert.equal(response.status, 404, forged.href);
			assert.deepEqual(Object.keys((await response.json()) as object), ['error']);
		}
		for (const name of ['id', 'expires', 'signature']) {
			const repeated = new URL(one);
			repeated.searchParams.append(name, 'x');
			assert.equal((await fetch(repeated)).status, 404, repeated.href);
		}
	});

	it('leads to the address that RapidPro sees, where that is another', async () => {
		await stage.rocketChat.setAppSetting(
			'public_address',
			`${stage.rocketChat.url.replace('127.0.0.1', 'localhost')}/`,
		);
		const { data } = await send([{ name: 'photo.png', type: 'image/png', bytes: PNG }]);
		assert.equal(linkOf(data).hostname, 'localhost');
		await stage.rocketChat.setAppSetting('public_address', '');
	});
});

describe('a server below a path', () => {
	it('is found there', async () => {
		const proxy = createServer((request, response) => {
			const inner = httpRequest(`${stage.rocketChat.url}${request.url?.replace(/^\/chat/, '')}`, (answer) => {
				response.writeHead(request.url?.startsWith('/chat/') ? (answer.statusCode ?? 500) : 404, answer.headers);
				answer.pipe(response);
			});
			inner.end();
		});
		await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
		const { port } = proxy.address() as AddressInfo;
		await changeSiteUrl(`http://127.0.0.1:${port}/chat/`);
		try {
			const { data, answer } = await send([{ name: 'photo.png', type: 'image/png', bytes: PNG }]);
			assert.ok(linkOf(data).href.startsWith(`http://127.0.0.1:${port}/chat/api/apps/public/`), linkOf(data).href);
			assert.equal(answer.status, 200);
		} finally {
			await changeSiteUrl(stage.rocketChat.url);
			proxy.closeAllConnections();
			proxy.close();
		}
	});

	/** The app remembers it for a while; a setting that is saved makes it look again. */
	async function changeSiteUrl(url: string): Promise<void> {
		stage.rocketChat.serverSettings.set('Site_Url', url);
		await stage.rocketChat.setAppSetting('public_address', ' ');
		await stage.rocketChat.setAppSetting('public_address', '');
	}
});

describe('a reply', () => {
	it('shows what it quotes, without the link to it', async () => {
		const { ticketID, roomId } = await stage.openTicket();
		const link = `${stage.rocketChat.url}/live/${roomId}?msg=x1`;
		await stage.rocketChat.agentWrites(roomId, AGENT, {
			text: `[ ](${link}) Two years`,
			attachments: [{ text: 'How old is she?', message_link: link, author_name: 'Ann' }],
		});
		assert.equal((await stage.webhook(ticketID)).body.data?.text, '> How old is she?\nTwo years');
	});
});
