import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { IAppManagerDeps } from '@rocket.chat/apps-engine/server/AppManager.js';
import { AppRuntimeManager } from '@rocket.chat/apps-engine/server/managers/AppRuntimeManager.js';
import type { ProxiedApp } from '@rocket.chat/apps-engine/server/ProxiedApp.js';
import { clock } from '../../clock.mts';
import { SandboxAppManager } from '../manager.mts';
import type { AppRuntime, Watchers } from '../runtime.mts';
import { type PreparedRuntime, prepareRuntime } from './prepare.mts';
import { endProcess, killProcess, watchedSubprocess } from './subprocess.mts';

/** Each app in a Deno process of its own: engines from 1.43. */
export class DenoRuntime implements AppRuntime {
	private readonly watchers: Watchers;
	private readonly log: (line: string) => void;
	private tempDir?: string;

	constructor(watchers: Watchers, log: (line: string) => void) {
		this.watchers = watchers;
		this.log = log;
	}

	async start(dependencies: Omit<IAppManagerDeps, 'tempFilePath'>): Promise<SandboxAppManager> {
		const prepared = await prepareRuntime(this.log);
		offerDeno(prepared);
		this.tempDir = await mkdtemp(path.join(os.tmpdir(), 'rocketchat-sandbox-'));
		// The engine finds its runtime at this place and leaves a link that is there already.
		await symlink(prepared.runtimeDir, path.join(this.tempDir, 'deno-runtime'), 'junction');
		await writeFile(path.join(this.tempDir, 'clock.json'), JSON.stringify(clock.pace));
		const config = clock.pace.speed === 1 ? prepared.config : prepared.fastConfig;
		return new DenoAppManager({ ...dependencies, tempFilePath: this.tempDir }, config, this.watchers);
	}

	/** The pipe tells of the calls: see `subprocess.mts`. */
	async carry(call: string, args: unknown[], perform: (args: unknown[]) => unknown): Promise<unknown> {
		return this.watchers.faults.around(call, () => perform(args));
	}

	end(app: ProxiedApp): Promise<void> {
		return endProcess(app.getRuntimeController());
	}

	kill(app: ProxiedApp | undefined): Promise<void> {
		return killProcess(app?.getRuntimeController());
	}

	async stop(): Promise<void> {
		if (this.tempDir) await rm(this.tempDir, { recursive: true, force: true });
	}
}

/** Only the place of its Deno runtime and the watching of its processes are ours. */
class DenoAppManager extends SandboxAppManager {
	private readonly runtimes: AppRuntimeManager;

	constructor(dependencies: IAppManagerDeps, denoConfig: string, watchers: Watchers) {
		super(dependencies);
		this.runtimes = new AppRuntimeManager(this, (_manager, ...app) =>
			watchedSubprocess(this, app, denoConfig, watchers),
		);
	}

	override getRuntime(): AppRuntimeManager {
		return this.runtimes;
	}
}

/** The engine starts `deno` from `PATH` and hands `DENO_DIR` on. */
function offerDeno({ binDir, denoDir }: PreparedRuntime): void {
	const others = (process.env.PATH ?? '').split(path.delimiter).filter((dir) => dir !== binDir);
	process.env.PATH = [binDir, ...others].join(path.delimiter);
	process.env.DENO_DIR = denoDir;
}
