import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { generation } from './generation.mts';
import { Probe, type ProbeEvent } from './testing/probe.mts';

const PDF = new Uint8Array([37, 80, 68, 70]);

/** What messages are made of, how they change, why they are refused (docs/reference/rocketchat.md#events). */
describe('messages', () => {
	let probe: Probe;
	let room: { roomId: string; token: string };
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());
	beforeEach(async () => {
		room = await probe.openRoom();
		await probe.events();
	});

	const visitorWrites = (text: string): Promise<string> =>
		probe.run(
			async ({ read, modify }, { roomId, token }, text) => {
				const visitor = await read.getLivechatReader().getLivechatVisitorByToken(token);
				const room = await read.getRoomReader().getById(roomId);
				const creator = modify.getCreator();
				const builder = creator.startLivechatMessage();
				builder
					.setVisitor(visitor as never)
					.setRoom(room as never)
					.setText(text);
				return creator.finish(builder);
			},
			room,
			text,
		);
	const appWrites = (text: string): Promise<string> =>
		probe.run(
			({ modify }, roomId, text) => {
				const creator = modify.getCreator();
				return creator.finish(
					creator
						.startMessage()
						.setRoom({ id: roomId } as never)
						.setText(text),
				);
			},
			room.roomId,
			text,
		);
	const heard = async (event: string): Promise<ProbeEvent['payload']> =>
		(await probe.events()).find((one) => one.event === event)?.payload;
	const sent = () => heard('executePostMessageSent');
	const read = (id: string): Promise<ProbeEvent['payload']> =>
		probe.run(({ read }, id) => read.getMessageReader().getById(id), id);

	describe('as agents, bots and other apps make them', () => {
		it('may be a place, which is not mapped', async () => {
			await probe.rocketChat.agentWrites(room.roomId, 'ana', { location: { longitude: -60.02, latitude: -3.1 } });
			const { text, _unmappedProperties_: rest } = await sent();
			assert.equal(text, '');
			assert.deepEqual(rest.location, { type: 'Point', coordinates: [-60.02, -3.1] });
		});

		it('may quote or forward another, with what that one had attached as stored', async () => {
			const files = [{ name: 'form.pdf', bytes: PDF }];
			const quoted = await probe.rocketChat.agentWrites(room.roomId, 'ana', { files });
			await probe.events();
			await probe.rocketChat.quote(room.roomId, 'ana', quoted);
			const { text, files: own, attachments } = await sent();
			assert.match(text, new RegExp(`^\\[ \\]\\(${probe.rocketChat.url}/live/${room.roomId}\\?msg=${quoted}\\) $`));
			assert.equal(own, undefined);
			assert.equal(attachments[0].text, '');
			const [nested] = attachments[0]._unmappedProperties_.attachments;
			assert.deepEqual([nested.title, nested.title_link.endsWith('/form.pdf')], ['form.pdf', true]);
		});

		it('may have attachments by address, fields and blocks', async () => {
			const fields = [{ title: 'Dose', value: '5 ml', short: true }];
			await probe.rocketChat.botWrites(room.roomId, {
				attachments: [{ title: 'Card', text: 'words', fields, image_url: 'https://example.org/a.png' }],
			});
			const { attachments } = await sent();
			assert.deepEqual(attachments[0].fields, fields);
			assert.equal(attachments[0].imageUrl, 'https://example.org/a.png');
			const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'Which day?' } }];
			await probe.rocketChat.otherAppWrites(room.roomId, { blocks });
			assert.deepEqual((await sent()).blocks, blocks);
		});
	});

	describe('that an agent changes', () => {
		it('tell who and when, and are read as they are now', async () => {
			const id = await probe.rocketChat.agentWrites(room.roomId, 'ana', 'five');
			await probe.events();
			await probe.rocketChat.editMessage(id, 'ana', 'six');
			const updated = await heard('executePostMessageUpdated');
			assert.deepEqual([updated.id, updated.text, updated.editor.username], [id, 'six', 'ana']);
			assert.ok(updated.editedAt);
			assert.equal((await read(id)).text, 'six');
		});

		it('or deletes are gone, with their files', async () => {
			const files = [{ name: 'form.pdf', bytes: PDF }];
			const id = await probe.rocketChat.agentWrites(room.roomId, 'ana', { files });
			const [{ payload }] = await probe.events();
			await probe.rocketChat.deleteMessage(id, 'ana');
			assert.ok(await heard('executePostMessageDeleted'));
			assert.equal(await read(id), null);
			await assert.rejects(() =>
				probe.run(({ read }, id) => read.getUploadReader().getBufferById(id), payload.file._id),
			);
		});

		it('or deletes leave a trace where the server is told to', async () => {
			probe.rocketChat.serverSettings.set('Message_ShowDeletedStatus', true);
			const id = await probe.rocketChat.agentWrites(room.roomId, 'ana', 'never mind');
			await probe.rocketChat.deleteMessage(id, 'ana');
			probe.rocketChat.serverSettings.set('Message_ShowDeletedStatus', false);
			const { text, type, _unmappedProperties_: rest } = await read(id);
			assert.deepEqual([text, type ?? rest.t], ['', 'rm']);
		});
	});

	describe('that are not taken as they are', () => {
		afterEach(() => {
			probe.rocketChat.anotherAppPrevents();
			probe.rocketChat.useUpMonthlyContacts(false);
			probe.rocketChat.serverSettings.set('Message_AllowBadWordsFilter', false);
		});

		it('lose listed words', async () => {
			probe.rocketChat.serverSettings.set('Message_AllowBadWordsFilter', true);
			probe.rocketChat.serverSettings.set('Message_BadWordsFilterList', 'bosta, damn');
			const id = await visitorWrites('Damn, que bosta! bostas');
			assert.equal((await read(id)).text, '****, que *****! bostas');
		});

		it('are prevented by another app: the bridge fails', async () => {
			probe.rocketChat.anotherAppPrevents(/secret/);
			await assert.rejects(() => visitorWrites('my secret'), /undefined/);
			assert.ok(await visitorWrites('my dog'));
		});

		it('are refused beyond the licence, but for visitors’', { skip: !generation.monthlyContacts }, async () => {
			probe.rocketChat.useUpMonthlyContacts();
			await assert.rejects(() => probe.rocketChat.agentWrites(room.roomId, 'ana', 'x'), /error-mac-limit-reached/);
			await assert.rejects(() => appWrites('x'), /error-mac-limit-reached/);
			assert.ok(await visitorWrites('x'));
		});
	});

	it('that closes tell their comment by the event of the server’s time, or by none', async () => {
		await probe.rocketChat.closeRoom(room.roomId, { by: 'ana', comment: 'Solved' });
		const closes = (await probe.events()).filter(({ payload }) => payload.text === 'Solved').map(({ event }) => event);
		const event = generation.systemMessagesApart ? 'executePostSystemMessageSent' : 'executePostMessageSent';
		assert.deepEqual(closes, generation.tellsCloses ? [event] : []);
	});
});
