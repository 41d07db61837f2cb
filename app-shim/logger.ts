import type { IApp } from '@rocket.chat/apps-engine/definition/IApp';

import type { Logger } from './host';

/**
 * The app's log. Deno engines before 1.62 keep only the lines of the logger of the request that came last, so there it
 * is asked for anew at each line; those up to 1.42 keep the lines of the logger that was there when they called.
 */
export function loggerOf(app: IApp): Logger {
	const logger = app.getLogger();
	const isOfDeno = 'getLogs' in logger;
	const current = (): Logger => (isOfDeno ? app.getLogger() : logger);
	return {
		debug: (text) => current().debug(text),
		info: (text) => current().info(text),
		warn: (text) => current().warn(text),
		error: (text) => current().error(text),
	};
}
