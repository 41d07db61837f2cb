/** Running other programs. */
import { spawnSync } from 'node:child_process';
import { ROOT } from './project.mjs';

/**
 * Runs a program in the root of the project and throws unless it succeeds. What it prints is shown; with `quiet`, only
 * when it fails.
 */
export function run(program, args, { cwd = ROOT, env = {}, quiet = false } = {}) {
	const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
		cwd,
		env: { ...process.env, ...env },
		stdio: quiet ? 'pipe' : 'inherit',
	});
	if (error !== undefined) {
		throw new Error(`cannot run ${program}: ${error.message}`);
	}
	if (status !== 0) {
		if (quiet) {
			process.stderr.write(Buffer.concat([stdout, stderr]));
		}
		throw new Error(`${program} ${args[0]} failed (${signal ?? `exit code ${status}`})`);
	}
}

/** Runs the main part of a tool: what is thrown is printed as one line and fails the process. */
export async function main(body) {
	try {
		await body();
	} catch (error) {
		console.error(error.message);
		process.exitCode = 1;
	}
}
