import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { generation } from './generation.mts';
import type { RoomDocument } from './index.mts';
import { Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#livechat. */
describe('livechat', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
		await probe.rocketChat.addAgent({ username: 'ben' });
		await probe.rocketChat.addAgent({ username: 'off', online: false });
		await probe.rocketChat.addDepartment({ id: 'sup', name: 'Support', agents: ['ana'], showOnRegistration: false });
		await probe.rocketChat.addDepartment({
			id: 'closed',
			name: 'Closed',
			agents: ['off'],
			fallbackForwardDepartment: 'sup',
		});
		await probe.rocketChat.addDepartment({ id: 'alone', name: 'Alone', agents: ['off'] });
		await probe.rocketChat.addCustomField({ id: 'lang', scope: 'visitor', regexp: '^[a-z]{2}$' });
		await probe.rocketChat.addCustomField({ id: 'topic', scope: 'room' });
	});
	after(() => probe.stop());
	beforeEach(() => {
		const { serverSettings } = probe.rocketChat;
		serverSettings.set('Livechat_enabled', true);
		serverSettings.set('Livechat_accept_chats_with_no_agents', false);
	});

	let count = 0;
	const unique = () => `unique-${++count}`;
	const createVisitor = (visitor: Record<string, unknown>): Promise<string> =>
		probe.run(
			({ modify }, visitor) =>
				modify
					.getCreator()
					.getLivechatCreator()
					.createVisitor(visitor as never),
			visitor,
		);
	const visitorById = (id: string) =>
		probe.run(({ read }, id) => read.getLivechatReader().getLivechatVisitorById(id), id);
	const visitorByToken = (token: string) =>
		probe.run(({ read }, token) => read.getLivechatReader().getLivechatVisitorByToken(token), token);
	const phone = (phoneNumber: string) => ({ phone: [{ phoneNumber }] });
	const email = (address: string) => ({ visitorEmails: [{ address }] });

	describe('createVisitor', () => {
		it('names guests with a counter, and takes no custom fields', async () => {
			const [first, second] = [
				await createVisitor({ token: unique() }),
				await createVisitor({ token: unique(), livechatData: { lang: 'en' } }),
			];
			const [a, b] = [await visitorById(first), await visitorById(second)];
			assert.match(String(a?.username), /^guest-\d+$/);
			assert.notEqual(a?.username, b?.username);
			assert.equal(b?.livechatData, undefined);
		});

		it('keeps the old token where the phone matches', async () => {
			const [old, fresh, number] = [unique(), unique(), '+111'];
			const id = await createVisitor({ token: old, username: 'kept', ...phone(number) });
			assert.equal(await createVisitor({ token: fresh, username: 'lost', name: 'New name', ...phone(number) }), id);
			assert.equal(await visitorByToken(fresh), null);
			const visitor = await visitorByToken(old);
			assert.deepEqual([visitor?.username, visitor?.name], ['kept', 'New name']);
		});

		it('replaces the token where the e-mail matches, in any case', async () => {
			const [old, fresh] = [unique(), unique()];
			const id = await createVisitor({ token: old, ...email('A@example.org') });
			assert.equal(await createVisitor({ token: fresh, ...email('a@Example.org') }), id);
			assert.equal(await visitorByToken(old), null);
			assert.equal((await visitorByToken(fresh))?.id, id);
		});

		it('matches the token before phone and e-mail, and replaces both', async () => {
			const token = unique();
			const other = await createVisitor({ token: unique(), ...phone('+222') });
			const id = await createVisitor({ token, ...phone('+333') });
			assert.equal(await createVisitor({ token, ...phone('+222') }), id);
			assert.notEqual(other, id);
			assert.deepEqual((await visitorById(id))?.phone, [{ phoneNumber: '+222' }]);
		});

		it('refuses an unknown department, a malformed e-mail and a token that is no string', async () => {
			await assert.rejects(() => createVisitor({ token: unique(), department: 'none' }), /error-invalid-department/);
			await assert.rejects(() => createVisitor({ token: unique(), ...email('nonsense') }), /error-invalid-email/);
			await assert.rejects(() => createVisitor({ token: 5 }), /Match error/);
		});

		it('stores a department by its id, also when it was named', async () => {
			const id = await createVisitor({ token: unique(), department: 'Support' });
			assert.equal((await visitorById(id))?.department, 'sup');
		});
	});

	describe('createRoom', () => {
		it('makes a new room each time', async () => {
			const { token, visitorId, roomId } = await probe.openRoom();
			await probe.rocketChat.closeRoom(roomId, { by: String(probe.rocketChat.room(roomId)?.servedBy?.username) });
			const second = await probe.openRoom({ token });
			assert.equal(second.visitorId, visitorId);
			assert.notEqual(second.roomId, roomId);
			const open = await probe.run(async ({ read }, token) => {
				const reader = read.getLivechatReader();
				return reader.getLivechatRooms((await reader.getLivechatVisitorByToken(token)) as never);
			}, token);
			assert.deepEqual(
				open.map(({ id }) => id),
				[second.roomId],
			);
		});

		it('stores source type, app and name, and assigns an agent before it answers', async () => {
			const { roomId } = await probe.openRoom();
			const room = probe.rocketChat.room(roomId);
			assert.deepEqual(room?.source, { type: 'app', id: probe.rocketChat.appId, alias: 'Probe' });
			assert.ok(room?.servedBy);
			const types = probe.rocketChat.messages(roomId).map(({ t, msg }) => [t, msg]);
			assert.deepEqual(types, [
				['livechat-started', ''],
				['command', 'connected'],
				['uj', room.servedBy.username],
			]);
		});

		it('refuses when omnichannel is off or nobody is online', async () => {
			probe.rocketChat.serverSettings.set('Livechat_enabled', false);
			await assert.rejects(() => probe.openRoom(), /^Error: \[error-omnichannel-is-disabled\]$/);
			probe.rocketChat.serverSettings.set('Livechat_enabled', true);
			await assert.rejects(
				() => probe.openRoom({ department: 'alone' }),
				/Sorry, no online agents \[no-agent-online\]/,
			);
			probe.rocketChat.serverSettings.set('Livechat_accept_chats_with_no_agents', true);
			await probe.openRoom({ department: 'alone' });
		});

		it('uses the fallback of a department where nobody is online', async () => {
			const { roomId } = await probe.openRoom({ department: 'closed' });
			assert.equal(probe.rocketChat.room(roomId)?.departmentId, 'sup');
			assert.equal(probe.rocketChat.room(roomId)?.servedBy?.username, 'ana');
		});

		it('refuses an unknown agent, a visitor without id and a blocked contact', async () => {
			const create = (visitor: object, agent?: object) =>
				probe.run(
					({ modify }, visitor, agent) =>
						modify
							.getCreator()
							.getLivechatCreator()
							.createRoom(visitor as never, agent as never, { source: { type: 'app' } } as never),
					visitor,
					agent,
				);
			const { visitorId, token } = await probe.openRoom();
			const visitor = { id: visitorId, username: 'v', token };
			await assert.rejects(() => create(visitor, { id: 'nobody' }), /The agent with id "nobody" was not found\./);
			await assert.rejects(() => create({ ...visitor, id: undefined }), /Match error/);
			await probe.rocketChat.blockContact(token);
			await assert.rejects(() => create(visitor), /error-contact-channel-blocked/);
		});

		it('lets another app prevent it', async () => {
			await probe.rocketChat.setAppSetting('veto', true);
			await assert.rejects(() => probe.openRoom(), /not now \[error-app-prevented\]/);
			await probe.rocketChat.setAppSetting('veto', false);
		});
	});

	describe('a visitor message', () => {
		const write = (
			visitor: { token?: string; visitorId: string },
			roomId: string,
			attachments?: object[],
		): Promise<string> =>
			probe.run(
				({ modify }, visitor, roomId, attachments) => {
					const message = modify
						.getCreator()
						.startLivechatMessage()
						.setText('hi')
						.setRoom({ id: roomId, type: 'l' } as never);
					message.setVisitor({ id: visitor.visitorId, username: 'v', name: 'Vera', token: visitor.token } as never);
					if (attachments) message.setAttachments(attachments as never);
					return modify.getCreator().finish(message);
				},
				visitor,
				roomId,
				attachments,
			);

		it('carries the token and the alias', async () => {
			const room = await probe.openRoom();
			const id = await write(room, room.roomId);
			const stored = probe.rocketChat.messages(room.roomId).find(({ _id }) => _id === id);
			assert.deepEqual(
				[stored?.msg, stored?.token, stored?.alias, stored?.u._id],
				['hi', room.token, 'Vera', room.visitorId],
			);
		});

		it('opens a new room where the room is closed', async () => {
			const room = await probe.openRoom();
			await probe.rocketChat.closeRoom(room.roomId, { by: 'ana' });
			const id = await write(room, room.roomId);
			const landed = await probe.run(async ({ read }, id) => (await read.getMessageReader().getById(id))?.room.id, id);
			assert.notEqual(landed, room.roomId);
			assert.equal(probe.rocketChat.room(String(landed))?.v?.token, room.token);
		});

		it('is refused without a token, in a room that is not there, in another visitor’s room, from a blocked contact', async () => {
			const [one, other] = [await probe.openRoom(), await probe.openRoom()];
			await assert.rejects(
				() => write({ ...one, token: undefined }, one.roomId),
				/Invalid visitor sending the message/,
			);
			await assert.rejects(() => write(one, 'nowhere'), /Invalid room provided on the message\./);
			await assert.rejects(() => write(one, other.roomId), /\[cannot-access-room\]/);
			await probe.rocketChat.blockContact(one.token);
			await assert.rejects(() => write(one, one.roomId), /error-contact-channel-blocked/);
		});

		it('takes attachments with absolute URLs only', async () => {
			const room = await probe.openRoom();
			await write(room, room.roomId, [
				{ imageUrl: 'https://example.org/a.png', title: { value: 'a', link: '/file-upload/x/a.png' } },
			]);
			assert.deepEqual(probe.rocketChat.messages(room.roomId).at(-1)?.attachments, [
				{ title: 'a', title_link: '/file-upload/x/a.png', image_url: 'https://example.org/a.png' },
			]);
			for (const imageUrl of ['a.png', 'HTTPS://example.org/a.png', 'ftp://example.org/a.png']) {
				await assert.rejects(() => write(room, room.roomId, [{ imageUrl }]), /Invalid href value provided/, imageUrl);
			}
		});
	});

	describe('closeRoom', () => {
		const close = (
			roomId: string,
			{ stale = {}, comment = 'bye', closer }: { stale?: object; comment?: string; closer?: string } = {},
		) =>
			probe.run(
				async ({ read, modify }, roomId, stale, comment, closer) => {
					const room = { ...(await read.getRoomReader().getById(roomId)), ...stale };
					const user = closer ? await read.getUserReader().getByUsername(closer) : undefined;
					return modify
						.getUpdater()
						.getLivechatUpdater()
						.closeRoom(room as never, comment, user as never);
				},
				roomId,
				stale,
				comment,
				closer ?? null,
			);

		it('closes as the visitor when no closer is named, as the user otherwise', async () => {
			const [one, other] = [await probe.openRoom(), await probe.openRoom()];
			assert.equal(await close(one.roomId), true);
			assert.equal(await close(other.roomId, { closer: 'ana' }), true);
			const closed = probe.rocketChat.room(one.roomId);
			assert.deepEqual(
				[closed?.open, closed?.closer, closed?.closedBy?._id, closed?.v?.status],
				[undefined, 'visitor', one.visitorId, 'offline'],
			);
			assert.equal(probe.rocketChat.room(other.roomId)?.closer, 'user');
			const message = probe.rocketChat.messages(one.roomId).find(({ t }) => t === 'livechat-close');
			assert.deepEqual([message?.msg, message?.token], ['bye', one.token]);
		});

		it('refuses a closed room, and one that a stale object calls open', async () => {
			const { roomId } = await probe.openRoom();
			await close(roomId);
			await assert.rejects(() => close(roomId), /^Error: error-room-closed$/);
			await assert.rejects(() => close(roomId, { stale: { isOpen: true } }), /Error removing inquiry/);
		});

		it('refuses without a comment or tags where the server asks for them', async () => {
			const { roomId } = await probe.openRoom();
			await assert.rejects(() => close(roomId, { comment: ' ' }), /error-comment-is-required/);
			await probe.rocketChat.addDepartment({
				id: 'tags',
				name: 'Tags',
				agents: ['ana'],
				showOnRegistration: false,
				requestTagBeforeClosingChat: true,
			});
			const tagged = await probe.openRoom({ department: 'tags' });
			await assert.rejects(() => close(tagged.roomId), /error-tags-must-be-assigned-before-closing-chat/);
		});

		it('needs a closer or a visitor', async () => {
			const { roomId } = await probe.openRoom();
			await assert.rejects(
				() => close(roomId, { stale: { visitor: null } }),
				/Please provide details of the user or visitor/,
			);
		});
	});

	describe('setCustomFields', () => {
		const set = (token: string, key: string, value: string, overwrite = true): Promise<boolean> =>
			probe.run(
				({ modify }, token, key, value, overwrite) =>
					modify.getUpdater().getLivechatUpdater().setCustomFields(token, key, value, overwrite),
				token,
				key,
				value,
				overwrite,
			);

		it('writes on the visitor or on all of its open rooms', async () => {
			const { token, visitorId, roomId } = await probe.openRoom();
			assert.equal(await set(token, 'lang', 'en'), true);
			assert.equal(await set(token, 'topic', 'bill'), true);
			assert.deepEqual((await visitorById(visitorId))?.livechatData, { lang: 'en' });
			assert.deepEqual(probe.rocketChat.room(roomId)?.livechatData, { topic: 'bill' });
		});

		it('answers false for an equal value, an unknown token and a value that is not to be overwritten', async () => {
			const { token, visitorId } = await probe.openRoom();
			await set(token, 'lang', 'en');
			assert.equal(await set(token, 'lang', 'en'), false);
			assert.equal(await set('unknown', 'lang', 'en'), false);
			assert.equal(await set(token, 'lang', 'fr', false), false);
			assert.deepEqual((await visitorById(visitorId))?.livechatData, { lang: 'en' });
		});

		it('refuses unknown fields and values that do not match', async () => {
			const { token } = await probe.openRoom();
			await assert.rejects(() => set(token, 'nothing', 'x'), /invalid-custom-field/);
			await assert.rejects(() => set(token, 'lang', 'english'), /error-invalid-custom-field-value/);
		});
	});

	it('finds departments by id or exact name, disabled ones too', async () => {
		await probe.rocketChat.addDepartment({ id: 'gone', name: 'Gone', enabled: false });
		const find = (value: string) =>
			probe.run(({ read }, value) => read.getLivechatReader().getLivechatDepartmentByIdOrName(value), value);
		assert.equal((await find('gone'))?.name, 'Gone');
		assert.equal((await find('Gone'))?.id, 'gone');
		assert.equal(await find('gon'), null);
	});

	it('compares the names of departments unit by unit, and finds archived ones', async () => {
		await probe.rocketChat.addDepartment({ id: 'health', name: 'Saúde', agents: ['ana'], showOnRegistration: false });
		const find = (value: string) =>
			probe.run(({ read }, value) => read.getLivechatReader().getLivechatDepartmentByIdOrName(value), value);
		assert.equal((await find('Saúde'.normalize('NFC')))?.id, 'health');
		assert.equal(await find('Saúde'.normalize('NFD')), null);
		assert.equal(await find(' Saúde'), null);
		await probe.rocketChat.archiveDepartment('health');
		const archived = (await find('Saúde')) as unknown as { enabled: boolean; _unmappedProperties_: object };
		assert.equal(archived.enabled, false);
		assert.deepEqual(archived._unmappedProperties_, { archived: true });
	});

	it('lets a manager make a room another visitor’s', async () => {
		const [room, other] = [await probe.openRoom(), await probe.openRoom()];
		await probe.rocketChat.closeRoom(other.roomId, { by: 'ana' });
		await probe.rocketChat.changeVisitor(room.roomId, other.visitorId);
		const found = await probe.run(async ({ read }, token) => {
			const reader = read.getLivechatReader();
			const visitor = await reader.getLivechatVisitorByToken(token);
			return (await reader.getLivechatRooms(visitor as never)).map(({ id }) => id);
		}, other.token);
		assert.deepEqual(found, [room.roomId]);
	});

	describe('a second room of a visitor token', () => {
		const open = (token: string): Promise<string> =>
			probe.run(async ({ read, modify }, token) => {
				const visitor = await read.getLivechatReader().getLivechatVisitorByToken(token);
				const source = { source: { type: 'app' } } as never;
				const creator = modify.getCreator().getLivechatCreator();
				return (await creator.createRoom(visitor as never, undefined as never, source)).id;
			}, token);

		it('is refused while one is open, from 8.3 on, by an error that names the token', async () => {
			const { token, roomId } = await probe.openRoom();
			if (!generation.oneOpenRoom) {
				assert.notEqual(await open(token), roomId);
				return;
			}
			await assert.rejects(
				() => open(token),
				(error: Error) =>
					error.message.startsWith('E11000 duplicate key error') &&
					error.message.endsWith(`dup key: { v.token: "${token}" }`),
			);
			await probe.rocketChat.closeRoom(roomId, { by: 'ana' });
			assert.notEqual(await open(token), roomId);
		});

		it('is refused to one of two at once', { skip: !generation.oneOpenRoom }, async () => {
			const { token, roomId } = await probe.openRoom();
			await probe.rocketChat.closeRoom(roomId, { by: 'ana' });
			const opened = await Promise.allSettled([open(token), open(token)]);
			assert.deepEqual(opened.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
		});

		it('is not refused for a room of the time before', { skip: !generation.oneOpenRoom }, async () => {
			const { token, roomId } = await probe.openRoom();
			await probe.rocketChat.closeRoom(roomId, { by: 'ana' });
			const { _id: _old, ...old } = probe.rocketChat.room(roomId) as RoomDocument;
			await probe.rocketChat.addDocument('rocketchat_room', { ...old, _enforceSingleRoom: undefined, open: true });
			assert.ok(await open(token));
		});
	});

	describe('where contacts are verified', { skip: !generation.contactVerification }, () => {
		const settings = ['Livechat_Block_Unknown_Contacts', 'Livechat_Block_Unverified_Contacts'];
		const verification = 'Livechat_Require_Contact_Verification';
		after(() => {
			probe.rocketChat.serverSettings.set(verification, 'never');
			for (const id of settings) probe.rocketChat.serverSettings.set(id, false);
		});

		const opensUnseen = async (refusal: RegExp) => {
			const { roomId } = await probe.openRoom({ department: 'sup' });
			assert.equal(probe.rocketChat.room(roomId)?.open, true);
			assert.equal(probe.rocketChat.room(roomId)?.servedBy, undefined);
			await assert.rejects(() => probe.rocketChat.takeRoom(roomId, 'ana'), refusal);
		};

		for (const value of ['once', 'always']) {
			it(`a room is opened and never queued (${value})`, async () => {
				probe.rocketChat.serverSettings.set(verification, value);
				await opensUnseen(/error-not-allowed/);
				probe.rocketChat.serverSettings.set(verification, 'never');
			});
		}

		for (const [id, refusal] of [
			['Livechat_Block_Unknown_Contacts', /error-unknown-contact/],
			['Livechat_Block_Unverified_Contacts', /error-unverified-contact/],
		] as const) {
			it(`no agent can take a room (${id})`, async () => {
				probe.rocketChat.serverSettings.set(id, true);
				await opensUnseen(refusal);
				probe.rocketChat.serverSettings.set(id, false);
			});
		}
	});

	it('tells whether anybody is online', async () => {
		const isOnline = (department?: string) =>
			probe.run(({ read }, department) => read.getLivechatReader().isOnlineAsync(department), department);
		assert.deepEqual([await isOnline(), await isOnline('sup'), await isOnline('alone')], [true, true, false]);
		probe.rocketChat.serverSettings.set('Livechat_accept_chats_with_no_agents', true);
		assert.equal(await isOnline('alone'), true);
	});

	it('transfers to an online agent, and refuses the others', async () => {
		const { roomId } = await probe.openRoom({ department: 'sup' });
		const transfer = (username: string) =>
			probe.run(
				async ({ read, modify }, roomId, username) => {
					const currentRoom = (await read.getRoomReader().getById(roomId)) as never;
					const targetAgent = (await read.getUserReader().getByUsername(username)) as never;
					return modify
						.getUpdater()
						.getLivechatUpdater()
						.transferVisitor({} as never, { currentRoom, targetAgent });
				},
				roomId,
				username,
			);
		await assert.rejects(() => transfer('ana'), /error-selected-agent-room-agent-are-same/);
		await assert.rejects(() => transfer('off'), /error-user-is-offline/);
		await assert.rejects(() => transfer('admin'), /Invalid target agent, cannot transfer/);
		assert.equal(await transfer('ben'), true);
		assert.equal(probe.rocketChat.room(roomId)?.servedBy?.username, 'ben');
		await probe.rocketChat.closeRoom(roomId, { by: 'ben' });
		assert.equal(await transfer('ana'), false);
	});
});
