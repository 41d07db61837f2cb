import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#events, docs/reference/rocketchat.md#shapes. */
describe('events', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
		await probe.rocketChat.addAgent({ username: 'ben', online: false });
	});
	after(() => probe.stop());
	beforeEach(() => probe.events());

	it('tells of what agents, visitors, bots and apps write, without exception', async () => {
		const { roomId, token, visitorId } = await probe.openRoom();
		await probe.events();
		await probe.rocketChat.agentWrites(roomId, 'ana', 'agent');
		await probe.rocketChat.visitorWrites(roomId, 'visitor');
		await probe.rocketChat.botWrites(roomId, 'bot');
		await probe.rocketChat.otherAppWrites(roomId, 'app');
		await probe.run(({ modify }, roomId) => {
			const message = modify
				.getCreator()
				.startMessage()
				.setText('own')
				.setRoom({ id: roomId } as never);
			return modify.getCreator().finish(message);
		}, roomId);
		const sent = new Map((await probe.events()).map(({ event, payload }) => [payload.text, { event, payload }]));
		for (const text of ['agent', 'visitor', 'bot', 'app', 'own'])
			assert.equal(sent.get(text)?.event, 'executePostMessageSent', text);
		const { sender: agent } = sent.get('agent')?.payload ?? {};
		assert.deepEqual([agent.username, agent.type, agent.roles], ['ana', 'user', ['user', 'livechat-agent']]);
		const visitor = sent.get('visitor')?.payload;
		assert.deepEqual(
			[visitor.token, visitor.sender.id, visitor.sender.type, visitor.sender.roles],
			[token, visitorId, 'unknown', undefined],
		);
		assert.equal(sent.get('bot')?.payload.sender.type, 'bot');
		assert.deepEqual(
			[sent.get('app')?.payload.sender.type, sent.get('app')?.payload.sender.appId],
			['app', 'another-app'],
		);
		assert.deepEqual(
			[sent.get('own')?.payload.sender.username, sent.get('own')?.payload.sender.appId],
			['probe.bot', probe.rocketChat.appId],
		);
	});

	it('shows the room as the converter does', async () => {
		const { roomId, token } = await probe.openRoom();
		await probe.events();
		await probe.rocketChat.agentWrites(roomId, 'ana', 'x');
		const [{ payload }] = await probe.events();
		const { type, isOpen, visitor, servedBy, source, _unmappedProperties_: rest } = payload.room;
		assert.deepEqual([type, isOpen, visitor.token, servedBy.username, source.type], ['l', true, token, 'ana', 'app']);
		assert.equal(rest.v.token, token);
		assert.deepEqual(payload._unmappedProperties_, { urls: [], mentions: [], channels: [], md: [] });
	});

	it('leaves the visitor out of the room when it was removed', async () => {
		const { roomId, visitorId } = await probe.openRoom();
		await probe.events();
		await probe.rocketChat.removeVisitor(visitorId);
		await probe.rocketChat.agentWrites(roomId, 'ana', 'x');
		assert.equal((await probe.events())[0].payload.room.visitor, undefined);
	});

	it('tells of system messages separately, with their type', async () => {
		const { roomId } = await probe.openRoom();
		const system = (await probe.events()).filter(({ event }) => event === 'executePostSystemMessageSent');
		assert.deepEqual(system.map(({ payload }) => payload.type).sort(), ['command', 'livechat-started', 'uj']);
		await probe.rocketChat.systemMessage(roomId, 'omnichannel_placed_chat_on_hold', 'waits');
		assert.equal((await probe.events())[0].event, 'executePostSystemMessageSent');
	});

	it('tells of a closed room twice, by the old event and the new one, also when the app closed it', async () => {
		const { roomId } = await probe.openRoom();
		await probe.events();
		await probe.run(async ({ read, modify }, roomId) => {
			const room = (await read.getRoomReader().getById(roomId)) as never;
			return modify.getUpdater().getLivechatUpdater().closeRoom(room, 'bye');
		}, roomId);
		const closed = (await probe.events()).filter(({ payload }) => payload.id === roomId);
		assert.deepEqual(closed.map(({ event }) => event).sort(), [
			'executeLivechatRoomClosedHandler',
			'executePostLivechatRoomClosed',
		]);
		const { payload } = closed[0];
		assert.deepEqual(
			[payload.isOpen, payload.closer, payload.closedBy.username.startsWith('guest-')],
			[undefined, 'visitor', true],
		);
		assert.ok(payload.closedAt);
	});

	it('tells of the start, of assigned and unassigned agents and of transfers', async () => {
		await probe.rocketChat.setAgentOnline('ben', true);
		const { roomId } = await probe.openRoom();
		const first = probe.rocketChat.room(roomId)?.servedBy?.username;
		const started = (await probe.events()).map(({ event }) => event);
		assert.ok(
			started.includes('executePostLivechatRoomStarted') && started.includes('executePostLivechatAgentAssigned'),
		);
		await probe.rocketChat.transferRoom(roomId, { by: 'admin', agent: first === 'ana' ? 'ben' : 'ana' });
		const events = await probe.events();
		const transferred = events.find(({ event }) => event === 'executePostLivechatRoomTransferred')?.payload;
		assert.deepEqual([transferred.type, transferred.from.username], ['agent', first]);
		assert.ok(
			events.some(
				({ event, payload }) => event === 'executePostLivechatAgentUnassigned' && payload.agent.username === first,
			),
		);
		await probe.rocketChat.returnRoomToQueue(roomId);
		assert.equal(probe.rocketChat.room(roomId)?.servedBy, undefined);
		await probe.rocketChat.setAgentOnline('ben', false);
	});

	it('lets events overtake each other', async () => {
		const { roomId } = await probe.openRoom();
		await probe.events();
		const texts = Array.from({ length: 30 }, (_, i) => String(i));
		for (const text of texts) await probe.rocketChat.agentWrites(roomId, 'ana', text);
		const heard = (await probe.events()).map(({ payload }) => payload.text);
		assert.deepEqual([...heard].sort(), [...texts].sort());
		assert.notDeepEqual(heard, texts);
		assert.deepEqual(
			probe.rocketChat
				.messages(roomId)
				.slice(-30)
				.map(({ msg }) => msg),
			texts,
		);
	});

	it('never delays the agent, and loses what a disabled app would have heard', async () => {
		const { roomId } = await probe.openRoom();
		await probe.rocketChat.disableApp();
		await probe.rocketChat.agentWrites(roomId, 'ana', 'unheard');
		await probe.rocketChat.settled();
		await probe.rocketChat.enableApp();
		assert.ok(!(await probe.events()).some(({ payload }) => payload.text === 'unheard'));
	});

	it('reads a room back: raw with paging, and converted', async () => {
		const { roomId } = await probe.openRoom();
		for (const text of ['one', 'two', 'three']) await probe.rocketChat.agentWrites(roomId, 'ana', text);
		const raw = await probe.run(
			({ read }, roomId) => read.getRoomReader().getMessages(roomId, { limit: 2, sort: { createdAt: 'desc' } }),
			roomId,
		);
		assert.deepEqual(
			raw.map(({ text, sender }) => [text, sender.username]),
			[
				['three', 'ana'],
				['two', 'ana'],
			],
		);
		assert.equal(raw[0].roomId, roomId);
		await assert.rejects(
			() => probe.run(({ read }, roomId) => read.getRoomReader().getMessages(roomId, { limit: 101 }), roomId),
			/limit/,
		);
		const full = await probe.run(
			({ read }, roomId) => read.getLivechatReader()._fetchLivechatRoomMessages(roomId),
			roomId,
		);
		assert.equal(full.at(-1)?.sender.username, 'ana');
		assert.equal(full.at(-1)?.room.id, roomId);
	});

	it('drops events on demand', async () => {
		const { roomId } = await probe.openRoom();
		await probe.events();
		probe.rocketChat.dropEvents(1);
		await probe.rocketChat.agentWrites(roomId, 'ana', 'lost');
		await probe.rocketChat.agentWrites(roomId, 'ana', 'heard');
		assert.deepEqual(
			(await probe.events()).map(({ payload }) => payload.text),
			['heard'],
		);
	});
});
