import type { AppStatus } from '@rocket.chat/apps-engine/definition/AppStatus.js';
import { AppStatusUtils } from '@rocket.chat/apps-engine/definition/AppStatus.js';
import type { ISetting } from '@rocket.chat/apps-engine/definition/settings/index.js';
import type { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';
import { AppActivationBridge, AppDetailChangesBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { ProxiedApp } from '@rocket.chat/apps-engine/server/ProxiedApp.js';
import type { AppSourceStorage } from '@rocket.chat/apps-engine/server/storage/index.js';
import type { Activity } from './activity.mts';
import type { Delays } from './random.mts';

/** What a node tells the others: all that changes about apps (docs/reference/rocketchat.md#cluster-and-limits). */
export type Broadcast = { appId: string } & (
	| { event: 'added' | 'updated' | 'removed' }
	| { event: 'status'; status: AppStatus }
	| { event: 'setting'; setting: ISetting }
);

/** How late a broadcast may be at most: "short windows of mixed versions". */
const LATE_MS_MAX = 50;

/** Keeps a node's apps as those of the others. */
export class Broadcasts {
	private readonly send: (broadcast: Broadcast) => void;
	private readonly delays: Delays;
	private readonly activity: Activity;
	private manager?: AppManager;
	private sources?: AppSourceStorage;
	/** What is being carried out because another node told it, and is not to be told on. */
	private heard?: Broadcast;
	private applied: Promise<void> = Promise.resolve();

	constructor(send: (broadcast: Broadcast) => void, delays: Delays, activity: Activity) {
		this.send = send;
		this.delays = delays;
		this.activity = activity;
	}

	connect(manager: AppManager, sources: AppSourceStorage): void {
		this.manager = manager;
		this.sources = sources;
	}

	/** Tells the other nodes, unless it is their news. */
	announce(broadcast: Broadcast): void {
		const { heard } = this;
		if (heard?.event !== broadcast.event || heard.appId !== broadcast.appId) this.send(broadcast);
	}

	/** Does what another node has done, one after the other. */
	hear(broadcast: Broadcast): void {
		const apply = async () => {
			await this.delays.pause(LATE_MS_MAX);
			this.heard = broadcast;
			await this.apply(broadcast).catch((error) => console.error(`broadcast ${broadcast.event}:`, error));
			this.heard = undefined;
		};
		this.applied = this.activity.track(this.applied.then(apply));
	}

	private async apply(broadcast: Broadcast): Promise<void> {
		const { manager } = this;
		if (!manager?.areAppsLoaded()) return;
		const { appId } = broadcast;
		if (broadcast.event === 'added') return manager.addLocal(appId);
		const app = manager.getOneById(appId);
		if (!app) return;
		switch (broadcast.event) {
			case 'updated':
				return this.update(manager, appId);
			case 'removed':
				return manager.removeLocal(appId);
			case 'status':
				return this.changeStatus(manager, app, broadcast.status);
			case 'setting':
				// Each node runs both hooks and writes once more (docs/reference/rocketchat.md#settings).
				return manager.getSettingsManager().updateAppSetting(appId, broadcast.setting);
		}
	}

	private async update(manager: AppManager, appId: string): Promise<void> {
		const stored = await manager.getStorage().retrieveOne(appId);
		const zip = stored && (await this.sources?.fetch(stored));
		if (!zip) return;
		if (AppStatusUtils.isEnabled(stored.status)) await manager.updateAndStartupLocal(stored, zip);
		else await manager.updateAndInitializeLocal(stored, zip);
	}

	private async changeStatus(manager: AppManager, app: ProxiedApp, status: AppStatus): Promise<void> {
		if ((await app.getStatus()) === status) return;
		if (AppStatusUtils.isEnabled(status)) await manager.enable(app.getID());
		else if (AppStatusUtils.isDisabled(status)) await this.disable(manager, app.getID(), status);
		else return;
		// Else the engine would leave an enabled app disabled when it restarts its process.
		app.getStorageItem().status = status;
	}

	/** At its end the engine stumbles over an app that is being removed and is not in the store any more. */
	private async disable(manager: AppManager, appId: string, status: AppStatus): Promise<void> {
		try {
			await manager.disable(appId, status, true);
		} catch (error) {
			if (await manager.getStorage().retrieveOne(appId)) throw error;
		}
	}
}

/** What the engine tells of its apps. */
export class SandboxActivationBridge extends AppActivationBridge {
	private readonly broadcasts: Broadcasts;

	constructor(broadcasts: Broadcasts) {
		super();
		this.broadcasts = broadcasts;
	}

	protected override async appAdded(app: ProxiedApp): Promise<void> {
		this.broadcasts.announce({ event: 'added', appId: app.getID() });
	}

	protected override async appUpdated(app: ProxiedApp): Promise<void> {
		this.broadcasts.announce({ event: 'updated', appId: app.getID() });
	}

	protected override async appRemoved(app: ProxiedApp): Promise<void> {
		this.broadcasts.announce({ event: 'removed', appId: app.getID() });
	}

	protected override async appStatusChanged(app: ProxiedApp, status: AppStatus): Promise<void> {
		this.broadcasts.announce({ event: 'status', appId: app.getID(), status });
	}

	protected override async actionsChanged(): Promise<void> {
		// For clients, which are not there.
	}
}

export class SandboxDetailChangesBridge extends AppDetailChangesBridge {
	private readonly broadcasts: Broadcasts;

	constructor(broadcasts: Broadcasts) {
		super();
		this.broadcasts = broadcasts;
	}

	protected override onAppSettingsChange(appId: string, setting: ISetting): void {
		this.broadcasts.announce({ event: 'setting', appId, setting });
	}
}
