/** What contacts send besides text: as links, and as copies in Rocket.Chat where the administrator wants them. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import { assertId } from './support/expect.mts';
import { MediaHost } from './support/media-host.mts';
import { type OpenTicket, Stage } from './support/stage.mts';

const MIB = 1024 * 1024;
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

let stage: Stage;
let host: MediaHost;
before(async () => {
	stage = await Stage.open();
	host = await MediaHost.start();
});
after(async () => {
	await stage?.close();
	await host?.stop();
});

interface Media {
	type: string;
	url: string;
}

function send({ token }: OpenTicket, text: string, attachments: Media[] = []) {
	return stage.app.call('POST', 'visitor-message', { visitor: { token }, text, attachments });
}

/** What the contact has written, as the room shows it: texts, files and links. */
function shown({ roomId }: OpenTicket): string[] {
	const written = stage.rocketChat.messages(roomId).filter(({ token, t }) => token !== undefined && t === undefined);
	return written.map(({ msg, attachments = [] }) =>
		[msg, ...attachments.map(({ title, title_link: link }) => `${title}<${link}>`)].filter(Boolean).join(' '),
	);
}

async function untilShown(ticket: OpenTicket, patterns: (string | RegExp)[], timeoutMs = 15_000): Promise<void> {
	await until(`${patterns.length} messages`, () => shown(ticket).length >= patterns.length, timeoutMs).catch(() => {});
	await stage.settled();
	const lines = shown(ticket);
	assert.equal(lines.length, patterns.length, JSON.stringify(lines));
	for (const [index, pattern] of patterns.entries()) {
		if (typeof pattern === 'string') assert.equal(lines[index], pattern);
		else assert.match(String(lines[index]), pattern);
	}
}

describe('a contact’s media, all in one message', () => {
	it('arrive in order, with the text: natively where Rocket.Chat can, else as titled links', async () => {
		const ticket = await stage.openTicket();
		const at = 'https://media.example.org';
		const attachments = [
			{ type: 'image/jpeg', url: `${at}/photo.jpg?size=full` },
			{ type: 'image', url: `${at}/bare.png` },
			{ type: 'audio/ogg; codecs=opus', url: `${at}/voice.ogg` },
			{ type: 'video/mp4', url: `${at}/film.mp4` },
			{ type: 'application/pdf', url: `${at}/form.pdf` },
			{ type: 'application', url: `${at}/archive.zip` },
			{ type: 'text/vcard', url: `${at}/` },
			{ type: 'geo', url: '-1.95,30.06' },
			{ type: 'unavailable', url: `${at}/lost.jpg` },
			{ type: '', url: `${at}/nothing.bin` },
			{ type: 'x-unheard/of', url: `${at}/thing` },
			{ type: 'image/png', url: 'no address' },
		];
		assertId(await send(ticket, 'See', attachments), 201);
		const [message] = stage.rocketChat.messages(ticket.roomId).filter(({ msg }) => msg.startsWith('See'));
		assert.equal(message?.msg, 'See\nno address');
		const summary = message?.attachments?.map((attachment) => [
			attachment.title,
			['image_url', 'audio_url', 'video_url'].filter((name) => attachment[name as 'image_url']).join(),
		]);
		assert.deepEqual(summary, [
			['photo.jpg', 'image_url'],
			['bare.png', 'image_url'],
			['voice.ogg', 'audio_url'],
			['film.mp4', 'video_url'],
			['form.pdf', ''],
			['archive.zip', ''],
			['text/vcard', ''],
			['Location: -1.95,30.06', ''],
			['File that RapidPro could not fetch', ''],
			['nothing.bin', ''],
			['thing', ''],
		]);
		const links = message?.attachments?.map(({ title_link }) => title_link);
		assert.equal(links?.[7], 'https://www.openstreetmap.org/?mlat=-1.95&mlon=30.06');
		assert.deepEqual(
			[...(links?.slice(0, 7) ?? []), ...(links?.slice(8) ?? [])],
			[...attachments.slice(0, 7).map(({ url }) => url), ...attachments.slice(8, 11).map(({ url }) => url)],
		);
	});

	it('have working links and readable names', async () => {
		const ticket = await stage.openTicket();
		await send(ticket, '', [
			{ type: 'application/pdf', url: 'HTTPS://Media.example.org/Relatório médico (1).pdf' },
			{ type: 'IMAGE/JPEG; q=1', url: 'https://media.example.org/%D8%AA%D9%82.jpg' },
		]);
		const report = 'https://media.example.org/Relat%C3%B3rio%20m%C3%A9dico%20(1).pdf';
		await untilShown(ticket, [
			`Relatório médico (1).pdf<${report}> تق.jpg<https://media.example.org/%D8%AA%D9%82.jpg>`,
		]);
	});

	it('are not posted again where nobody said that they were', async () => {
		const ticket = await stage.openTicket();
		const url = 'https://media.example.org/unknown.png';
		stage.rocketChat.faults.hang('livechat.createMessage', 1, { afterwards: true });
		assertId(await send(ticket, '', [{ type: 'image/png', url }]), 201);
		assertId(await send(ticket, 'next'), 201);
		await untilShown(ticket, [`unknown.png<${url}>`, 'next'], 60_000);
	});

	it('are not fetched unless that is wanted', async () => {
		await stage.rocketChat.setAppSetting('media_hosts', host.name);
		const ticket = await stage.openTicket();
		const url = host.offer('/unwanted.png', { bytes: PNG });
		await send(ticket, '', [{ type: 'image/png', url }]);
		await untilShown(ticket, [`unwanted.png<${url}>`]);
		assert.deepEqual(host.asked, []);
	});
});

