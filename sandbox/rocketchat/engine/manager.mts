import { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';

/** The real AppManager. There is one a process, which permission checks ask. */
export class SandboxAppManager extends AppManager {
	/** Leaves the place to the next. */
	release(): void {
		Object.assign(AppManager, { Instance: undefined });
	}

	/** Engine 1.28 has no such step: it enables apps while it loads them. */
	override async enableAll(): ReturnType<AppManager['enableAll']> {
		return 'enableAll' in AppManager.prototype ? super.enableAll() : [];
	}
}
