import { randomBytes } from 'crypto';

import type { Core, Effect, End, Job, Operation, Outcome, Step, Trigger } from './core';
import { createCore } from './core';
import { errorText } from './errorText';
import type { Accessors, Learnt } from './host';
import { Host } from './host';
import { Journal } from './journal';
import { Queues } from './queues';
import type { Timers } from './timers';

/** How long one call of Rocket.Chat may take: the engine itself would wait for ever. */
const DEADLINE_MS = 8000;

/** Between the deadline that RapidPro's answer has and the one by which the server must say that there was none. */
const WEBHOOK_GRACE_MS = 2000;

/**
 * How long anybody is kept waiting: RapidPro waits for 15 s, and servers with Apps-Engine 1.43 to 1.46 give up on the
 * app's handlers after 10 s, later ones after 30 s.
 */
export const PATIENCE_MS = 9000;

/**
 * After an outage thousands of rooms may be due at once. More jobs side by side would not be done sooner, but everybody's
 * calls of Rocket.Chat would wait behind theirs.
 */
const JOBS_AT_ONCE = 16;

/** Drives operations of the core: performs each step's effects and hands the outcomes back. */
export class Runner {
	private core: Core | undefined;

	private readonly queues = new Queues();

	private readonly learnt: Learnt = {};

	constructor(
		private readonly appId: string,
		private readonly timers: Timers,
	) {}

	/**
	 * Runs the operation that a trigger calls for.
	 *
	 * Where the core traps, its instance starts no further operation, while those under way beside the trapped one
	 * finish on it; nothing is stored in it. Throws a {@link Trap} then. What is not done after `budgetMs` counts as not
	 * answered.
	 */
	public async run(trigger: Trigger, accessors: Accessors, budgetMs = Number.POSITIVE_INFINITY): Promise<End> {
		const drive = new Drive(this.queues, this.learnt, accessors, this.timers, budgetMs);
		// Apps-Engine 1.28 breaks off what takes over a second up to here, as loading the core may on a busy server.
		await undefined;
		const core = this.currentCore();
		try {
			return await drive.run(core, { trigger, now: Date.now(), entropy: randomBytes(32).toString('hex') });
		} catch (error) {
			this.retire(core);
			throw new Trap(error);
		} finally {
			drive.releaseAll();
		}
	}

	/**
	 * Runs the operation of an event, a hook or a job, and what it leaves to be done. The server is not kept waiting for
	 * a slow one; it goes on by itself.
	 */
	public async runEvent(trigger: Trigger, accessors: Accessors, patienceMs = PATIENCE_MS): Promise<void> {
		const journal = new Journal(accessors.logger);
		await outcomeOf(this.timers, () => this.runUnasked(trigger, { ...accessors, logger: journal }), patienceMs);
		journal.close();
	}

	/** Starts what a request's operation left to be done; RapidPro does not wait for it. */
	public startJobs(jobs: Array<Job>, accessors: Accessors): void {
		this.runJobs(jobs, { ...accessors, logger: console });
	}

	/** Runs an operation that nobody waits for an answer of: once more, on a fresh core, if the first one trapped. */
	private async runUnasked(trigger: Trigger, accessors: Accessors): Promise<void> {
		for (let attempt = 0; attempt < 2; attempt++) {
			try {
				const end = await this.run(trigger, accessors);
				return this.runJobs(end.followUps, accessors);
			} catch (trap) {
				accessors.logger.error(errorText(trap));
			}
		}
	}

	private async runJobs(jobs: Array<Job>, accessors: Accessors): Promise<void> {
		const waiting = jobs.values();
		const work = async (): Promise<void> => {
			for (const job of waiting) {
				await this.runUnasked({ job: { job } }, accessors);
			}
		};
		await Promise.all(Array.from({ length: Math.min(jobs.length, JOBS_AT_ONCE) }, work));
	}

	private currentCore(): Core {
		this.core ??= createCore(this.appId, randomBytes(8).toString('hex'));
		return this.core;
	}

	private retire(core: Core): void {
		if (this.core === core) {
			this.core = undefined;
		}
	}
}

