import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder whose `node_modules` has the Apps-Engine: the one in `APPS_ENGINE_HOME`, else the sandbox. */
export const engineHome = process.env.APPS_ENGINE_HOME ?? fileURLToPath(new URL('../..', import.meta.url));

/** Whether the engine is another one than that which the project itself installs. */
export const isOtherEngine = process.env.APPS_ENGINE_HOME !== undefined;

/** Resolves modules from there. */
export const engineRequire = createRequire(path.join(engineHome, 'package.json'));

/** Where the engine's package lies. */
export const engineDir = path.dirname(engineRequire.resolve('@rocket.chat/apps-engine/package.json'));

/** The engine's version. */
export const engineVersion: string = engineRequire('@rocket.chat/apps-engine/package.json').version;
