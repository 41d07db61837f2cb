import {
	type IOnetimeSchedule,
	type IProcessor,
	type IRecurringSchedule,
	StartupType,
} from '@rocket.chat/apps-engine/definition/scheduler/index.js';
import { SchedulerBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { Scheduler } from '../scheduler.mts';

/** What fails in here is logged, and the app gets undefined (docs/reference/rocketchat.md#scheduler). */
export class SandboxSchedulerBridge extends SchedulerBridge {
	private readonly scheduler: Scheduler;
	private readonly log: (line: string) => void;

	constructor(scheduler: Scheduler, log: (line: string) => void) {
		super();
		this.scheduler = scheduler;
		this.log = log;
	}

	/** The engine has put the app id behind the processor's id already. Startup settings count at every enabling. */
	protected override async registerProcessors(processors: IProcessor[], appId: string): Promise<void> {
		await this.swallowing(async () => {
			for (const { id, processor, startupSetting } of processors) {
				// The engine wraps the processor: it takes the job's context alone and calls the app's process.
				this.scheduler.register(id, processor as unknown as (context: object) => Promise<void>);
				if (!startupSetting) continue;
				const data = { ...startupSetting.data, appId };
				if (startupSetting.type === StartupType.ONETIME)
					await this.scheduler.onceAtStartup(id, startupSetting.when, data);
				else await this.scheduler.every(id, startupSetting.interval, data, startupSetting.skipImmediate ?? false);
			}
		});
	}

	protected override async scheduleOnce(
		{ id, when, data }: IOnetimeSchedule,
		appId: string,
	): Promise<string | undefined> {
		return this.swallowing(() => this.scheduler.once(id, when, { ...data, appId }));
	}

	protected override async scheduleRecurring(
		{ id, interval, data, skipImmediate }: IRecurringSchedule,
		appId: string,
	): Promise<string | undefined> {
		return this.swallowing(() => this.scheduler.every(id, interval, { ...data, appId }, skipImmediate ?? false));
	}

	protected override async cancelJob(jobId: string): Promise<void> {
		await this.swallowing(() => this.scheduler.cancel(jobId));
	}

	protected override async cancelAllJobs(appId: string): Promise<void> {
		await this.swallowing(() => this.scheduler.cancelAll(appId));
	}

	private async swallowing<T>(work: () => Promise<T>): Promise<T | undefined> {
		try {
			return await work();
		} catch (error) {
			this.log(`scheduler: ${(error as Error).message}`);
			return undefined;
		}
	}
}
