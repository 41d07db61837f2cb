import type { Activity } from './activity.mts';
import { clock } from './clock.mts';
import { collections } from './documents.mts';
import { dueAt, nextRun } from './interval.mts';
import { newId, type Store } from './store.mts';

/** A job of an app, as Agenda stores it. */
export interface JobDocument {
	_id: string;
	/** `<processor id>_<app id>` */
	name: string;
	/** `single`: recurring, one a name. */
	type: 'normal' | 'single';
	data: Record<string, unknown>;
	nextRunAt: Date | null;
	repeatInterval?: string | number;
	lockedAt?: Date | null;
	lastRunAt?: Date;
	lastFinishedAt?: Date;
	failedAt?: Date;
	failReason?: string;
	failCount?: number;
}

/** Runs a job; what it throws makes the job fail. */
export type Processor = (context: Record<string, unknown>) => Promise<void>;

/** How often the store is scanned for due jobs (docs/reference/rocketchat.md#scheduler). */
const SCAN_MS = 5000;
/** By so much a timer may be early. */
const EARLY_MS_MAX = 1;
/** "lock lifetime 10 min" */
const LOCK_MS = 600_000;

const { jobs } = collections;

/**
 * Agenda over the store (docs/reference/rocketchat.md#scheduler). Several nodes may share one; each job is locked by
 * the node that runs it.
 */
export class Scheduler {
	private readonly store: Store;
	private readonly activity: Activity;
	private readonly processors = new Map<string, Processor>();
	/** Processor to the job that it runs here. */
	private readonly running = new Map<string, string>();
	/** Processors for which a job is being looked for or run here. */
	private readonly busy = new Set<string>();
	/** Those of them that are to be looked at again. */
	private readonly due = new Set<string>();
	private readonly timers = new Set<NodeJS.Timeout>();
	private scan?: NodeJS.Timeout;

	constructor(store: Store, activity: Activity) {
		this.store = store;
		this.activity = activity;
	}

	start(): void {
		this.scan = setInterval(() => void this.runDue(), clock.outside(SCAN_MS));
	}

	/** An orderly end unlocks what runs here, so that the next start repeats it; a crash leaves the locks. */
	async stop(): Promise<void> {
		clearInterval(this.scan);
		for (const timer of this.timers) clearTimeout(timer);
		await this.store.updateMany(jobs, { _id: { $in: [...this.running.values()] } }, { $set: { lockedAt: null } });
	}

	/** Processors stay known until the process ends, also while their app is disabled. */
	register(name: string, processor: Processor): void {
		this.processors.set(name, processor);
	}

	async once(name: string, when: string | Date, data: Record<string, unknown>): Promise<string> {
		const job: JobDocument = {
			_id: newId(),
			name,
			type: 'normal',
			data,
			nextRunAt: dueAt(when, clock.now()),
			lockedAt: null,
		};
		await this.store.insert(jobs, job);
		this.expect(job.nextRunAt as Date);
		return job._id;
	}

	/** "newer: `every`, type single -> one per processor name, data overwritten" */
	async every(
		name: string,
		interval: string | number,
		data: Record<string, unknown>,
		skipImmediate: boolean,
	): Promise<string> {
		const now = clock.now();
		const first = skipImmediate ? nextRun(interval, now) : now;
		const known = await this.store.findOne<JobDocument>(jobs, { name, type: 'single' });
		if (known) {
			await this.store.updateOne(
				jobs,
				{ _id: known._id },
				{ $set: { data, repeatInterval: interval, nextRunAt: known.nextRunAt ?? first } },
			);
			return known._id;
		}
		const job: JobDocument = {
			_id: newId(),
			name,
			type: 'single',
			data,
			repeatInterval: interval,
			nextRunAt: first,
			lockedAt: null,
		};
		await this.store.insert(jobs, job);
		this.expect(first);
		return job._id;
	}

	/** "if no pending `normal` job of that name, schedule (check-then-insert, racy on several nodes)" */
	async onceAtStartup(name: string, when: string | Date, data: Record<string, unknown>): Promise<void> {
		const pending = await this.store.findOne(jobs, { name, type: 'normal', nextRunAt: { $ne: null } });
		if (!pending) await this.once(name, when, data);
	}

	/** "ObjectId-looking part -> that job, else all jobs of that processor name" */
	async cancel(idWithApp: string): Promise<void> {
		const id = idWithApp.split('_')[0];
		if ((await this.store.remove(jobs, { _id: id })) > 0) return;
		await this.store.remove(jobs, { name: idWithApp });
	}

	/** "regex `_appId$`" */
	async cancelAll(appId: string): Promise<void> {
		await this.store.remove(jobs, { name: { $regex: `_${appId}$` } });
	}

	/** "A job due before the next scan is run at once by the node that scheduled it." */
	private expect(dueAt: Date): void {
		const waitMs = Math.max(0, dueAt.getTime() - clock.now().getTime());
		if (waitMs >= SCAN_MS) return;
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			void this.runDue();
		}, clock.outside(waitMs) + EARLY_MS_MAX);
		this.timers.add(timer);
	}

	/** Locks and runs what is due; a lock that is older than its lifetime counts as left by a crash. */
	private async runDue(): Promise<void> {
		for (const name of this.processors.keys()) await this.runNext(name);
	}

	private async runNext(name: string): Promise<void> {
		// "defaultConcurrency 1": a second look during the first one might lock a job that then nobody runs.
		if (this.busy.has(name)) {
			this.due.add(name);
			return;
		}
		this.busy.add(name);
		this.due.delete(name);
		const job = await this.lockNext(name);
		const over = () => {
			this.running.delete(name);
			this.busy.delete(name);
			if (job || this.due.has(name)) void this.runNext(name);
		};
		if (!job) return over();
		this.running.set(name, job._id);
		void this.activity.track(this.run(job)).finally(over);
	}

	private async lockNext(name: string): Promise<JobDocument | undefined> {
		const now = clock.now();
		return (
			(await this.lock({ name, lockedAt: null, nextRunAt: { $lte: now } })) ??
			(await this.lock({ name, lockedAt: { $lte: new Date(now.getTime() - LOCK_MS) } }))
		);
	}

	private lock(filter: Record<string, unknown>): Promise<JobDocument | undefined> {
		return this.store.findOneAndUpdate<JobDocument>(
			jobs,
			filter,
			{ $set: { lockedAt: clock.now() } },
			{ sort: { nextRunAt: 1 } },
		);
	}

	/**
	 * "One-time job: removed only after success. Throw/timeout: failReason stored, nextRunAt null, never retried, document
	 * stays." A recurring one goes on at its interval either way.
	 */
	private async run(job: JobDocument): Promise<void> {
		const startedAt = clock.now();
		const nextRunAt = job.repeatInterval === undefined ? null : nextRun(job.repeatInterval, startedAt);
		const { appId: _appId, ...data } = job.data;
		const outcome = await this.processors
			.get(job.name)?.({ ...data, jobId: job._id })
			.then(() => undefined)
			.catch((error: Error) => ({
				failedAt: clock.now(),
				failReason: error.message,
				failCount: (job.failCount ?? 0) + 1,
			}));
		if (!outcome && job.type === 'normal') {
			await this.store.remove(jobs, { _id: job._id });
			return;
		}
		const done = { lastRunAt: startedAt, lastFinishedAt: clock.now(), lockedAt: null, nextRunAt, ...outcome };
		await this.store.updateOne(jobs, { _id: job._id }, { $set: done });
		if (nextRunAt) this.expect(nextRunAt);
	}
}
