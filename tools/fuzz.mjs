/**
 * Fuzzes the core. What is found new is kept below `node_modules/.cache`; the committed corpus is only read. An input
 * that breaks something is left in `fuzz/artifacts`, and its path is printed.
 *
 * usage: node tools/fuzz.mjs [--seconds <a target's time>] [<target> …]
 *        node tools/fuzz.mjs --input <file> <target>     runs one input again
 *        node tools/fuzz.mjs --merge                     adds to the corpus what earlier runs found and it lacks; commit few of it
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { cargoTool } from './cargo-tool.mjs';
import { CACHE, ROOT } from './project.mjs';
import { main, run } from './run.mjs';

const TARGETS = readdirSync(join(ROOT, 'fuzz', 'targets')).map((file) => basename(file, '.rs'));
const BUILD = join(CACHE, 'fuzz');
/** Longer inputs find little more, and take long. */
const LENGTH_MAX = 1024;
/** An input that takes longer, in seconds, is a finding: an operation must end. */
const TIMEOUT = 30;

main(() => {
	const { values, positionals } = parseArgs({
		options: {
			seconds: { type: 'string', default: '20' },
			input: { type: 'string' },
			merge: { type: 'boolean', default: false },
		},
		allowPositionals: true,
	});
	for (const target of positionals.length > 0 ? positionals : TARGETS) {
		console.log(`\n=== ${target}`);
		if (values.input !== undefined) {
			fuzz(target, [values.input]);
		} else if (values.merge) {
			fuzz(target, [committed(target), found(target)], '-merge=1');
		} else {
			const limits = [`-max_total_time=${values.seconds}`, `-max_len=${LENGTH_MAX}`, '-verbosity=0'];
			fuzz(target, [found(target), committed(target)], ...limits, '-print_final_stats=1');
		}
	}
});

/** Without a sanitizer, which wants a nightly compiler: the core has no unsafe code. */
function fuzz(target, inputs, ...options) {
	const build = ['--sanitizer', 'none', '--target-dir', BUILD];
	run(cargoTool('cargo-fuzz'), ['run', ...build, target, ...inputs, '--', `-timeout=${TIMEOUT}`, ...options]);
}

function committed(target) {
	return folder(join(ROOT, 'fuzz', 'corpus', target));
}

function found(target) {
	return folder(join(BUILD, 'corpus', target));
}

function folder(path) {
	mkdirSync(path, { recursive: true });
	return path;
}
