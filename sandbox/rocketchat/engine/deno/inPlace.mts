import { existsSync } from 'node:fs';
import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { engineDir, engineHome } from '../home.mts';
import {
	configsIn,
	copyStandIns,
	denoName,
	fillCache,
	locateDeno,
	type PreparedRuntime,
	rewriteImportMap,
} from './runtimeFiles.mts';

/**
 * Prepares another engine where it is installed, in a folder that is there for this alone: the host's part of engines
 * before 1.62 knows no other place. Not for two at once.
 */
export async function prepareInPlace(): Promise<void> {
	const { binary } = locateDeno();
	await chmod(binary, 0o755);
	const paths = runtimeInPlace();
	await copyStandIns(paths.runtimeDir);
	await rewriteImportMap(paths);
	await fillCache(binary, paths);
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

/** What was prepared so. */
export function runtimeInPlace(): PreparedRuntime {
	const runtimeDir = path.join(engineDir, 'deno-runtime');
	// Engine 1.46 takes no other cache.
	return {
		...configsIn(runtimeDir),
		binDir: path.dirname(locateDeno().binary),
		denoDir: path.join(engineDir, '.deno-cache'),
	};
}
