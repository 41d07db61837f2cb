/** The app's process or the server dies, or the app is off for a while: what happened before and meanwhile arrives. */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { generation } from '../../sandbox/rocketchat/generation.mts';
import { RocketChat } from '../../sandbox/rocketchat/index.mts';
import { until } from '../../sandbox/until.mts';
import {
	agentSays,
	closesOf,
	DOWN,
	deliveredTo,
	FAST,
	FOR_EVER,
	PATIENCE_MS,
	untilDelivered,
	untilDeliveredAndClosed,
} from '../support/delivery.mts';
import { AGENT, RESTARTS, Stage } from '../support/stage.mts';

describe('the app’s process is killed', RESTARTS, () => {
	let stage: Stage;
	before(async () => {
		stage = await Stage.open({ rocketChat: FAST });
	});
	after(() => stage?.close());
	afterEach(() => stage.rapidPro.faults.clear());

	it('with messages and a close pending: the next one delivers them', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		const texts = ['one', 'two', 'three'];
		await agentSays(stage, ticket, texts);
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await stage.rocketChat.settled();
		const revived = stage.rocketChat.killApp();
		stage.rapidPro.faults.clear();
		await revived;
		await untilDeliveredAndClosed(stage, ticket, texts);
	});

	it('while RapidPro is being asked, which does nothing: the message arrives once', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.hang({ ticketID: ticket.ticketID });
		await agentSays(stage, ticket, ['Hello']);
		await stage.webhook(ticket.ticketID);
		await stage.rocketChat.killApp();
		await agentSays(stage, ticket, ['again']);
		await untilDelivered(stage, ticket, ['Hello', 'again']);
	});

	it('while RapidPro is being asked, which does what it was asked: the message arrives, perhaps twice', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.hang({ ticketID: ticket.ticketID, handled: true });
		await agentSays(stage, ticket, ['Hello']);
		await stage.webhook(ticket.ticketID);
		await stage.rocketChat.killApp();
		await agentSays(stage, ticket, ['again']);
		await untilDelivered(stage, ticket, ['Hello', 'Hello', 'again']);
	});

	const compared = { skip: !generation.enablesRestarted && 'the next process is not told that the app is enabled' };
	it('when it had not heard of a message: that is read back from the room', compared, async () => {
		const ticket = await stage.openTicket();
		await agentSays(stage, ticket, ['heard']);
		await stage.rocketChat.settled();
		stage.rocketChat.dropEvents(1);
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'unheard');
		stage.rocketChat.roundTrips.reset();
		await stage.rocketChat.killApp();
		await untilDelivered(stage, ticket, ['heard', 'unheard']);
		assert.ok(stage.rocketChat.roundTrips.list().includes('livechatReader._fetchLivechatRoomMessages'));
		await agentSays(stage, ticket, ['heard again']);
		await untilDelivered(stage, ticket, ['heard', 'unheard', 'heard again']);
	});

	it('when it had heard neither of a message nor of the close', compared, async () => {
		const ticket = await stage.openTicket();
		await stage.rocketChat.settled();
		stage.rocketChat.dropEvents(Number.POSITIVE_INFINITY);
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'unheard');
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await stage.rocketChat.settled();
		stage.rocketChat.dropEvents(0);
		await stage.rocketChat.killApp();
		await untilDeliveredAndClosed(stage, ticket, ['unheard']);
	});

	it('while RapidPro opens a ticket: the next opening finds or makes one room', async () => {
		const contact = stage.rapidPro.addContact({ name: 'Ann' });
		stage.rocketChat.faults.hang('livechat.createRoom', 1, { afterwards: true });
		const lost = stage.app.call('POST', 'room', { ticketID: contact.uuid, visitor: { token: String(contact.id) } });
		await until(
			'the room',
			() => stage.rocketChat.rooms().some(({ fname }) => fname?.startsWith('guest')),
			PATIENCE_MS,
		);
		await stage.rocketChat.killApp();
		const { roomId } = await stage.openTicket(contact);
		const token = stage.rocketChat.room(roomId)?.v?.token;
		const open = stage.rocketChat.rooms().filter(({ v, open }) => open && v?.token === token);
		assert.deepEqual(
			open.map(({ _id }) => _id),
			[roomId],
		);
		lost.catch(() => {});
	});
});

describe('the app is disabled', () => {
	let stage: Stage;
	before(async () => {
		stage = await Stage.open({ rocketChat: FAST });
	});
	after(() => stage?.close());

	it('while an agent writes and closes: both arrive once it is enabled', async () => {
		const [closed, open] = [await stage.openTicket(), await stage.openTicket()];
		await agentSays(stage, closed, ['before']);
		await untilDelivered(stage, closed, ['before']);
		await stage.rocketChat.disableApp();
		for (const { roomId } of [closed, open]) await stage.rocketChat.agentWrites(roomId, AGENT, 'meanwhile');
		await stage.rocketChat.closeRoom(closed.roomId, { by: AGENT });
		await stage.rocketChat.enableApp();
		await untilDeliveredAndClosed(stage, closed, ['before', 'meanwhile']);
		await untilDelivered(stage, open, ['meanwhile']);
		await agentSays(stage, open, ['afterwards']);
		await untilDelivered(stage, open, ['meanwhile', 'afterwards']);
	});
});

describe('Rocket.Chat is restarted', RESTARTS, () => {
	it('with messages pending, and some of which the app had not heard', async () => {
		const dir = await mkdtemp(join(tmpdir(), 'restart-'));
		const dataFile = join(dir, 'data');
		const stage = await Stage.open({ rocketChat: { ...FAST, dataFile } });
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		await agentSays(stage, ticket, ['one', 'two']);
		await stage.rocketChat.settled();
		stage.rocketChat.dropEvents(Number.POSITIVE_INFINITY);
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'unheard');
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await stage.rocketChat.stop();
		stage.rapidPro.faults.clear();
		assert.deepEqual(deliveredTo(stage, ticket), []);

		const rocketChat = await RocketChat.start({ ...FAST, dataFile });
		try {
			if (!generation.enablesUpdated) await rocketChat.enableApp();
			await until('the close', () => closesOf(stage, ticket) > 0, PATIENCE_MS);
			assert.deepEqual(deliveredTo(stage, ticket), ['one', 'two', 'unheard']);
			assert.equal(closesOf(stage, ticket), 1);
		} finally {
			await rocketChat.settled();
			await rocketChat.stop();
			stage.app.close();
			await stage.rapidPro.stop();
			await rm(dir, { recursive: true });
		}
	});
});
