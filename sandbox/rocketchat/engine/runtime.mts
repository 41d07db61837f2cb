import type { IAppManagerDeps } from '@rocket.chat/apps-engine/server/AppManager.js';
import type { ProxiedApp } from '@rocket.chat/apps-engine/server/ProxiedApp.js';
import type { Feed } from '../../feed.mts';
import type { Activity } from '../activity.mts';
import type { Pace } from '../clock.mts';
import type { Faults } from '../faults.mts';
import type { News } from '../news.mts';
import type { RoundTrips } from '../roundTrips.mts';
import type { SandboxAppManager } from './manager.mts';

/** What the sandbox watches between an app and the server. */
export interface Watchers {
	activity: Activity;
	faults: Faults;
	roundTrips: RoundTrips;
	news: Feed<News>;
}

/** Where the engine runs apps: in processes of their own, or in the server's. */
export interface AppRuntime {
	/** Makes the engine, ready to run apps. */
	start(dependencies: Omit<IAppManagerDeps, 'tempFilePath'>): Promise<SandboxAppManager>;
	/** Carries out what an app asks of a bridge, with the fault that is set for it. */
	carry(call: string, args: unknown[], perform: (args: unknown[]) => unknown): Promise<unknown>;
	/** Ends an app for good, its stored status left as it is. */
	end(app: ProxiedApp): Promise<void>;
	/** Kills an app's process from outside; resolves when the app is enabled in the next one. */
	kill(app: ProxiedApp | undefined): Promise<void>;
	/** The operating system's id of an app's process, where it has one of its own. */
	pid(app: ProxiedApp | undefined): number | undefined;
	/** Tells the apps of a time that was moved. */
	setPace(pace: Pace): Promise<void>;
	/** Takes away what {@link start} left on the disk. */
	stop(): Promise<void>;
}
