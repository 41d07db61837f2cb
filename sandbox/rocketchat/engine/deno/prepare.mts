import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
	chmod,
	constants,
	copyFile,
	cp,
	mkdir,
	readdir,
	readFile,
	rename,
	rm,
	symlink,
	writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engineDir, engineHome, engineRequire, isOtherEngine } from '../home.mts';

const run = promisify(execFile);

/** Our replacements for the few modules that the runtime imports from outside npm; plain JavaScript, see `prepare`. */
const STAND_INS = fileURLToPath(new URL('../../../deno/', import.meta.url));

/** What the npm package lacks, as import map entries: facts/toolchain.md, "The real Apps-Engine". */
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

/**
 * Prepares the engine's Deno runtime once per combination of versions, in `node_modules/.cache`; later starts find it
 * there. Only the first needs the npm registry. The installed packages stay as they are.
 */
export async function prepareRuntime(log: (line: string) => void): Promise<PreparedRuntime> {
	const deno = locateDeno();
	if (isOtherEngine) return pathsInPlace(deno.binary);
	const home = path.join(cacheDir(engineDir), await cacheKey(engineDir, deno.version));
	const prepared = pathsIn(home);
	if (!existsSync(home)) {
		log(`preparing the Apps-Engine's Deno runtime in ${path.relative(process.cwd(), home)} (once)`);
		await build(home, deno.binary);
	}
	return prepared;
}

/**
 * Prepares another engine where it is installed, in a folder that is there for this alone: the host's part of engines
 * before 1.62 knows no other place. Not for two at once.
 */
export async function prepareInPlace(): Promise<void> {
	const deno = locateDeno();
	await chmod(deno.binary, 0o755);
	const paths = pathsInPlace(deno.binary);
	await copyStandIns(paths.runtimeDir);
	await rewriteImportMap(paths);
	await fillCache(deno.binary, paths);
	// Engine 1.46 starts what its package `deno-bin` would have downloaded, and lets it know nothing but its parent.
	if (existsSync(DENO_BIN)) await writeScript(DENO_BIN, `exec "\${0%/*}/$PPID" "$@"`);
}

const DENO_BIN = path.join(engineHome, 'node_modules', 'deno-bin', 'bin');

/**
 * Puts a program `deno` into a folder that gives the engine's the configuration which engines before 1.62 leave to be
 * found, and the time.
 */
export async function offerLauncher(
	folder: string,
	config: string,
	{ binDir }: PreparedRuntime,
	pace: string,
): Promise<void> {
	const deno = `'${path.join(binDir, denoName())}'`;
	await writeScript(
		folder,
		`command=$1; shift; exec ${deno} "$command" --cached-only --config '${config}' "$@" --pace '${pace}'`,
	);
	if (!existsSync(DENO_BIN)) return;
	const forThisProcess = path.join(DENO_BIN, String(process.pid));
	await rm(forThisProcess, { force: true });
	await symlink(path.join(folder, 'deno'), forThisProcess);
}

