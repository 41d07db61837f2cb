/** Several RapidPro workspaces on one Rocket.Chat, and a workspace that is connected anew. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RapidPro } from '../sandbox/rapidpro/index.mts';
import { until } from '../sandbox/until.mts';
import { assertRefusal } from './support/expect.mts';
import { AGENT, LOGGED, openTicket, Stage } from './support/stage.mts';

let stage: Stage;
let other: RapidPro;
beforeEach(async () => {
	stage = await Stage.open();
	other = await RapidPro.start();
});
afterEach(async () => {
	await other?.stop();
	await stage?.close();
});

const texts = (rapidPro: RapidPro) =>
	rapidPro.received.map(({ body }) => (body.type === 'close-room' ? 'close' : body.data?.text));

describe('More workspaces', () => {
	const connectOther = async () => {
		await stage.rocketChat.setAppSetting('more_workspaces', `North; secret=${other.secret}`);
		await other.connect(stage.rocketChat.appUrl);
	};

	it('keeps the contacts of two workspaces apart, also where their tokens are equal', async () => {
		await connectOther();
		const [ours, theirs] = [await stage.openTicket(), await openTicket(other, other.addContact({ name: 'Ben' }))];
		assert.equal(ours.token, theirs.token);
		assert.notEqual(ours.roomId, theirs.roomId);
		const visitors = [ours, theirs].map(({ roomId }) => stage.rocketChat.room(roomId)?.v?.token);
		assert.notEqual(visitors[0], visitors[1]);

		await stage.rocketChat.agentWrites(ours.roomId, AGENT, 'for Ann');
		await stage.rocketChat.agentWrites(theirs.roomId, AGENT, 'for Ben');
		await other.closeTicket(theirs.contact);
		await stage.settled();
		assert.equal(stage.rocketChat.room(theirs.roomId)?.open, undefined);
		assert.equal(stage.rocketChat.room(ours.roomId)?.open, true);
		await stage.rocketChat.closeRoom(ours.roomId, { by: AGENT });
		await stage.settled();
		assert.deepEqual(texts(stage.rapidPro), ['for Ann', 'close']);
		assert.deepEqual(texts(other), ['for Ben']);
	});

	it('fetches history with each workspace’s own token, and gives each its own default department', async () => {
		await stage.rocketChat.addDepartment({ id: 'dep-main', name: 'Main', agents: [AGENT] });
		await stage.rocketChat.addDepartment({ id: 'dep-north', name: 'Northern clinic', agents: [AGENT] });
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		await stage.rocketChat.setAppSetting('default_department', 'Main');
		await stage.rocketChat.setAppSetting('rapidpro_address', stage.rapidPro.url);
		const line = `North; secret=${other.secret}; token=${other.apiToken}; department=Northern clinic`;
		await stage.rocketChat.setAppSetting('more_workspaces', line);
		await other.connect(stage.rocketChat.appUrl);
		for (const [rapidPro, department] of [
			[stage.rapidPro, 'dep-main'],
			[other, 'dep-north'],
		] as const) {
			const contact = rapidPro.addContact({ name: 'Ann' });
			const createdOn = new Date(Date.now() - 60_000);
			rapidPro.model.addMessage({ contact, direction: 'in', text: `to ${department}`, createdOn });
			const { roomId } = await openTicket(rapidPro, contact);
			assert.equal(stage.rocketChat.room(roomId)?.departmentId, department);
			const history = () => stage.rocketChat.messages(roomId).find(({ msg }) => msg.startsWith('*Earlier messages'));
			assert.match((await until('the history', history)).msg, new RegExp(`to ${department}$`));
			const asked = rapidPro.exchanges.list.filter(({ url }) => url.startsWith('/api/'));
			assert.deepEqual([...new Set(asked.map(({ answer }) => answer?.status))], [200]);
		}
	});

	it('asks for no history where a line has no token', async () => {
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		await connectOther();
		await openTicket(other, other.addContact({ name: 'Ben' }));
		const asks = ({ exchanges }: RapidPro) => exchanges.list.some(({ url }) => url.startsWith('/api/'));
		await openTicket(stage.rapidPro, stage.rapidPro.addContact({ name: 'Ann' }));
		await until('the other’s history', () => asks(stage.rapidPro));
		assert.equal(asks(other), false);
	});

	it('lets one workspace be down without holding up another', async () => {
		await connectOther();
		const [ours, theirs] = [await stage.openTicket(), await openTicket(other, other.addContact({ name: 'Ben' }))];
		stage.rapidPro.faults.answer({ status: 503 }, { times: Number.POSITIVE_INFINITY });
		for (const text of ['1', '2', '3']) await stage.rocketChat.agentWrites(ours.roomId, AGENT, text);
		const second = await stage.openTicket();
		await stage.rocketChat.agentWrites(second.roomId, AGENT, '4');
		await stage.settled();
		await stage.rocketChat.agentWrites(theirs.roomId, AGENT, 'for Ben');
		await until('the message', () => texts(other).length === 1);
		assert.ok(stage.rapidPro.received.length < 4, 'the breaker of the workspace that is down is open');
	});

	it('goes on where a workspace gets another secret', async () => {
		await connectOther();
		const { roomId } = await openTicket(other, other.addContact({ name: 'Ben' }));
		other.secret = 'another';
		await stage.rocketChat.setAppSetting('more_workspaces', 'North; secret=another');
		await stage.rocketChat.agentWrites(roomId, AGENT, 'hello');
		await until('the message', () => texts(other).length === 1);
	});

	it('says what is wrong with a line, and reads the others', LOGGED, async () => {
		const list = `South; sekret=t0p-s3cr3t\nNorth; secret=${other.secret}`;
		await stage.rocketChat.setAppSetting('more_workspaces', list);
		await other.connect(stage.rocketChat.appUrl);
		const line = await until('the line in the log', () =>
			stage.rocketChat.appLogs().find((line) => line.includes('More workspaces')),
		);
		assert.match(
			line,
			/line 1 of the setting More workspaces is left out: it must be `name; secret=…; token=…; department=…; address=…`/,
		);
		assert.doesNotMatch(line, /t0p-s3cr3t/);
	});

	it('says which lines have the secret of another workspace, also where there is none but those', LOGGED, async () => {
		const leftOut = (number: number) => () =>
			stage.rocketChat.appLogs().some((line) => line.includes(`line ${number} of the setting More workspaces`));
		const list = `North; secret=${other.secret}\nEast; secret=${stage.rapidPro.secret}`;
		await stage.rocketChat.setAppSetting('more_workspaces', list);
		await until('the line about the main workspace’s secret', leftOut(2));
		await stage.rocketChat.setAppSetting('app_secret', '');
		await stage.rocketChat.setAppSetting(
			'more_workspaces',
			`North; secret=${other.secret}\n\nSouth; secret=${other.secret}`,
		);
		await until('the line about the other one’s secret', leftOut(3));
	});
});

describe('Previous secret', () => {
	it('lets tickets of the old connection go on beside those of the new one, in the same room', async () => {
		const { contact, roomId } = await stage.openTicket();
		await stage.rocketChat.setAppSetting('previous_secret', stage.rapidPro.secret);
		await stage.rocketChat.setAppSetting('app_secret', other.secret);
		await other.connect(stage.rocketChat.appUrl);

		await stage.rocketChat.agentWrites(roomId, AGENT, 'by the old connection');
		await until('the message', () => texts(stage.rapidPro).length === 1);
		const [answer] = await stage.rapidPro.contactWrites(contact, 'thanks');
		assert.equal(answer?.status, 201);
		// The same RapidPro, by another ticketer.
		const again = await openTicket(other, other.addContact({ name: 'Ann', uuid: contact.uuid }));
		assert.equal(again.roomId, roomId);
		await stage.rocketChat.agentWrites(roomId, AGENT, 'by the new connection');
		await stage.rocketChat.closeRoom(roomId, { by: AGENT });
		await stage.settled();
		assert.deepEqual(texts(stage.rapidPro), ['by the old connection', 'close']);
		assert.deepEqual(texts(other), ['by the new connection', 'close']);
	});

	it('is refused as soon as it is emptied', async () => {
		await stage.rocketChat.setAppSetting('previous_secret', stage.rapidPro.secret);
		await stage.rocketChat.setAppSetting('app_secret', other.secret);
		assert.equal((await stage.app.call('GET', 'secret.check')).status, 200);
		await stage.rocketChat.setAppSetting('previous_secret', '');
		assertRefusal(await stage.app.call('GET', 'secret.check'), 401);
	});
});
