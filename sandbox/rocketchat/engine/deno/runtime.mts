import { rmSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { IAppManagerDeps } from '@rocket.chat/apps-engine/server/AppManager.js';
import { AppRuntimeManager } from '@rocket.chat/apps-engine/server/managers/AppRuntimeManager.js';
import type { ProxiedApp } from '@rocket.chat/apps-engine/server/ProxiedApp.js';
import type { IRuntimeController } from '@rocket.chat/apps-engine/server/runtime/IRuntimeController.js';
import { clock, type Pace } from '../../clock.mts';
import { engineRequire, isOtherEngine } from '../home.mts';
import { SandboxAppManager } from '../manager.mts';
import type { AppRuntime, Watchers } from '../runtime.mts';
import { offerLauncher, runtimeInPlace } from './inPlace.mts';
import { prepareRuntime } from './prepare.mts';
import type { PreparedRuntime } from './runtimeFiles.mts';
import { endProcess, killProcess, processId, watchedSubprocess } from './subprocess.mts';

/** Where apps' processes look for the time. */
const CLOCK = 'clock.json';

/** Removed once more when the process ends: an installation that was broken off may put something there. */
const tempDirs = new Set<string>();
process.once('exit', () => {
	for (const tempDir of tempDirs) rmSync(tempDir, { recursive: true, force: true });
});

type Factory = NonNullable<ConstructorParameters<typeof AppRuntimeManager>[1]>;

/** Each app in a Deno process of its own: engines from 1.43. */
export class DenoRuntime implements AppRuntime {
	private readonly watchers: Watchers;
	private readonly log: (line: string) => void;
	private readonly clockMoves: boolean;
	private readonly node?: string;
	private tempDir?: string;

	/**
	 * @param clockMoves whether {@link setPace} will be called: the apps must look at the time again and again.
	 * @param node the Node that runs apps in Deno's place, see `engine/node`.
	 */
	constructor(watchers: Watchers, log: (line: string) => void, clockMoves: boolean, node?: string) {
		this.watchers = watchers;
		this.log = log;
		this.clockMoves = clockMoves;
		this.node = node;
	}

	async start(dependencies: Omit<IAppManagerDeps, 'tempFilePath'>): Promise<SandboxAppManager> {
		const prepared = isOtherEngine ? runtimeInPlace() : await prepareRuntime(this.log);
		const isOutsideTime = clock.pace.speed === 1 && !this.clockMoves;
		const config = isOutsideTime ? prepared.config : prepared.fastConfig;
		this.tempDir = await mkdtemp(path.join(os.tmpdir(), 'rocketchat-sandbox-'));
		tempDirs.add(this.tempDir);
		const pace = JSON.stringify(clock.pace);
		if (isOtherEngine) await offerLauncher(this.tempDir, config, prepared, pace);
		else await linkRuntime(this.tempDir, prepared, pace);
		if (this.node) {
			const { offerNodeShell } = await import('../node/runtime.mts');
			await offerNodeShell(this.tempDir, this.node, prepared, isOutsideTime ? undefined : pace);
		}
		offerDeno(isOtherEngine || this.node ? this.tempDir : prepared.binDir, prepared.denoDir);
		return new DenoAppManager({ ...dependencies, tempFilePath: this.tempDir }, config, this.watchers);
	}

	/** The pipe tells of the calls: see `subprocess.mts`. */
	async carry(call: string, args: unknown[], perform: (args: unknown[]) => unknown): Promise<unknown> {
		return this.watchers.faults.around(call, () => perform(args));
	}

	end(app: ProxiedApp): Promise<void> {
		return endProcess(controllerOf(app));
	}

	kill(app: ProxiedApp | undefined): Promise<void> {
		return killProcess(app && controllerOf(app));
	}

	pid(app: ProxiedApp | undefined): number | undefined {
		return processId(app && controllerOf(app));
	}

	/** Only of the newest engine: the others' apps have the time in an argument. */
	async setPace(pace: Pace): Promise<void> {
		if (this.tempDir && !isOtherEngine) await writeFile(path.join(this.tempDir, CLOCK), JSON.stringify(pace));
	}

	async stop(): Promise<void> {
		if (this.tempDir) await rm(this.tempDir, { recursive: true, force: true });
	}
}

/** Engine 1.46 has another name for it. */
function controllerOf(app: ProxiedApp): IRuntimeController {
	const { getDenoRuntime } = app as unknown as { getDenoRuntime?: () => IRuntimeController };
	return getDenoRuntime ? getDenoRuntime.call(app) : app.getRuntimeController();
}

/** Only the place of its Deno runtime and the watching of its processes are ours. */
class DenoAppManager extends SandboxAppManager {
	private readonly runtimes: AppRuntimeManager;

	constructor(dependencies: IAppManagerDeps, denoConfig: string, watchers: Watchers) {
		super(dependencies);
		const make: Factory = (_manager, ...app) => watchedSubprocess(this, app, denoConfig, watchers);
		this.runtimes = new AppRuntimeManager(this, make);
		if (isOtherEngine) replaceController(make);
	}

	override getRuntime(): AppRuntimeManager {
		return this.runtimes;
	}
}

/** Engine 1.46 asks nobody who makes its controllers: it finds ours in place of its own. */
function replaceController(make: Factory): void {
	function DenoRuntimeSubprocessController(...args: Parameters<Factory>): IRuntimeController {
		return make(...args);
	}
	Object.assign(engineRequire('@rocket.chat/apps-engine/server/runtime/deno/AppsEngineDenoRuntime'), {
		DenoRuntimeSubprocessController,
	});
}

/** Engine 1.62 finds its runtime in the temporary folder and leaves a link that is there already. */
async function linkRuntime(tempDir: string, { runtimeDir }: PreparedRuntime, pace: string): Promise<void> {
	await symlink(runtimeDir, path.join(tempDir, 'deno-runtime'), 'junction');
	await writeFile(path.join(tempDir, CLOCK), pace);
}

/** The engine starts `deno` from `PATH` and hands `DENO_DIR` on. */
function offerDeno(binDir: string, denoDir: string): void {
	const others = (process.env.PATH ?? '').split(path.delimiter).filter((dir) => dir !== binDir);
	process.env.PATH = [binDir, ...others].join(path.delimiter);
	process.env.DENO_DIR = denoDir;
}
