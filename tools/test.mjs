/**
 * What a contributor runs: from the formatting to the packaged app on the newest engine, up to the first failure. What is
 * tested is built afresh from the sources; the committed core must only be up to date, since another compiler writes other
 * bytes. The rest is in `tools/test-all.mjs`.
 *
 * usage: node tools/test.mjs [--static]     with --static only what runs nothing
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runNodeTests } from './node-tests.mjs';
import { FRESH, packageName, ROOT } from './project.mjs';
import { main, run } from './run.mjs';
import { wasmToolchain } from './rust.mjs';
import { inSteps } from './steps.mjs';

const CORE = 'rapidpro-tickets-core';
/** Histories that the simulation plays, unless `SEEDS` says how many: enough that most faults and pairs of them occur. */
const SEEDS = process.env.SEEDS ?? '1000';

const CHECKS = [
	['The committed core is up to date', () => node('tools/check-core.mjs')],
	['The floors of the core', () => node('tools/floors.mjs')],
	['Rust: formatting', () => run('cargo', ['fmt', '--check'])],
	[
		'Rust: formatting of the fuzz targets',
		() => run('cargo', ['fmt', '--manifest-path', 'fuzz/Cargo.toml', '--check']),
	],
	['Rust: lints', () => clippy('--workspace', '--all-targets')],
	// Without the fuzzer itself, which is written in C++.
	['Rust: lints of the fuzz targets', () => clippy('--manifest-path', 'fuzz/Cargo.toml', '--no-default-features')],
	['TypeScript: formatting and lints', () => bin('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings')],
	...['.', 'sandbox', 'sandbox/page/client', 'test', 'bench'].map((project) => [
		`TypeScript: types of ${project === '.' ? 'the app' : project}`,
		() => bin('typescript/bin/tsc', '--noEmit', '--project', project),
	]),
];

const TESTS = [
	['Rust: tests of the core', () => run('cargo', ['test', '--locked', '--package', CORE], { env: { SEEDS } })],
	['Rust: tests as WebAssembly', testAsWasm],
	['The core, built afresh', () => node('tools/build.mjs', '--out', FRESH)],
	['The app, packaged', () => node('tools/package.mjs', '--core', join(FRESH, 'core.generated.ts'), '--out', FRESH)],
	['Tests of the tools, the sandbox and the packaged app', runTests],
];

main(() => inSteps(process.argv.includes('--static') ? CHECKS : [...CHECKS, ...TESTS]));

function node(...args) {
	run(process.execPath, args);
}

function bin(path, ...args) {
	node(join(ROOT, 'node_modules', path), ...args);
}

function clippy(...options) {
	run('cargo', ['clippy', '--locked', ...options, '--', '-D', 'warnings']);
}

/** Not optimized: they are few, and quick. */
function testAsWasm() {
	const { env, options } = wasmToolchain();
	const target = ['--target', 'wasm32-unknown-unknown'];
	run('cargo', ['test', ...options, '--locked', '--package', CORE, '--lib', '--profile', 'dev', ...target], { env });
}

function runTests() {
	const env = {
		CORE: join(FRESH, 'core.generated.ts'),
		APP_ZIP: join(FRESH, packageName()),
		CLOCK_SPEED: process.env.CI ? '6' : '10',
	};
	runNodeTests(testFiles(), env, { concurrency: Math.max(2, availableParallelism() - 1) });
}

function testFiles() {
	return ['tools', 'sandbox', 'test'].flatMap((folder) =>
		readdirSync(join(ROOT, folder), { recursive: true })
			.filter((path) => /\.test\.m[jt]s$/.test(path) && !path.includes('node_modules'))
			.map((path) => join(folder, path)),
	);
}
