/** Files keep their kind and name, and a copy is what it claims to be: docs/reference/rocketchat.md. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import { FAST, PATIENCE_MS } from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';
import { shownIn } from '../support/field.mts';
import { MediaHost } from '../support/media-host.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

const PNG = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');
const OGG = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(40)]);

let stage: Stage;
let host: MediaHost;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
	host = await MediaHost.start();
	await stage.rocketChat.setAppSetting('media_hosts', host.name);
	await stage.rocketChat.setAppSetting('copy_media', true);
});
after(async () => {
	await stage?.close();
	await host?.stop();
});

const send = ({ token }: OpenTicket, attachments: { type: string; url: string }[], text = '') =>
	stage.app.call('POST', 'visitor-message', { visitor: { token }, text, attachments });

/** How a contact's attachment is shown. */
async function shown(attachment: { type: string; url: string }): Promise<string> {
	const ticket = await stage.openTicket();
	assertId(await send(ticket, [attachment]), 201);
	await until('the attachment', () => shownIn(stage, ticket).length > 0, PATIENCE_MS);
	await stage.settled();
	const lines = shownIn(stage, ticket);
	assert.equal(lines.length, 1, JSON.stringify(lines));
	return String(lines[0]);
}

describe('a copy of a contact’s file whose address has no ending', () => {
	for (const [type, ending, bytes] of [
		['audio/ogg; codecs=opus', 'ogg', OGG],
		['audio/mpeg', 'mp3', Buffer.from('ID3\x04\0\0\0\0\0\0')],
		['video/quicktime', 'mov', Buffer.from('\0\0\0\x14ftypqt  \0\0\0\0qt  ', 'latin1')],
		['text/plain', 'txt', Buffer.from('words')],
		['text/plain;charset=UTF-8', 'txt', Buffer.from('words')],
		['text/vcard', 'vcf', Buffer.from('BEGIN:VCARD\r\nEND:VCARD\r\n')],
		['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx', Buffer.from('PK\x03\x04')],
		['IMAGE/JPEG', 'jpg', JPEG],
		['audio/mp4', 'm4a', Buffer.from('\0\0\0\x18ftypM4A \0\0\0\0M4A ', 'latin1')],
	] as const) {
		it(`ends in .${ending}: ${type}`, async () => {
			const path = `/no-ending/${type.replaceAll(/\W/g, '')}`;
			const line = await shown({ type, url: host.offer(path, { type, bytes: Buffer.from(bytes) }) });
			assert.match(line, new RegExp(`\\.${ending}</file-upload/`));
		});
	}
});

describe('an agent’s file', () => {
	for (const [type, served] of [
		['video/webm;codecs=vp8,opus', 'video/webm'],
		['text/plain; charset=utf-8', 'text/plain'],
		['Audio/OGG; codecs=opus', 'audio/ogg'],
		['application/pdf; name="a.pdf"', 'application/pdf'],
	] as const) {
		it(`of type ${type} is served as ${served}`, async () => {
			const { roomId, ticketID } = await stage.openTicket();
			const files = [{ name: 'file', type, bytes: Buffer.from('bytes') }];
			await stage.rocketChat.agentWrites(roomId, AGENT, { files });
			const [attachment] = (await stage.webhook(ticketID)).body.data?.attachments ?? [];
			assert.ok(attachment);
			const answer = await fetch(attachment.url);
			assert.equal(answer.headers.get('content-type')?.split(';')[0], served);
			assert.equal(attachment.type.split(';')[0]?.toLowerCase(), served);
		});
	}

	for (const name of ['rash.png', 'thumb-nail.png', 'thumb-.jpg']) {
		it(`that is a picture, ${name}, goes once, as its original`, async () => {
			const { roomId, ticketID } = await stage.openTicket();
			const bytes = name.endsWith('png') ? PNG : JPEG;
			const type = name.endsWith('png') ? 'image/png' : 'image/jpeg';
			const id = await stage.rocketChat.agentWrites(roomId, AGENT, { files: [{ name, type, bytes }] });
			const { body } = await stage.webhook(ticketID);
			const original = stage.rocketChat.messages(roomId).find(({ _id }) => _id === id)?.file?._id;
			const ids = body.data?.attachments?.map(({ url }) => new URL(url).searchParams.get('id'));
			assert.deepEqual(ids, [original]);
		});
	}

	it('that is no picture and is named as a thumbnail goes, among others', async () => {
		const { roomId, ticketID } = await stage.openTicket();
		const files = [
			{ name: 'a.png', type: 'image/png', bytes: PNG },
			{ name: 'thumb-print.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.4') },
		];
		await stage.rocketChat.agentWrites(roomId, AGENT, { files });
		const attachments = (await stage.webhook(ticketID)).body.data?.attachments ?? [];
		assert.deepEqual(
			attachments.map(({ type }) => type),
			['image/png', 'application/pdf'],
		);
	});
});

