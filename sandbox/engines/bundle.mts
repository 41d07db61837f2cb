import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ENTRY = fileURLToPath(new URL('./node14.mts', import.meta.url));

/**
 * Writes a Rocket.Chat node of a cluster into one file that Node 14 runs, on which servers up to 6.x do. The engine is
 * left out: the file takes it from the folder in `APPS_ENGINE_HOME`.
 */
export async function bundleForNode14(outfile: string): Promise<void> {
	await build({
		entryPoints: [ENTRY],
		outfile,
		bundle: true,
		platform: 'node',
		target: 'node12.22',
		format: 'cjs',
		plugins: [engineOfHome, promisesOfOldNodes],
		external: ['esbuild'],
		define: { 'import.meta.url': 'bundleUrl' },
		banner: { js: "const bundleUrl = require('url').pathToFileURL(__filename).href;" },
		logLevel: 'warning',
	});
}

/** Node 12 has no modules of promises: what is used of them is made of callbacks. */
const promisesOfOldNodes: Plugin = {
	name: 'modules of promises for Node 12',
	setup(build) {
		build.onResolve({ filter: /^(node:)?(fs|timers)\/promises$/ }, ({ path }) => ({
			path: path.replace('node:', ''),
			namespace: 'promises',
		}));
		build.onLoad({ filter: /.*/, namespace: 'promises' }, ({ path }) => ({
			contents:
				path === 'fs/promises'
					? "module.exports = require('fs').promises;"
					: "exports.setTimeout = require('util').promisify(setTimeout);",
			loader: 'js',
		}));
	},
};

/** What the engine lacks is undefined, as in `engine/facades.mjs`. */
const engineOfHome: Plugin = {
	name: 'engine of APPS_ENGINE_HOME',
	setup(build) {
		build.onResolve({ filter: /^@rocket\.chat\/apps-engine\// }, (module) => ({
			path: module.path,
			namespace: 'apps-engine',
		}));
		build.onLoad({ filter: /.*/, namespace: 'apps-engine' }, (module) => ({
			contents: `
				const file = require('path').join(process.env.APPS_ENGINE_HOME, 'node_modules', ${JSON.stringify(module.path)});
				module.exports = require('fs').existsSync(file) ? require(file) : {};
			`,
			loader: 'js',
		}));
	},
};
