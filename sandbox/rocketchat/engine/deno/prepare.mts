import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, constants, copyFile, cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { engineDir, engineVersion } from '../home.mts';
import {
	configsIn,
	copyStandIns,
	denoName,
	fillCache,
	ingredients,
	locateDeno,
	type PreparedRuntime,
	rewriteImportMap,
} from './runtimeFiles.mts';

/**
 * Prepares the engine's Deno runtime once per combination of versions, in `node_modules/.cache`; later starts find it
 * there. Only the first needs the npm registry. The installed packages stay as they are.
 */
export async function prepareRuntime(log: (line: string) => void): Promise<PreparedRuntime> {
	const deno = locateDeno();
	const home = path.join(CACHE, await cacheKey(deno.version));
	const prepared = pathsIn(home);
	if (!existsSync(home)) {
		log(`preparing the Apps-Engine's Deno runtime in ${path.relative(process.cwd(), home)} (once)`);
		await build(home, deno.binary);
	}
	return prepared;
}

const CACHE = path.join(engineDir, '..', '..', '.cache', 'rocketchat-sandbox');

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

/** A copy, because npm 11 runs no install scripts and an unpacked binary may lack its execute bit. */
async function copyDeno(binary: string, binDir: string): Promise<void> {
	await mkdir(binDir, { recursive: true });
	const copy = path.join(binDir, path.basename(binary));
	await copyFile(binary, copy, constants.COPYFILE_FICLONE);
	await chmod(copy, 0o755);
}

async function cacheKey(denoVersion: string): Promise<string> {
	const hash = createHash('sha256');
	for (const ingredient of await ingredients()) hash.update(ingredient);
	return `engine-${engineVersion}-deno-${denoVersion}-${hash.digest('hex').slice(0, 8)}`;
}
