/**
 * Breaks each rule of the core, one at a time, and has the simulation find out: what it lets pass is not proved.
 *
 * usage: node tools/mutations.mjs [<part of a rule's name>…]
 *
 * `SEEDS=n` plays at most so many histories a rule.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTATIONS } from './mutation-table.mjs';
import { CACHE, ROOT } from './project.mjs';
import { main } from './run.mjs';

const SCRATCH = join(CACHE, 'mutations');
const SEEDS = process.env.SEEDS ?? '20000';
/** Building takes longer than playing the few seeds that most need. */
const QUICK_TO_BUILD = { CARGO_PROFILE_TEST_OPT_LEVEL: '1', CARGO_PROFILE_TEST_DEBUG: 'none' };

main(() => {
	const misfits = MUTATIONS.filter((mutation) => !fits(mutation));
	if (misfits.length > 0) {
		throw new Error(`not found in the core, or not once: ${misfits.map(({ breaks }) => breaks).join('; ')}`);
	}
	mkdirSync(SCRATCH, { recursive: true });
	for (const path of ['crate', 'xtask', 'Cargo.toml', 'Cargo.lock']) {
		// Cargo goes by the files' times: an old one would have it take what an earlier mutation left built.
		rmSync(join(SCRATCH, path), { recursive: true, force: true });
		cpSync(join(ROOT, path), join(SCRATCH, path), { recursive: true });
	}
	const parts = process.argv.length > 2 ? process.argv.slice(2) : [''];
	const chosen = MUTATIONS.filter(({ breaks }) => parts.some((part) => breaks.includes(part)));
	console.log('| Broken rule | Caught by | Seed |\n|---|---|---|');
	const survivors = chosen.filter((mutation) => !isCaught(mutation));
	if (survivors.length > 0) {
		throw new Error(`nothing catches: ${survivors.map(({ breaks }) => breaks).join('; ')}`);
	}
});

function sourceOf(file) {
	return readFileSync(join(ROOT, 'crate', 'src', file), 'utf8');
}

function fits({ file, from }) {
	return sourceOf(file).split(from).length === 2;
}

function isCaught({ breaks, file, from, to }) {
	const path = join(SCRATCH, 'crate', 'src', file);
	const source = sourceOf(file);
	writeFileSync(
		path,
		source.replace(from, () => to),
	);
	const output = simulate(breaks);
	writeFileSync(path, source);
	const [, seed, rule] = /^seed (\d+) breaks the rule “(.+?)”/m.exec(output) ?? [];
	console.log(`| ${breaks} | ${rule ?? '**nothing**'} | ${seed ?? `none of ${SEEDS}`} |`);
	return rule !== undefined;
}

function simulate(breaks) {
	const args = [
		'test',
		'--quiet',
		'--offline',
		'-p',
		'rapidpro-tickets-core',
		'--test',
		'simulation',
		'nothing_is_lost',
	];
	const { stdout, stderr } = spawnSync('cargo', args, {
		cwd: SCRATCH,
		encoding: 'utf8',
		env: { ...process.env, CARGO_TARGET_DIR: join(SCRATCH, 'target'), ...QUICK_TO_BUILD, SEEDS, TRIALS: '0' },
	});
	if (!stdout.includes('running 1 test')) {
		throw new Error(`“${breaks}” cannot be built:\n${stderr}`);
	}
	return stdout;
}
