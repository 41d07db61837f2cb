import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { RocketChat } from './index.mts';
import { Probe } from './testing/probe.mts';

describe('faults and figures', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());
	afterEach(() => probe.rocketChat.faults.clear());

	const create = () => probe.run(({ persistence }) => persistence.create({ n: 1 }));
	const records = () => probe.rocketChat.persistence().length;

	it('lets a call fail as often as told, before or after it took effect', async () => {
		probe.rocketChat.faults.fail('persistence.create', { times: 1, message: 'disk full' });
		await assert.rejects(create, /^Error: disk full$/);
		await create();
		const before = records();
		probe.rocketChat.faults.fail('persistence.create', { times: 1, afterwards: true });
		await assert.rejects(create, /persistence\.create fails/);
		assert.equal(records(), before + 1);
	});

	it('delays a call', async () => {
		probe.rocketChat.faults.delay('persistence.create', 150, 1);
		const startedAt = performance.now();
		await create();
		assert.ok(performance.now() - startedAt >= 150);
	});

	it('leaves a call unanswered without keeping the server busy', async () => {
		const race = (name: string, times = 1) => {
			probe.rocketChat.faults.hang(name, times);
			return probe.run(({ persistence, read }) =>
				Promise.race([
					Promise.all([persistence.create({}), read.getEnvironmentReader().getSettings().getValueById('text')]).then(
						() => 'answered',
					),
					new Promise((resolve) => setTimeout(resolve, 200, 'waited')),
				]),
			);
		};
		assert.equal(await race('persistence.create'), 'waited');
		assert.equal(await race('settings.getValueById'), 'waited');
		await probe.rocketChat.settled();
		assert.equal(await race('http.call'), 'answered');
	});

	it('knows no call by another name', () => {
		assert.throws(() => probe.rocketChat.faults.fail('livechatCreator.createRoom'), /livechat\.createRoom/);
	});

	it('hits any call with *, and the app’s own settings', async () => {
		probe.rocketChat.faults.fail('*');
		await assert.rejects(create, /told so/);
		const readSetting = () => probe.run(({ read }) => read.getEnvironmentReader().getSettings().getValueById('text'));
		await assert.rejects(readSetting, /told so/);
		probe.rocketChat.faults.clear();
		assert.equal(await readSetting(), 'packaged');
	});

	it('counts every call of the app’s process', async () => {
		probe.rocketChat.roundTrips.reset();
		await probe.run(async ({ persistence, read, modify, http }) => {
			await read.getEnvironmentReader().getSettings().getValueById('text');
			await read.getLivechatReader().getLivechatVisitorByToken('x');
			await modify.getScheduler().cancelJob('job');
			await persistence.create({});
			await http.get('http://127.0.0.1:1/').catch(() => {});
		});
		assert.deepEqual(probe.rocketChat.roundTrips.list(), [
			'settings.getValueById',
			'livechatReader.getLivechatVisitorByToken',
			'scheduler.cancelJob',
			'persistence.create',
			'http.call',
		]);
	});

	it('brings a killed app back, enabled and without its memory', async () => {
		await probe.run(({ app }) => app.jobs.push('remembered'));
		await probe.rocketChat.killApp();
		assert.equal(await probe.run(({ app }) => app.jobs.length), 0);
	});
});

describe('a restart', () => {
	it('brings data, settings, jobs and the enabled app back from the file', async () => {
		const dir = await mkdtemp(path.join(os.tmpdir(), 'restart-'));
		try {
			const dataFile = path.join(dir, 'data');
			const probe = await Probe.start({ dataFile });
			const { roomId } = await probe.openRoom();
			await probe.rocketChat.setAppSetting('text', 'kept');
			probe.rocketChat.serverSettings.set('Livechat_enabled', false);
			await probe.run(async ({ persistence, modify }) => {
				await persistence.create({ kept: true });
				await modify.getScheduler().scheduleOnce({ id: 'job', when: '1 hour' });
			});
			await probe.stop();

			const second = await RocketChat.start({ dataFile });
			assert.equal(second.room(roomId)?.open, true);
			assert.deepEqual(
				second.persistence().map(({ data }) => data),
				[{ kept: true }],
			);
			assert.equal(second.jobs().length, 1);
			assert.equal(second.serverSettings.get('Livechat_enabled'), false);
			assert.equal(await second.appStatus(), 'manually_enabled');
			const code = "({read}) => read.getEnvironmentReader().getSettings().getValueById('text')";
			const response = await fetch(`${second.appUrl}/run`, {
				method: 'POST',
				headers: { 'Content-Type': 'application/json' },
				body: JSON.stringify({ code, args: [] }),
			});
			assert.deepEqual(await response.json(), { result: 'kept' });
			await second.stop();
		} finally {
			await rm(dir, { recursive: true });
		}
	});

	it('leaves no process behind, even when the app has just been killed', async () => {
		const probe = await Probe.start();
		void probe.rocketChat.killApp();
		await probe.stop();
		assert.deepEqual(
			process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap'),
			[],
		);
	});
});