describe('an address with blanks and letters of any script', () => {
	for (const [title, name, path] of [
		['blanks and accents', 'Relatório médico (1).pdf', '/m/Relatório médico (1).pdf'],
		['blanks encoded, accents not', 'Relatório médico (2).pdf', '/m/Relatório%20médico%20(2).pdf'],
		['percent-encoded Arabic', 'تقرير.pdf', `/m/${encodeURIComponent('تقرير')}.pdf`],
		['percent-encoded Hindi', 'रिपोर्ट.pdf', `/m/${encodeURIComponent('रिपोर्ट')}.pdf`],
		['a percent sign that encodes nothing', '100%.pdf', '/m/100%.pdf'],
	] as const) {
		it(`is one working link with a readable name: ${title}`, async () => {
			const line = await shown({ type: 'application/pdf', url: `https://elsewhere.example.org${path}` });
			const [, shownName, link] = /^(.*)<(.*)>$/s.exec(line) ?? [];
			assert.equal(shownName, name);
			assert.match(String(link), /^https:\/\/elsewhere\.example\.org\/m\/[\x21-\x7e]+$/);
			assert.doesNotMatch(String(link), /%25(?!\.pdf)/);
		});

		it(`is copied: ${title}`, async () => {
			// What a client asks for is the encoded path.
			const asked = new URL(`http://${host.name}${path}`).pathname.replace('100%.', '100%25.');
			const bytes = Buffer.from('%PDF-1.4\n%%EOF');
			for (const offered of new Set([asked, asked.replace('100%25.', '100%.')])) {
				host.offer(offered, { type: 'application/pdf', bytes });
			}
			const line = await shown({ type: 'application/pdf', url: `http://${host.name}${path}` });
			assert.ok(line.startsWith(`${name}</file-upload/`), line);
		});
	}
});

describe('a host that answers 200 with something else', () => {
	const page = Buffer.from('<!DOCTYPE html><html><title>Log in</title></html>');
	for (const [title, claimed, answer] of [
		['a log-in page for a picture', 'image/jpeg', { type: 'text/html; charset=utf-8', bytes: page }],
		['a page that says to be a picture', 'image/jpeg', { type: 'image/jpeg', bytes: page }],
		['nothing for a picture', 'image/jpeg', { type: 'image/jpeg', bytes: Buffer.alloc(0) }],
		['nothing for a sound', 'audio/ogg', { type: 'audio/ogg', bytes: Buffer.alloc(0) }],
		['JSON for a document', 'application/pdf', { type: 'application/json', bytes: Buffer.from('{"error":"expired"}') }],
	] as const) {
		it(`leaves the link: ${title}`, async () => {
			const ending = claimed.split('/')[1];
			const url = host.offer(`/lies/${title.replaceAll(' ', '-')}.${ending}`, answer);
			assert.ok((await shown({ type: claimed, url })).endsWith(`<${url}>`));
		});
	}
});
