/**
 * An administrator may grant fewer permissions than the app asks for, and Rocket.Chat then answers nothing where it
 * would have answered something. The app takes that for no answer, and names the permission.
 */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { until } from '../sandbox/until.mts';
import type { Reply } from './support/app-client.mts';
import { historyIn } from './support/delivery.mts';
import { assertId, assertRefusal } from './support/expect.mts';
import { AGENT, packagedZip, Stage } from './support/stage.mts';

let stage: Stage;
let logBefore = 0;
/** Whether the engine may lose the lines that these tests are about. */
const losesLines = !generation.logsComplete || !generation.replacesBeforeStart;
before(async () => {
	stage = await Stage.open();
	await stage.rocketChat.addDepartment({ name: 'Nurses', agents: [AGENT] });
});
afterEach(() => stage.settled());
after(() => stage?.close());

/** The administrator installs the app over itself and withholds these permissions. */
async function withhold(...permissions: string[]): Promise<void> {
	await stage.settled();
	logBefore = stage.rocketChat.appLogs().length;
	await stage.rocketChat.installApp(packagedZip(), permissions);
}

function open(visitor: object = { token: randomUUID() }): Promise<Reply> {
	return stage.app.call('POST', 'room', { ticketID: randomUUID(), visitor });
}

function linesAbout(permission: string): string[] {
	const lines = stage.rocketChat.appLogs().slice(logBefore);
	return lines.filter((line) => line.includes(`permission ${permission} is probably missing:`));
}

/** The log names the permission, once. */
async function assertLogged(permission: string): Promise<void> {
	if (losesLines) return;
	await until(`a line about ${permission}`, () => linesAbout(permission).length > 0);
	await stage.settled();
	assert.equal(linesAbout(permission).length, 1, linesAbout(permission).join('\n'));
}

describe('without a permission that a room needs', () => {
	for (const permission of ['persistence', 'livechat-visitor.write', 'livechat-room.read', 'livechat-room.write']) {
		it(`${permission}: RapidPro is told which, and nobody has a room that the app does not know`, async () => {
			await withhold(permission);
			const rooms = stage.rocketChat.rooms().length;
			for (let attempt = 0; attempt < 2; attempt++) {
				assertRefusal(await open(), 424, new RegExp(`\`${permission.replace('.', '\\.')}\`.*accept all permissions`));
			}
			await assertLogged(permission);
			assert.equal(stage.rocketChat.rooms().length, rooms);
		});
	}

	it('livechat-department.read: RapidPro is told that this may be why the department is unknown', async () => {
		await withhold('livechat-department.read');
		const reply = await open({ token: randomUUID(), department: 'Nurses' });
		assertRefusal(reply, 404, /`Nurses` is unknown.*`livechat-department\.read`/);
	});
});

describe('without a permission that a conversation needs', () => {
	it('room.read: it goes on', async () => {
		await withhold('room.read');
		const { contact, roomId } = await stage.openTicket();
		const [answer] = await stage.rapidPro.contactWrites(contact, 'Hello');
		assert.equal(answer?.status, 201);
		assert.ok(stage.rocketChat.messages(roomId).some(({ msg }) => msg === 'Hello'));
		await assertLogged('room.read');
	});

	it('livechat-message.write: what the contact writes is kept, and posted when it may be', async () => {
		const { contact, roomId } = await stage.openTicket();
		await withhold('livechat-message.write');
		const [answer] = await stage.rapidPro.contactWrites(contact, 'kept for later');
		assert.equal(answer?.status, 201);
		await assertLogged('livechat-message.write');
		await withhold();
		const posted = () => stage.rocketChat.messages(roomId).some(({ msg }) => msg === 'kept for later');
		// An update takes the next attempt away; the sweep after the one at the start comes by in a minute.
		await until('the message', posted, 90_000);
	});

	it('livechat-message.multiple: the close reaches RapidPro all the same', async () => {
		await withhold('livechat-message.multiple');
		const { ticketID, roomId } = await stage.openTicket();
		await stage.rocketChat.closeRoom(roomId, { by: AGENT, comment: 'Done' });
		assert.equal((await stage.webhook(ticketID)).body.type, 'close-room');
		await assertLogged('livechat-message.multiple');
	});

	it('livechat-message.multiple: the history is shown all the same', async () => {
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		await withhold('livechat-message.multiple');
		const contact = stage.rapidPro.addContact({ name: 'Ann' });
		const createdOn = new Date(Date.now() - 60_000);
		stage.rapidPro.model.addMessage({ contact, direction: 'in', text: 'said before', createdOn });
		const { roomId } = await stage.openTicket(contact);
		await until('the history', () => historyIn(stage.rocketChat.messages(roomId)).length > 0);
		await stage.rocketChat.setAppSetting('history_token', '');
	});

	it('networking: what the agent writes waits', async () => {
		await withhold('networking');
		const { ticketID, roomId } = await stage.openTicket();
		const message = await stage.rocketChat.agentWrites(roomId, AGENT, 'waits');
		const isKept = () => stage.rocketChat.persistence().some(({ data }) => data.entry === message);
		await until('what is kept of the message', isKept);
		await assertLogged('networking');
		await stage.settled();
		assert.deepEqual(stage.rapidPro.receivedFor(ticketID), []);
		assert.ok(isKept());
	});

	it('upload.read: whoever has a link is told that this may be why there is no file', async () => {
		await withhold();
		const { ticketID, roomId } = await stage.openTicket();
		const files = [{ name: 'photo.png', type: 'image/png', bytes: Buffer.from('png') }];
		await stage.rocketChat.agentWrites(roomId, AGENT, { text: '', files });
		const link = String((await stage.webhook(ticketID)).body.data?.attachments?.[0]?.url);
		await withhold('upload.read');
		const response = await fetch(link);
		assert.equal(response.status, 404);
		assert.match(await response.text(), /upload\.read/);
	});
});

describe('without a permission that the app itself needs', () => {
	const logged = { skip: losesLines && 'the engine loses lines of the log' };
	for (const permission of ['scheduler', 'server-setting.read']) {
		it(`${permission}: the log says so when the app is enabled`, logged, async () => {
			await withhold(permission);
			await assertLogged(permission);
		});
	}
});

it('with all of them everything works again, and nothing is said', async () => {
	await withhold();
	// It started with the permissions before, and said so.
	if (!generation.replacesBeforeStart) await withhold();
	assertId(await open({ token: randomUUID(), department: 'Nurses' }), 200);
	await stage.settled();
	assert.deepEqual(
		stage.rocketChat
			.appLogs()
			.slice(logBefore)
			.filter((line) => line.includes('permission')),
		[],
	);
});
