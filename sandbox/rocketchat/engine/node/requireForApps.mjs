/** How the engine's runtime resolves what an app may require, from where the engine lies. */

import { createRequire } from 'node:module';

const fromEngine = createRequire(ENGINE_FILE);

export const require = (name) => fromEngine(name.replace('npm:', ''));
