/** What operations inside the core cost natively: instructions, as callgrind counts them, and allocations. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { aptInstall } from '../tools/apt.mjs';
import { CACHE, ROOT } from '../tools/project.mjs';
import { run } from '../tools/run.mjs';

const MANIFEST = join(ROOT, 'bench', 'core', 'Cargo.toml');
const PROGRAM = join(CACHE, 'cargo', 'release', 'instructions');
/** So often an operation is played for one count; what comes before and after it is subtracted. */
const TIMES = 20;

/** Builds what the operations are played with. */
export function buildPlays() {
	run('cargo', ['build', '--quiet', '--release', '--locked', '--manifest-path', MANIFEST, '--bin', 'instructions']);
}

/** The operations as they can be played elsewhere, with the allocations that each makes natively. */
export function plays() {
	return JSON.parse(output(PROGRAM, []).stdout);
}

/** Instructions of one run of each operation, by their names. */
export function countInstructions() {
	if (spawnSync('valgrind', ['--version']).status !== 0) {
		aptInstall(['valgrind'], 'This needs valgrind: install it and try again');
	}
	const counted = plays().map(({ name }, which) => {
		const all = instructions(which, TIMES + 1) - instructions(which, 1);
		return [name, Math.round(all / TIMES)];
	});
	return Object.fromEntries(counted);
}

function instructions(which, times) {
	const options = ['--tool=callgrind', '--callgrind-out-file=/dev/null', PROGRAM, which, times].map(String);
	return Number(output('valgrind', options).stderr.match(/Collected : (\d+)/)[1]);
}

function output(program, args) {
	const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
	if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
	return { stdout, stderr };
}
