import { AppManager, type IAppManagerDeps } from '@rocket.chat/apps-engine/server/AppManager.js';
import { AppRuntimeManager } from '@rocket.chat/apps-engine/server/managers/AppRuntimeManager.js';
import { type Watchers, watchedSubprocess } from './subprocess.mts';

/** The real AppManager; only the place of its Deno runtime and the watching of its processes are ours. */
export class SandboxAppManager extends AppManager {
	private readonly runtimes: AppRuntimeManager;

	constructor(dependencies: IAppManagerDeps, denoConfig: string, watchers: Watchers) {
		super(dependencies);
		this.runtimes = new AppRuntimeManager(this, (_manager, ...app) =>
			watchedSubprocess(this, app, denoConfig, watchers),
		);
	}

	/** There is one AppManager a process, which permission checks ask: leaves the place to the next. */
	release(): void {
		Object.assign(AppManager, { Instance: undefined });
	}

	override getRuntime(): AppRuntimeManager {
		return this.runtimes;
	}
}
