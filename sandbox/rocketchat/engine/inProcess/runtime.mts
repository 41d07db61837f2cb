import type { IAppManagerDeps } from '@rocket.chat/apps-engine/server/AppManager.js';
import { SettingRead } from '@rocket.chat/apps-engine/server/accessors/SettingRead.js';
import { clock } from '../../clock.mts';
import { NeverAnswered, OWN_SETTING } from '../../faults.mts';
import { engineHome } from '../home.mts';
import { SandboxAppManager } from '../manager.mts';
import type { AppRuntime, Watchers } from '../runtime.mts';
import { hastenApps } from './fastClock.mts';
import { plain } from './plain.mts';

/** The calls by which the engine hands over its own objects and apps' functions. */
const OF_THE_ENGINE = /^(activation|api|appDetailChanges)\.|\.register/;

/**
 * All apps in the server's process: engines up to 1.42, by Node's `vm` or by vm2. An app that was ended lives on until
 * the process ends.
 */
export class InProcessRuntime implements AppRuntime {
	private readonly watchers: Watchers;
	private readonly clockMoves: boolean;

	/** @param clockMoves whether the time will be moved. */
	constructor(watchers: Watchers, clockMoves: boolean) {
		this.watchers = watchers;
		this.clockMoves = clockMoves;
	}

	async start(dependencies: Omit<IAppManagerDeps, 'tempFilePath'>): Promise<SandboxAppManager> {
		// From there vm2 resolves what apps import of the engine.
		process.chdir(engineHome);
		const manager = new SandboxAppManager(dependencies as IAppManagerDeps);
		if (clock.pace.speed !== 1 || this.clockMoves) hastenApps();
		this.watchRequests(manager);
		this.watchOwnSettings();
		return manager;
	}

	/** What comes from an app is an object of its context, with vm2 a proxy: a database would have plain data of it. */
	carry(call: string, args: unknown[], perform: (args: unknown[]) => unknown): Promise<unknown> {
		return this.around(call, () => perform(OF_THE_ENGINE.test(call) ? args : args.map(plain)));
	}

	async end(): Promise<void> {}

	async kill(): Promise<void> {
		throw new Error('the app has no process of its own');
	}

	pid(): undefined {}

	/** They live in this process's time. */
	async setPace(): Promise<void> {}

	async stop(): Promise<void> {}

	private around<T>(call: string, perform: () => T): Promise<Awaited<T>> {
		const { activity, faults, roundTrips, news } = this.watchers;
		roundTrips.record(call);
		news.tell({ kind: 'called', name: call });
		const answer = activity.track(faults.around(call, async () => perform()));
		return answer.catch((error) => {
			// Nobody ever answers, and there is no pipe that could drop an answer.
			if (error instanceof NeverAnswered) return new Promise<never>(() => {});
			throw error;
		}) as Promise<Awaited<T>>;
	}

	private watchRequests(manager: SandboxAppManager): void {
		const { activity } = this.watchers;
		const apis = manager.getApiManager();
		const execute = apis.executeApi.bind(apis);
		apis.executeApi = (...request) => activity.track(execute(...request));
	}

	/** The one thing that no bridge carries. */
	private watchOwnSettings(): void {
		const around = this.around.bind(this);
		const read = UNWATCHED;
		SettingRead.prototype.getValueById = function (this: SettingRead, id) {
			return around(OWN_SETTING, () => read.call(this, id));
		};
	}
}

const UNWATCHED = SettingRead.prototype.getValueById;
