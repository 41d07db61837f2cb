import { App } from '@rocket.chat/apps-engine/definition/App';
import type { IJobContext, IProcessor } from '@rocket.chat/apps-engine/definition/scheduler';
import { StartupType } from '@rocket.chat/apps-engine/definition/scheduler';

import type { Job } from './core';
import { JOB_PROCESSOR } from './host';
import { loggerOf } from './logger';
import type { Runner } from './runner';

/** How often something must come by to pick up what is due: the core knows what (crate/src/sweep.rs). */
const SWEEP_INTERVAL = '60 seconds';

/** The scheduler starts no other of these jobs meanwhile; a slow one goes on by itself. */
const PATIENCE_MS = 1000;

/** What the server's scheduler calls: the recurring sweep, and the jobs that the core schedules itself. */
export function processors(app: App, runner: Runner): Array<IProcessor> {
	const processor = (jobOf: (context: IJobContext) => Job): IProcessor['processor'] =>
		async function (this: unknown, context, read, modify, http, persistence) {
			// Newer engines keep a job's log only if it is written through the app that they call the processor with.
			const logger = loggerOf(this instanceof App ? this : app);
			await runner.runEvent({ job: { job: jobOf(context) } }, { read, modify, http, persistence, logger }, PATIENCE_MS);
		};
	return [
		{
			id: 'sweep',
			processor: processor(() => ({ sweep: { recovered: false } })),
			startupSetting: { type: StartupType.RECURRING, interval: SWEEP_INTERVAL },
		},
		{ id: JOB_PROCESSOR, processor: processor(({ job }) => job) },
	];
}
