import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sandboxOn } from '../tools/engines.mjs';
import { ROOT } from '../tools/project.mjs';
import type { Question, Reply } from './process.mts';

/** The apps that are measured. */
export const APPS = ['floor', 'ours'] as const;
export type App = (typeof APPS)[number];

/** Something of each app. */
export type Each<T> = Record<App, T>;

/** Both apps, each in a process of its own with everything around it. */
export class Pair {
	private turns = 0;

	private constructor(private readonly processes: Each<AppProcess>) {}

	/** Starts them on an engine: a folder of `sandbox/engines`, or the project's own. */
	static async start(script: string, engine: string, zips: Each<string>, storeMs: number): Promise<Pair> {
		return new Pair({
			floor: await AppProcess.start(script, engine, [zips.floor, storeMs]),
			ours: await AppProcess.start(script, engine, [zips.ours, storeMs]),
		});
	}

	/** Both do the same, one after the other and in turns the first: what else the machine does hits both alike. */
	async ask<Result>(command: string, ...args: unknown[]): Promise<Each<Result>> {
		const order = this.turns++ % 2 === 0 ? APPS : [...APPS].reverse();
		const results: Partial<Each<Result>> = {};
		for (const app of order) results[app] = (await this.processes[app].ask(command, ...args)) as Result;
		return results as Each<Result>;
	}

	/** Both do the same `times` times, in turns, and what they give is put together. */
	async collect(times: number, command: string, ...args: unknown[]): Promise<Each<number[]>> {
		const collected: Each<number[]> = { floor: [], ours: [] };
		for (let time = 0; time < times; time++) {
			const results = await this.ask<number[]>(command, ...args);
			for (const app of APPS) collected[app].push(...results[app]);
		}
		return collected;
	}

	async stop(): Promise<void> {
		for (const app of APPS) await this.processes[app].stop();
	}
}

class AppProcess {
	private complaints = '';
	private readonly child: ChildProcess;

	private constructor(child: ChildProcess) {
		this.child = child;
		child.stderr?.on('data', (data) => {
			this.complaints = (this.complaints + data).slice(-2000);
		});
	}

	static async start(script: string, engine: string, args: unknown[]): Promise<AppProcess> {
		const { env, options } = sandboxOn(engine);
		const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(args)], {
			cwd: ROOT,
			env: { ...process.env, ...env },
			execArgv: ['--import', 'tsx', ...options],
			// What the apps write to their logs is nobody's business here.
			stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
		});
		const started = new AppProcess(child);
		await started.reply();
		return started;
	}

	async ask(command: string, ...args: unknown[]): Promise<unknown> {
		const question: Question = { command, args };
		this.child.send(question);
		return this.reply();
	}

	async stop(): Promise<void> {
		await this.ask('stop');
		this.child.kill();
		await once(this.child, 'exit');
	}

	private async reply(): Promise<unknown> {
		const over = new AbortController();
		const { signal } = over;
		const died = once(this.child, 'exit', { signal }).then(() => [{ error: `it died: ${this.complaints}` }]);
		const [reply] = (await Promise.race([once(this.child, 'message', { signal }), died])) as [Reply];
		over.abort();
		died.catch(() => {});
		if ('error' in reply) throw new Error(reply.error);
		return reply.result;
	}
}
