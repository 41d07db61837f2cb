import type { IProcessor } from '@rocket.chat/apps-engine/definition/scheduler';
import { StartupType } from '@rocket.chat/apps-engine/definition/scheduler';

import type { Job } from './core';
import type { Accessors } from './host';
import { JOB_PROCESSOR } from './host';
import type { Runner } from './runner';

/** How often something must come by to pick up what is due: the core knows what (crate/src/sweep.rs). */
const SWEEP_INTERVAL = '60 seconds';

/** Runs the core's jobs. They answer the scheduler at once: it never repeats a job, and gives up on slow ones. */
export function processors(runner: Runner, logger: () => Accessors['logger']): Array<IProcessor> {
	const start = (job: Job): IProcessor['processor'] => {
		return async (_context, read, modify, http, persistence) => {
			await runner.runEvent({ job: { job } }, { read, modify, http, persistence, logger: logger() });
		};
	};
	return [
		{
			id: 'sweep',
			processor: start({ sweep: { recovered: false } }),
			startupSetting: { type: StartupType.RECURRING, interval: SWEEP_INTERVAL },
		},
		{
			id: JOB_PROCESSOR,
			processor: async (context, ...accessors) => start(context.job)(context, ...accessors),
		},
	];
}