/** The core stopped in the middle of an operation. Says so with a reference, by which the log finds the cause. */
export class Trap extends Error {
	public readonly reference = randomBytes(4).toString('hex');

	/**
	 * What was thrown, as a trap. Engines up to 1.42 run each importing file's copy of this one, so that the class tells
	 * nothing there.
	 */
	public static of(thrown: unknown): Trap {
		return Object(thrown).reference ? (thrown as Trap) : new Trap(thrown);
	}

	/** What anybody may read. */
	public readonly words = `internal error ${this.reference}`;

	constructor(cause: unknown) {
		super();
		this.message = `${this.words}: ${errorText(cause)}`;
	}
}

/** One operation on its way. */
class Drive {
	private readonly host: Host;

	private readonly held = new Map<string, () => void>();

	private readonly until: number;

	constructor(
		private readonly queues: Queues,
		learnt: Learnt,
		private readonly accessors: Accessors,
		private readonly timers: Timers,
		budgetMs: number,
	) {
		this.host = new Host(accessors, timers, learnt);
		this.until = Date.now() + budgetMs;
	}

	public async run(core: Core, start: Parameters<Core['start']>[0]): Promise<End> {
		const operation = core.start(start);
		let step = this.logged(operation.begin());
		while (!step.end) {
			step = await this.turn(operation, step);
		}
		operation.free();
		return step.end;
	}

	public releaseAll(): void {
		for (const release of this.held.values()) {
			release();
		}
		this.held.clear();
	}

	private async turn(operation: Operation, step: Step): Promise<Step> {
		const outcomes = await Promise.all(step.effects.map((effect) => this.perform(effect)));
		return this.logged(operation.resume({ now: Date.now(), outcomes }));
	}

	private logged(step: Step): Step {
		for (const { level, text } of step.log) {
			this.accessors.logger[level](text);
		}
		return step;
	}

	private perform(effect: Effect): Promise<Outcome> {
		switch (effect.kind) {
			case 'acquire':
				return this.acquire(effect.queue);
			case 'tryAcquire':
				return this.tryAcquire(effect.queue);
			case 'release':
				return this.release(effect.queue);
			case 'postWebhook':
				return outcomeOf(this.timers, () => this.host.postWebhook(effect), effect.timeoutMs + WEBHOOK_GRACE_MS);
			case 'readApi':
				return outcomeOf(this.timers, () => this.host.readApi(effect), effect.timeoutMs + WEBHOOK_GRACE_MS);
			default: {
				const method = this.host[effect.kind] as (effect: Effect) => Promise<unknown>;
				return outcomeOf(this.timers, () => method.call(this.host, effect), Math.min(DEADLINE_MS, this.timeLeft()));
			}
		}
	}

	private timeLeft(): number {
		return Math.max(0, this.until - Date.now());
	}

	private async acquire(queue: string): Promise<Outcome> {
		const turn = this.queues.acquire(queue);
		const outcome = await outcomeOf(this.timers, () => turn, this.timeLeft());
		if (outcome === 'timeout') {
			turn.then((release) => release());
			return outcome;
		}
		this.held.set(queue, await turn);
		return { ok: null };
	}

	private async tryAcquire(queue: string): Promise<Outcome> {
		const isFree = this.queues.isFree(queue);
		return isFree ? this.acquire(queue).then(() => ({ ok: true })) : { ok: false };
	}

	private async release(queue: string): Promise<Outcome> {
		this.held.get(queue)?.();
		this.held.delete(queue);
		return { ok: null };
	}
}

/** What becomes of a call: its result, its error, or nothing before the deadline; a later result is dropped. */
async function outcomeOf(timers: Timers, call: () => Promise<unknown>, deadlineMs: number): Promise<Outcome> {
	let stop: (() => void) | undefined;
	const deadline = new Promise<Outcome>((resolve) => {
		if (Number.isFinite(deadlineMs)) {
			stop = timers.start(() => resolve('timeout'), deadlineMs);
		}
	});
	const result = async (): Promise<Outcome> => {
		try {
			return { ok: (await call()) ?? null };
		} catch (error) {
			return { error: errorText(error) };
		}
	};
	try {
		return await Promise.race([result(), deadline]);
	} finally {
		stop?.();
	}
}
