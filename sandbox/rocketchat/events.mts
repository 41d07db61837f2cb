import { AppInterface } from '@rocket.chat/apps-engine/definition/metadata/index.js';
import type { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';
import type { Activity } from './activity.mts';
import type { Delays } from './random.mts';

export { AppInterface };

/** How long an event may be late at most, where delays are on. */
const LATE_MS_MAX = 12;

type Deliver = (data: unknown) => Promise<unknown>;

/**
 * The engine waits for none of these, so that nobody catches what a process throws that is just being started. A server
 * logs what nobody caught and lives on; this one would end.
 */
const UNWATCHED = ['executePostMessageSent', 'executePostSystemMessageSent'];

/** Carries what happens on the server to the apps. */
export class AppEvents {
	private manager?: AppManager;
	private readonly delays: Delays;
	private readonly activity: Activity;
	private droppedLeft = 0;

	constructor(delays: Delays, activity: Activity) {
		this.delays = delays;
		this.activity = activity;
	}

	/** Apps hear of nothing until all of them are loaded (docs/reference/rocketchat.md#events). */
	connect(manager: AppManager): void {
		this.manager = manager;
		const listeners = manager.getListenerManager() as unknown as Record<string, Deliver | undefined>;
		for (const name of UNWATCHED) {
			const deliver = listeners[name]?.bind(listeners);
			if (!deliver) continue;
			listeners[name] = (data) => deliver(data).catch((error) => console.error(name, JSON.stringify(error)));
		}
	}

	/** Loses the next events, as a server does that dies before it tells its apps. */
	drop(times: number): void {
		this.droppedLeft = times;
	}

	/**
	 * Tells the apps afterwards. Nobody waits for it (docs/reference/rocketchat.md#events), and events may run
	 * side by side: the pause before each lets a later one overtake. What apps throw stays here. A payload of undefined
	 * is something that was removed meanwhile, of which there is nothing to tell.
	 */
	fire(event: AppInterface | undefined, payload: () => unknown): void {
		if (!isKnown(event)) return;
		if (this.droppedLeft > 0) {
			this.droppedLeft--;
			return;
		}
		const deliver = async () => {
			await this.delays.pause(LATE_MS_MAX);
			const data = await payload();
			if (data !== undefined) await this.ask(event, data);
		};
		this.activity.track(deliver()).catch((error) => console.error(`event ${event}:`, error));
	}

	/** Asks the apps beforehand; what they throw reaches the caller. */
	async ask(event: AppInterface | undefined, payload: unknown): Promise<unknown> {
		if (!isKnown(event) || !this.manager?.areAppsLoaded()) return undefined;
		return this.manager.getListenerManager().executeListener(event as never, payload as never);
	}

	/** Whether any app listens, so that payloads are made only for someone. */
	hasListeners(event: AppInterface | undefined): boolean {
		return (
			isKnown(event) &&
			Boolean(this.manager?.areAppsLoaded()) &&
			(this.manager?.getListenerManager().getListeners(event).length ?? 0) > 0
		);
	}
}

/** Whether the engine has this event; older ones lack some. */
function isKnown(event: AppInterface | undefined): event is AppInterface {
	return event !== undefined;
}
