import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { PreparedRuntime } from '../deno/runtimeFiles.mts';
import { engineDir } from '../home.mts';

const here = (file: string) => fileURLToPath(new URL(`./${file}`, import.meta.url));

/** The Deno cache has what the runtime imports and npm has not installed. */
const FROM_DENO = ['acorn', 'acorn-walk', 'astring'];

/**
 * Lets apps run as servers after 8.8 run them (docs/reference/rocketchat.md#versions-and-runtimes): the engine's own
 * runtime for apps, bundled for Node, in a process that may read the engine's files and nothing else, that knows `PATH`
 * alone of its environment, and whose apps may require what the engine lists. No such server's package is on npm, so
 * that it is put together here.
 *
 * Writes a program `deno`, which is what the engine starts, into `folder`.
 */
export async function offerNodeShell(
	folder: string,
	node: string,
	prepared: PreparedRuntime,
	pace: string | undefined,
): Promise<void> {
	const bundle = path.join(folder, 'node-runtime', 'main.cjs');
	await mkdir(path.dirname(bundle), { recursive: true });
	await bundleRuntime(bundle, prepared, pace !== undefined);
	const readable = await Promise.all(
		[path.dirname(bundle), path.join(engineDir, '..', '..')].map((dir) => realpath(dir)),
	);
	const options = [await permissionFlag(node), ...readable.map((dir) => `--allow-fs-read='${dir}/*'`)].join(' ');
	const paced = pace === undefined ? '' : `--pace '${pace}'`;
	const script = `while [ "$1" != --subprocess ]; do shift; done\nexec env -i PATH="$PATH" '${node}' ${options} '${await realpath(bundle)}' "$@" ${paced}\n`;
	await writeFile(path.join(folder, 'deno'), `#!/bin/sh\n${script}`, { mode: 0o755 });
}

/** Node has had its permissions as an experiment first. */
async function permissionFlag(node: string): Promise<string> {
	const version = await new Promise<string>((resolve, reject) => {
		execFile(node, ['--version'], (error, stdout) => (error ? reject(error) : resolve(stdout)));
	});
	return Number(/^v(\d+)/.exec(version)?.[1]) < 22 ? '--experimental-permission' : '--permission';
}

async function bundleRuntime(outfile: string, { runtimeDir, denoDir }: PreparedRuntime, fast: boolean): Promise<void> {
	await build({
		entryPoints: [path.join(await realpath(runtimeDir), 'main.ts')],
		outfile,
		bundle: true,
		platform: 'node',
		target: 'node20',
		format: 'cjs',
		inject: [here('denoGlobals.mjs')],
		define: { ENGINE_FILE: JSON.stringify(path.join(engineDir, 'package.json')) },
		nodePaths: [path.join(engineDir, 'node_modules'), path.join(engineDir, '..', '..')],
		plugins: [forNode(runtimeDir, denoDir, fast)],
		logLevel: 'warning',
	});
}

function forNode(runtimeDir: string, denoDir: string, fast: boolean): Plugin {
	const standIn = (name: string) => path.join(runtimeDir, 'stand-ins', name);
	const standIns: Record<string, string> = {
		'@std/cli/parse-args': standIn('parse-args.mjs'),
		'@std/io': standIn(fast ? 'fast-clock.mjs' : 'io.mjs'),
		'@std/streams': standIn('streams.mjs'),
		'@rocket.chat/apps-engine/definition/exceptions/AppsEngineException.ts': standIn('AppsEngineException.mjs'),
	};
	return {
		name: 'the runtime for Node',
		setup(build) {
			build.onResolve({ filter: /^@std\/|AppsEngineException\.ts$/ }, ({ path: name }) => ({ path: standIns[name] }));
			build.onResolve({ filter: /(^|\/)require\.ts$/ }, () => ({ path: here('requireForApps.mjs') }));
			build.onResolve({ filter: /^@rocket\.chat\/apps-engine\/.*\.ts$/ }, ({ path: name, resolveDir }) =>
				build.resolve(name.replace(/\.ts$/, '.js'), { resolveDir, kind: 'import-statement' }),
			);
			build.onResolve({ filter: new RegExp(`^(${FROM_DENO.join('|')})$`) }, async ({ path: name }) => {
				const versions = path.join(denoDir, 'npm', 'registry.npmjs.org', name);
				const [version] = existsSync(versions) ? readdirSync(versions).filter((entry) => /^\d/.test(entry)) : [];
				if (!version) throw new Error(`Deno's cache has no ${name}`);
				return build.resolve(path.join(versions, version), { resolveDir: denoDir, kind: 'import-statement' });
			});
		},
	};
}
