/**
 * Lets the sandbox, which is written against the newest Apps-Engine, run on the one in `APPS_ENGINE_HOME`: Node's hooks
 * for the modules of `@rocket.chat/apps-engine`. Each becomes one with the newest engine's names and the other engine's
 * values; what that one does not have yet is undefined.
 */

import { createRequire } from 'node:module';
import path from 'node:path';

const PACKAGE = '@rocket.chat/apps-engine/';
const SCHEME = 'apps-engine:';

/** The newest engine, from where the sandbox finds it. */
const newest = createRequire(import.meta.url);

/** Hook of Node. */
export async function resolve(specifier, context, next) {
	if (!specifier.startsWith(PACKAGE)) return next(specifier, context);
	return { url: SCHEME + specifier, format: 'module', shortCircuit: true };
}

/** Hook of Node. */
export async function load(url, context, next) {
	if (!url.startsWith(SCHEME)) return next(url, context);
	return { source: facade(url.slice(SCHEME.length)), format: 'module', shortCircuit: true };
}

/** The source of the module that stands in for one of the engine's. */
function facade(specifier) {
	const names = Object.keys(newest(specifier)).filter((name) => /^\w+$/.test(name) && name !== 'default');
	const home = path.join(process.env.APPS_ENGINE_HOME, 'package.json');
	return `
		import { createRequire } from 'node:module';
		const require = createRequire(${JSON.stringify(home)});
		let engine = {};
		try {
			engine = require(${JSON.stringify(specifier)});
		} catch (error) {
			if (!error.message.startsWith("Cannot find module '${specifier}'")) throw error;
		}
		export const { ${names.join(', ')} } = engine;
	`;
}
