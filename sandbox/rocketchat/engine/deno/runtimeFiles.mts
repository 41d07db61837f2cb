import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engineRequire } from '../home.mts';

const run = promisify(execFile);

/** Our replacements for the few modules that the runtime imports from outside npm; plain JavaScript, see `copyStandIns`. */
const STAND_INS = fileURLToPath(new URL('../../../deno/', import.meta.url));

/** What the npm package lacks, as import map entries: docs/reference/toolchain.md#the-real-apps-engine. */
const IMPORTS = {
	'@std/cli/parse-args': './stand-ins/parse-args.mjs',
	'@std/io': './stand-ins/io.mjs',
	'https://deno.land/std@0.216.0/io/write_all.ts': './stand-ins/io.mjs',
	'@std/streams': './stand-ins/streams.mjs',
	'@rocket.chat/apps-engine/definition/exceptions/AppsEngineException.ts': './stand-ins/AppsEngineException.mjs',
};

/** What a faster time changes in it. */
const FAST_IMPORTS = {
	'@std/io': './stand-ins/fast-clock.mjs',
	'https://deno.land/std@0.216.0/io/write_all.ts': './stand-ins/fast-clock.mjs',
};

/** Where a prepared runtime lies. */
export interface PreparedRuntime {
	/** The engine's `deno-runtime` folder. */
	runtimeDir: string;
	/** Configuration with an import map that resolves from npm alone. */
	config: string;
	/** The same for apps that live in a faster time, see `deno/fast-clock.mjs`. */
	fastConfig: string;
	/** A folder with the `deno` binary, for `PATH`: the engine starts `deno` by name. */
	binDir: string;
	/** Deno's cache, filled: the engine runs with `--cached-only`. */
	denoDir: string;
}

/** A runtime whose files lie there. */
export function configsIn(runtimeDir: string): Pick<PreparedRuntime, 'runtimeDir' | 'config' | 'fastConfig'> {
	return {
		runtimeDir,
		config: path.join(runtimeDir, 'deno.jsonc'),
		fastConfig: path.join(runtimeDir, 'deno-fast.jsonc'),
	};
}

/** Deno does not run TypeScript from under node_modules, where the runtime lies: the stand-ins are JavaScript. */
export async function copyStandIns(runtimeDir: string): Promise<void> {
	await cp(STAND_INS, path.join(runtimeDir, 'stand-ins'), { recursive: true });
}

/** Makes both configurations of what the engine brings. */
export async function rewriteImportMap({
	config,
	fastConfig,
}: Pick<PreparedRuntime, 'config' | 'fastConfig'>): Promise<void> {
	const original = JSON.parse(await readFile(config, 'utf8'));
	const fromNpm = Object.entries<string>(original.imports).filter(([, target]) => !target.startsWith('jsr:'));
	const write = (file: string, standIns: object) => {
		const imports = { ...Object.fromEntries(fromNpm), ...standIns };
		// The package's lock names modules of the registry that is left out; exact versions stand in the import map.
		return writeFile(file, JSON.stringify({ ...original, imports, lock: false }, undefined, '\t'));
	};
	await write(config, IMPORTS);
	await write(fastConfig, { ...IMPORTS, ...FAST_IMPORTS });
}

/** Fetches what the runtime imports from npm. */
export async function fillCache(denoBinary: string, { runtimeDir, config, denoDir }: PreparedRuntime): Promise<void> {
	await mkdir(denoDir, { recursive: true });
	await run(denoBinary, ['cache', '--config', config, path.join(runtimeDir, 'main.ts')], {
		env: { DENO_TLS_CA_STORE: 'system,mozilla', ...process.env, DENO_DIR: denoDir },
	}).catch((error: Error & { stderr?: string }) => {
		throw new Error(`could not fill Deno's cache from the npm registry: ${error.stderr ?? error.message}`);
	});
}

/** All that decides about what is prepared, for a hash. */
export async function ingredients(): Promise<(string | Buffer)[]> {
	const names = (await readdir(STAND_INS)).sort();
	const standIns = await Promise.all(names.map((name) => readFile(path.join(STAND_INS, name))));
	return [JSON.stringify([IMPORTS, FAST_IMPORTS]), ...standIns];
}

/** The binary inside the npm package for this platform, `@deno/<platform>`. */
export function locateDeno(): { binary: string; version: string } {
	const fromDeno = createRequire(engineRequire.resolve('deno/package.json'));
	const platform = `${process.platform}-${process.arch}`;
	for (const name of [`@deno/${platform}-glibc`, `@deno/${platform}`]) {
		try {
			const manifest = fromDeno.resolve(`${name}/package.json`);
			return { binary: path.join(path.dirname(manifest), denoName()), version: fromDeno(manifest).version };
		} catch {
			// Not this name: only one of them exists for a platform.
		}
	}
	throw new Error(`npm installed no Deno binary for ${platform}; the sandbox runs where the npm package "deno" does`);
}

/** What the engine starts. */
export function denoName(): string {
	return process.platform === 'win32' ? 'deno.exe' : 'deno';
}
