import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { generation } from './generation.mts';
import { Probe } from './testing/probe.mts';

const PNG = new Uint8Array([137, 80, 78, 71]);

/** docs/reference/rocketchat.md#files, docs/reference/rocketchat.md#accessors-for-apps. */
describe('files', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());

	const sendImage = async () => {
		const room = await probe.openRoom();
		await probe.events();
		await probe.rocketChat.agentWrites(room.roomId, 'ana', {
			text: 'look',
			files: [{ name: 'a b#1.png', bytes: PNG }],
		});
		const [{ payload: message }] = await probe.events();
		return { ...room, message };
	};

	it('makes one message of an upload, with file, thumbnail and attachment', async () => {
		const { message } = await sendImage();
		const [original, thumb] = message.files;
		assert.equal(message.text, 'look');
		assert.deepEqual(
			[message.file._id, message.file.name, message.file.type],
			[original._id, 'a b#1.png', 'image/png'],
		);
		const mark = generation.thumbnailsMarked ? 'thumb' : undefined;
		assert.deepEqual([thumb.typeGroup, thumb.name], [mark, 'thumb-a b#1.png']);
		const [attachment] = message.attachments;
		assert.deepEqual(attachment.title, {
			value: 'a b#1.png',
			link: `/file-upload/${original._id}/a%20b#1.png`,
			displayDownloadLink: true,
		});
		assert.match(attachment.imageUrl, new RegExp(`^/file-upload/${thumb._id}/`));
		assert.equal(attachment._unmappedProperties_.fileId, original._id);
	});

	it('takes a file whose own name begins as a thumbnail’s', async () => {
		const { roomId } = await probe.openRoom();
		await probe.events();
		await probe.rocketChat.agentWrites(roomId, 'ana', { files: [{ name: 'thumb-nail.pdf', bytes: PNG }] });
		const [{ payload }] = await probe.events();
		assert.deepEqual(
			payload.files.map(({ name, typeGroup }: { name: string; typeGroup?: string }) => [name, typeGroup]),
			[['thumb-nail.pdf', undefined]],
		);
	});

	it('shows an unset timestamp as 1970', async () => {
		const { message } = await sendImage();
		assert.equal(new Date(message.attachments[0].timestamp).getTime(), 0);
	});

	it('makes audio, video and other attachments by MIME type, several in one message', async () => {
		const { roomId } = await probe.openRoom();
		await probe.events();
		const files = ['a.mp3', 'b.mp4', 'c.pdf'].map((name) => ({ name, bytes: PNG }));
		await probe.rocketChat.agentWrites(roomId, 'ana', { files });
		const [{ payload }] = await probe.events();
		const [audio, video, other] = payload.attachments;
		assert.deepEqual([audio.audioType, video.videoType, other.type], ['audio/mpeg', 'video/mp4', 'file']);
		assert.equal(other._unmappedProperties_.format, 'PDF');
		assert.equal(payload.files.length, 3);
		assert.equal(payload.file.name, 'a.mp3');
	});

	it('gives an app the bytes', async () => {
		const { message } = await sendImage();
		const bytes = await probe.run(
			async ({ read }, id) => [...(await read.getUploadReader().getBufferById(id))],
			message.file._id,
		);
		assert.deepEqual(bytes, [...PNG]);
	});

	it('protects links: only users, and visitors while their room is open', async () => {
		const { message, roomId, token } = await sendImage();
		const { rocketChat } = probe;
		const link = `${rocketChat.url}/file-upload/${message.file._id}/x.png`;
		const asVisitor = `${link}?rc_room_type=l&rc_rid=${roomId}&rc_token=${token}`;
		const refused = await fetch(link);
		assert.deepEqual([refused.status, await refused.text()], [403, '']);
		assert.equal((await fetch(asVisitor.replace(token, 'other'))).status, 403);
		const answer = await fetch(asVisitor);
		assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/png']);
		assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), PNG);
		await rocketChat.closeRoom(roomId, { by: 'ana' });
		assert.equal((await fetch(asVisitor)).status, 403);
		rocketChat.serverSettings.set('FileUpload_ProtectFiles', false);
		assert.equal((await fetch(link)).status, 200);
		rocketChat.serverSettings.set('FileUpload_ProtectFiles', true);
	});

	describe('an app’s upload', () => {
		const upload = (roomId: string, descriptor: Record<string, unknown>): Promise<string> =>
			probe.run(
				async ({ modify }, roomId, descriptor) => {
					const details = { filename: 'a.txt', room: { id: roomId }, ...descriptor } as never;
					return (
						await modify
							.getCreator()
							.getUploadCreator()
							.uploadBuffer(new TextEncoder().encode('hello') as Buffer, details)
					).id;
				},
				roomId,
				descriptor,
			);

		it('becomes a message of the visitor', async () => {
			const { roomId, token } = await probe.openRoom();
			const id = await upload(roomId, { visitorToken: token });
			const message = probe.rocketChat.messages(roomId).at(-1);
			assert.deepEqual([message?.token, message?.file?._id], [token, id]);
		});

		it('is stored without a message when the room is closed or the token is another', async () => {
			const { roomId, token } = await probe.openRoom();
			const before = probe.rocketChat.messages(roomId).length;
			assert.ok(await upload(roomId, { visitorToken: 'other' }));
			assert.equal(probe.rocketChat.messages(roomId).length, before);
			await probe.rocketChat.closeRoom(roomId, { by: 'ana' });
			assert.ok(await upload(roomId, { visitorToken: token }));
			assert.ok(!probe.rocketChat.messages(roomId).some(({ file }) => file));
		});

		it('is the app user’s when nobody is named', async () => {
			const { roomId } = await probe.openRoom();
			await upload(roomId, {});
			assert.equal(probe.rocketChat.messages(roomId).at(-1)?.u.username, 'probe.bot');
		});

		it('is refused by type, size and switch', async () => {
			const { roomId, token } = await probe.openRoom();
			const { serverSettings } = probe.rocketChat;
			const refusals: [string, unknown, RegExp][] = [
				['FileUpload_MediaTypeBlackList', 'text/plain', /error-invalid-file-type/],
				['FileUpload_MaxFileSize', 4, /error-file-too-large/],
				['FileUpload_Enabled', false, /error-file-upload-disabled/],
			];
			for (const [id, value, message] of refusals) {
				const usual = serverSettings.get(id);
				serverSettings.set(id, value);
				await assert.rejects(() => upload(roomId, { visitorToken: token }), message);
				serverSettings.set(id, usual);
			}
		});
	});

	it('shows notices without storing them', async () => {
		const { roomId } = await probe.openRoom();
		const before = probe.rocketChat.messages(roomId).length;
		await probe.run(async ({ read }, roomId) => {
			const ana = (await read.getUserReader().getByUsername('ana')) as never;
			const notifier = read.getNotifier();
			const room = { id: roomId } as never;
			await notifier.notifyUser(ana, { room, text: 'for you' } as never);
			await notifier.notifyRoom(room, { room, text: 'for all' } as never);
		}, roomId);
		const shown = probe.rocketChat.notices().map(({ to, text }) => [to, text]);
		assert.deepEqual(shown, [
			['ana', 'for you'],
			[undefined, 'for all'],
		]);
		assert.equal(probe.rocketChat.messages(roomId).length, before);
	});
});
