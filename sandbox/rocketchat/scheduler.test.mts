import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../until.mts';
import { Activity } from './activity.mts';
import { dueAt, nextRun, phraseMs } from './interval.mts';
import { type JobDocument, Scheduler } from './scheduler.mts';
import { MemoryStore } from './store.mts';
import { Probe } from './testing/probe.mts';

describe('intervals', () => {
	const now = new Date('2024-03-01T10:20:30Z');

	it('reads phrases, dates and ISO text', () => {
		assert.deepEqual(
			[phraseMs('10 seconds'), phraseMs('in 5 minutes'), phraseMs('a minute'), phraseMs('soon')],
			[10_000, 300_000, 60_000, undefined],
		);
		assert.equal(dueAt('10 seconds', now).getTime(), now.getTime() + 10_000);
		assert.equal(dueAt('2024-03-02T00:00:00Z', now).toISOString(), '2024-03-02T00:00:00.000Z');
		assert.throws(() => dueAt('whenever', now), /cannot tell when/);
	});

	it('reads milliseconds, phrases and cron expressions', () => {
		assert.equal(nextRun(1500, now).getTime(), now.getTime() + 1500);
		assert.equal(nextRun('1 hour', now).getTime(), now.getTime() + 3_600_000);
		assert.equal(nextRun('*/5 * * * *', now).toISOString(), '2024-03-01T10:25:00.000Z');
		assert.equal(nextRun('*/15 * * * * *', now).toISOString(), '2024-03-01T10:20:45.000Z');
		assert.throws(() => nextRun('now and then', now), /cannot read the interval/);
	});
});

/** docs/reference/rocketchat.md#scheduler. */
describe('scheduler', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());

	const scheduleOnce = (job: { when: string | Date; data: object }) =>
		probe.run(({ modify }, job) => modify.getScheduler().scheduleOnce({ id: 'job', ...job }), job);
	const ran = () => probe.run(({ app }) => app.jobs.splice(0) as Record<string, unknown>[]);
	const untilRun = () =>
		until('a job ran', async () => {
			const jobs = await ran();
			return jobs.length > 0 ? jobs : undefined;
		});

	it('runs a job once when it is due, with its data and id, and removes it', async () => {
		const id = await scheduleOnce({ when: new Date(), data: { n: 1 } });
		assert.deepEqual(await untilRun(), [{ n: 1, jobId: id }]);
		await probe.rocketChat.settled();
		assert.deepEqual(probe.rocketChat.jobs(), []);
	});

	it('never repeats a job that fails; its document stays', async () => {
		await scheduleOnce({ when: new Date(), data: { fails: true } });
		await untilRun();
		await probe.rocketChat.settled();
		const [job] = probe.rocketChat.jobs();
		assert.deepEqual([job.nextRunAt, job.failCount], [null, 1]);
		// What the engine tells of any error that a processor throws.
		assert.equal(job.failReason, 'Internal error');
		await probe.run(({ modify }) => modify.getScheduler().cancelAllJobs());
		assert.deepEqual(probe.rocketChat.jobs(), []);
	});

	it('swallows what it cannot read', async () => {
		assert.equal(await scheduleOnce({ when: 'whenever', data: {} }), null);
	});

	it('cancels one job by its id, all of a processor by its name', async () => {
		const [first] = [
			await scheduleOnce({ when: '1 hour', data: {} }),
			await scheduleOnce({ when: '1 hour', data: {} }),
		];
		await probe.run(({ modify }, id) => modify.getScheduler().cancelJob(id), String(first));
		assert.equal(probe.rocketChat.jobs().length, 1);
		await probe.run(({ modify }) => modify.getScheduler().cancelJob('job'));
		assert.equal(probe.rocketChat.jobs().length, 0);
	});

	it('keeps one recurring job a processor', async () => {
		for (const n of [1, 2]) {
			await probe.run(
				({ modify }, n) =>
					modify.getScheduler().scheduleRecurring({ id: 'job', interval: '1 hour', skipImmediate: true, data: { n } }),
				n,
			);
		}
		const jobs = probe.rocketChat.jobs();
		assert.deepEqual(
			jobs.map(({ type, data }) => [type, data.n]),
			[['single', 2]],
		);
		await probe.run(({ modify }) => modify.getScheduler().cancelAllJobs());
	});

	it('drops the job of a disabled app as if it had succeeded', async () => {
		await scheduleOnce({ when: new Date(Date.now() + 300), data: {} });
		await probe.rocketChat.disableApp();
		await new Promise((resolve) => setTimeout(resolve, 400));
		await probe.rocketChat.settled();
		assert.deepEqual(probe.rocketChat.jobs(), []);
		await probe.rocketChat.enableApp();
		assert.deepEqual(await ran(), []);
	});

	it('locks a job for one of several nodes, and leaves a crashed one locked for ten minutes', async () => {
		const store = new MemoryStore(undefined, async () => {});
		const nodes = [new Scheduler(store, new Activity()), new Scheduler(store, new Activity())];
		let runs = 0;
		for (const node of nodes) {
			node.register('job_app', async () => {
				runs++;
			});
		}
		await store.insert('rocketchat_apps_scheduler', {
			_id: 'crashed',
			name: 'job_app',
			nextRunAt: new Date(0),
			lockedAt: new Date(),
			data: {},
		});
		await Promise.all(nodes.map((node) => node.once('job_app', new Date(), {})));
		await new Promise((resolve) => setTimeout(resolve, 50));
		assert.equal(runs, 2);
		await store.updateOne(
			'rocketchat_apps_scheduler',
			{ _id: 'crashed' },
			{ $set: { lockedAt: new Date(Date.now() - 600_001), type: 'normal' } },
		);
		await nodes[0].once('job_app', new Date(), {});
		await new Promise((resolve) => setTimeout(resolve, 50));
		assert.equal(runs, 4);
		assert.deepEqual(await store.find<JobDocument>('rocketchat_apps_scheduler'), []);
		await Promise.all(nodes.map((node) => node.stop()));
	});
});