describe('copies of contacts’ media', () => {
	before(async () => {
		await stage.rocketChat.setAppSetting('media_hosts', `cdn.example.org\n${host.name}`);
		await stage.rocketChat.setAppSetting('copy_media', true);
	});
	afterEach(() => {
		stage.rocketChat.faults.clear();
		stage.rocketChat.serverSettings.set('FileUpload_Enabled', true);
	});

	const picture = (path: string, answer: Partial<Parameters<MediaHost['offer']>[1]> = {}) => ({
		type: 'image/png',
		url: host.offer(path, { bytes: PNG, type: 'image/png', ...answer }),
	});

	it('are files of the visitor in the room, in order, with the text, before what comes later', async () => {
		const ticket = await stage.openTicket();
		const media = [
			picture('/one.png'),
			{ type: 'application/pdf', url: 'https://elsewhere.example.org/two.pdf' },
			picture('/three.png'),
			{ type: 'geo', url: '1,2' },
		];
		assertId(await send(ticket, 'See', media), 201);
		assertId(await send(ticket, 'Did you see?'), 201);
		await untilShown(ticket, [
			'See',
			/^one\.png<\/file-upload\/\w+\/one\.png>$/,
			/^two\.pdf<https:\/\/elsewhere/,
			/^three\.png<\/file-upload\//,
			/^Location: 1,2</,
			'Did you see?',
		]);
		const room = stage.rocketChat.room(ticket.roomId);
		const [file] = stage.rocketChat.messages(ticket.roomId).filter(({ attachments }) => attachments?.length);
		assert.equal(file?.token, room?.v?.token);
		assert.equal(file?.file?.type, 'image/png');
		assert.equal(file?.file?.size, PNG.length);
	});

	it('make no webhook', () =>
		stage.assertNothingLeaves(async () => {
			const ticket = await stage.openTicket();
			await send(ticket, '', [picture('/silent.png')]);
			await untilShown(ticket, [/^silent\.png<\/file-upload/]);
		}));

	it('do not keep RapidPro waiting, nor what the contact writes meanwhile', async () => {
		const ticket = await stage.openTicket();
		const began = performance.now();
		assertId(await send(ticket, '', [picture('/slow.png', { delayMs: 3000 })]), 201);
		assertId(await send(ticket, 'Are you there?'), 201);
		assert.ok(performance.now() - began < 2000);
		await untilShown(ticket, [/^slow\.png<\/file-upload/, 'Are you there?']);
	});

	it('are made once, though RapidPro forwards the message once for each of two tickets', async () => {
		const ticket = await stage.openTicket();
		await stage.openTicket(ticket.contact);
		const media = [picture('/twice.png')];
		const [first, second] = [await send(ticket, 'Look', media), await send(ticket, 'Look', media)];
		assert.equal(assertId(first, 201), assertId(second, 201));
		await untilShown(ticket, ['Look', /^twice\.png</]);
	});

	for (const [title, make] of [
		['is gone', () => picture('/gone.png', { status: 404 })],
		['is too large', () => picture('/large.png', { bytes: Buffer.alloc(10 * MIB + 1) })],
		[
			'is too large, on a host that knows no ranges',
			() => picture('/whole.png', { bytes: Buffer.alloc(11 * MIB), ignoresRange: true }),
		],
		['takes too long', () => picture('/late.png', { delayMs: 6000 })],
		['is of a kind that Rocket.Chat refuses', () => ({ type: 'image/svg+xml', url: picture('/bad.svg').url })],
		['is on another host', () => ({ type: 'image/png', url: 'https://elsewhere.example.org/other.png' })],
		['could not be fetched by RapidPro either', () => ({ ...picture('/unavailable.png'), type: 'unavailable' })],
	] as const) {
		it(`are links where the file ${title}`, async () => {
			const ticket = await stage.openTicket();
			const media = make();
			assertId(await send(ticket, '', [media]), 201);
			assertId(await send(ticket, 'next'), 201);
			const link = media.url.replaceAll(/[.?+]/g, '\\$&');
			await untilShown(ticket, [new RegExp(`<${link}>$`), 'next']);
		});
	}

	for (const [title, answer] of [
		['a page to log in', { type: 'text/html', bytes: Buffer.from('<!DOCTYPE html><html>Log in</html>') }],
		['a page that is called a picture', { bytes: Buffer.from('\ufeff\n<html><body>Expired</body></html>') }],
		['nothing', { bytes: Buffer.alloc(0) }],
		['an error in JSON', { type: 'application/json', bytes: Buffer.from('{"error":"expired"}') }],
	] as const) {
		it(`are links where the host answers 200 with ${title}`, async () => {
			const ticket = await stage.openTicket();
			const { url } = picture('/rash.png', answer);
			await send(ticket, '', [{ type: 'image/png', url }]);
			await untilShown(ticket, [`rash.png<${url}>`]);
		});
	}

	it('have readable names with an ending that people know', async () => {
		const ticket = await stage.openTicket();
		const voice = Buffer.from(`4f67675300020000000000000000${'00'.repeat(14)}01134f70757348656164`, 'hex');
		const paths = ['/1f2e', '/%D8%AA%D9%82.png', '/Relat%C3%B3rio%20m%C3%A9dico%20(1).png'];
		host.offer('/1f2e', { type: 'audio/ogg', bytes: voice });
		for (const path of paths.slice(1)) picture(path);
		const at = `HTTP://${host.name}`;
		await send(ticket, '', [
			{ type: 'audio/ogg; codecs=opus', url: `${at}/1f2e` },
			{ type: 'IMAGE/PNG', url: `${at}/%D8%AA%D9%82.png` },
			{ type: 'image/png', url: `${at}/Relatório médico (1).png` },
		]);
		await untilShown(ticket, [/^1f2e\.ogg<\/file-/, /^تق\.png<\/file-/, /^Relatório médico \(1\)\.png<\/file-/]);
	});

	it('of the largest size are made', async () => {
		const ticket = await stage.openTicket();
		await send(ticket, '', [picture('/most.png', { bytes: Buffer.concat([PNG], 10 * MIB) })]);
		await untilShown(ticket, [/^most\.png<\/file-upload/], 60_000);
	});

	it('are links where Rocket.Chat takes no files at all', async () => {
		stage.rocketChat.serverSettings.set('FileUpload_Enabled', false);
		const ticket = await stage.openTicket();
		await send(ticket, 'See', [picture('/refused.png')]);
		await untilShown(ticket, ['See', /^refused\.png<http/]);
	});

	it('come from where a listed host redirects to, as the settings say', async () => {
		const ticket = await stage.openTicket();
		const target = picture('/target.png').url;
		await send(ticket, '', [picture('/moved.png', { redirectTo: target })]);
		await untilShown(ticket, [/^moved\.png<\/file-upload/]);
	});

	it('come from a host that the setting names by an address', async () => {
		await stage.rocketChat.setAppSetting('media_hosts', `cdn.example.org\n${picture('/any.png').url}`);
		const ticket = await stage.openTicket();
		await send(ticket, '', [picture('/address.png')]);
		await untilShown(ticket, [/^address\.png<\/file-upload/]);
		await stage.rocketChat.setAppSetting('media_hosts', `cdn.example.org\n${host.name}`);
	});

	it('whose outcome nobody knows are not made twice', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.faults.hang('upload.createUpload', 1, { afterwards: true });
		assertId(await send(ticket, '', [picture('/unknown.png')]), 201);
		assertId(await send(ticket, 'next'), 201);
		await untilShown(ticket, [/^unknown\.png<\/file-upload/, 'next'], 60_000);
	});

	it('of a room that was closed: 409, and nothing appears', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.dropEvents(1);
		await stage.rocketChat.closeRoom(ticket.roomId, { by: 'agnes' });
		assert.equal((await send(ticket, 'See', [picture('/closed.png')])).status, 409);
		assert.deepEqual(shown(ticket), []);
	});
});