async function writeScript(folder: string, line: string): Promise<void> {
	await writeFile(path.join(folder, 'deno'), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
}

function pathsInPlace(denoBinary: string): PreparedRuntime {
	const runtimeDir = path.join(engineDir, 'deno-runtime');
	// Engine 1.46 takes no other cache.
	return { ...configsIn(runtimeDir), binDir: path.dirname(denoBinary), denoDir: path.join(engineDir, '.deno-cache') };
}

function configsIn(runtimeDir: string): Pick<PreparedRuntime, 'runtimeDir' | 'config' | 'fastConfig'> {
	return {
		runtimeDir,
		config: path.join(runtimeDir, 'deno.jsonc'),
		fastConfig: path.join(runtimeDir, 'deno-fast.jsonc'),
	};
}

function pathsIn(home: string): PreparedRuntime {
	// The runtime rewrites `apps-engine/src/` to `apps-engine/` in paths, hence the folder's name.
	const runtimeDir = path.join(home, 'apps-engine', 'deno-runtime');
	return {
		...configsIn(runtimeDir),
		binDir: path.join(home, 'bin'),
		denoDir: path.join(home, 'deno-dir'),
	};
}

/** Builds beside the final place and renames, so that a start that was interrupted leaves nothing half done. */
async function build(home: string, denoBinary: string): Promise<void> {
	const draft = `${home}.${process.pid}`;
	const paths = pathsIn(draft);
	try {
		await copyEngine(path.dirname(paths.runtimeDir));
		await rewriteImportMap(paths);
		await copyDeno(denoBinary, paths.binDir);
		await fillCache(path.join(paths.binDir, denoName()), paths);
		await rename(draft, home).catch((error: NodeJS.ErrnoException) => {
			const someoneElseWasFaster = error.code === 'ENOTEMPTY' || error.code === 'EEXIST';
			if (!someoneElseWasFaster) throw error;
		});
	} finally {
		await rm(draft, { recursive: true, force: true });
	}
}

async function copyEngine(target: string): Promise<void> {
	for (const part of ['deno-runtime', 'definition', 'server', 'package.json']) {
		await cp(path.join(engineDir, part), path.join(target, part), { recursive: true });
	}
	// The runtime requires `server/misc/UIHelper`, which requires this; it may read nothing above the copy.
	const uuid = createRequire(path.join(engineDir, 'package.json')).resolve('uuid/package.json');
	await cp(path.dirname(uuid), path.join(target, 'node_modules', 'uuid'), { recursive: true });
	await copyStandIns(path.join(target, 'deno-runtime'));
}

/** Deno does not run TypeScript from under node_modules, where the runtime lies: the stand-ins are JavaScript. */
async function copyStandIns(runtimeDir: string): Promise<void> {
	await cp(STAND_INS, path.join(runtimeDir, 'stand-ins'), { recursive: true });
}

async function rewriteImportMap({ config, fastConfig }: Pick<PreparedRuntime, 'config' | 'fastConfig'>): Promise<void> {
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

/** A copy, because npm 11 runs no install scripts and an unpacked binary may lack its execute bit. */
async function copyDeno(binary: string, binDir: string): Promise<void> {
	await mkdir(binDir, { recursive: true });
	const copy = path.join(binDir, path.basename(binary));
	await copyFile(binary, copy, constants.COPYFILE_FICLONE);
	await chmod(copy, 0o755);
}

async function fillCache(denoBinary: string, { runtimeDir, config, denoDir }: PreparedRuntime): Promise<void> {
	await mkdir(denoDir, { recursive: true });
	await run(denoBinary, ['cache', '--config', config, path.join(runtimeDir, 'main.ts')], {
		env: { DENO_TLS_CA_STORE: 'system,mozilla', ...process.env, DENO_DIR: denoDir },
	}).catch((error: Error & { stderr?: string }) => {
		throw new Error(`could not fill Deno's cache from the npm registry: ${error.stderr ?? error.message}`);
	});
}

function cacheDir(engineDir: string): string {
	return path.join(engineDir, '..', '..', '.cache', 'rocketchat-sandbox');
}

async function cacheKey(engineDir: string, denoVersion: string): Promise<string> {
	const engine = JSON.parse(await readFile(path.join(engineDir, 'package.json'), 'utf8'));
	const hash = createHash('sha256').update(JSON.stringify([IMPORTS, FAST_IMPORTS]));
	for (const name of (await readdir(STAND_INS)).sort()) hash.update(await readFile(path.join(STAND_INS, name)));
	return `engine-${engine.version}-deno-${denoVersion}-${hash.digest('hex').slice(0, 8)}`;
}

/** The binary inside the npm package for this platform, `@deno/<platform>`. */
function locateDeno(): { binary: string; version: string } {
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

function denoName(): string {
	return process.platform === 'win32' ? 'deno.exe' : 'deno';
}
