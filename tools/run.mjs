/** Running other programs. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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

/** The signals by which a terminal, its closing, or another program ends this one. */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls `body` with an AbortSignal that is aborted when this process is to end; `body` must then come to an end, by a
 * failure too, and may clean up. Only after that the process ends, by the signal that it got.
 */
export async function interruptible(body) {
	const interruption = new AbortController();
	const interrupt = (name) => interruption.abort(name);
	for (const name of ENDS) process.on(name, interrupt);
	try {
		return await body(interruption.signal);
	} finally {
		// Of a signal that came while nothing but this ran, the handler has not been called yet.
		await new Promise(setImmediate);
		for (const name of ENDS) process.off(name, interrupt);
		if (interruption.signal.aborted) process.kill(process.pid, interruption.signal.reason);
	}
}

/** As {@link run}, but ends the program, and throws, when `signal` is aborted. */
export async function runUntil(signal, program, args, { cwd = ROOT, quiet = false } = {}) {
	// Of a signal that came while nothing but this ran, the handler has not been called yet.
	await new Promise(setImmediate);
	if (signal.aborted) throw new Error('interrupted');
	const child = spawn(program, args, { cwd, stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
	const end = () => child.kill(signal.reason);
	signal.addEventListener('abort', end);
	const output = [];
	for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
	try {
		const [status, name] = await once(child, 'close');
		if (status === 0) return;
		if (!signal.aborted) process.stderr.write(Buffer.concat(output));
		throw new Error(`${program} ${args[0]} failed (${name ?? `exit code ${status}`})`);
	} finally {
		signal.removeEventListener('abort', end);
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
