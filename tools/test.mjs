/**
 * Checks everything, from the formatting to the packaged app, and stops at the first failure. What is tested is built
 * afresh from the sources; the committed core must only be up to date, since another compiler writes other bytes.
 *
 * usage: node tools/test.mjs [--static]     with --static only what runs nothing
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, packageName, ROOT } from './project.mjs';
import { main, run } from './run.mjs';

const FRESH = join(CACHE, 'fresh');
const TRAP = join(CACHE, 'trap');
const BENCH = 'bench/core/Cargo.toml';

const CHECKS = [
	['The committed core is up to date', () => node('tools/check-core.mjs')],
	['Rust: formatting', () => run('cargo', ['fmt', '--check'])],
	[
		'Rust: formatting of the fuzz targets',
		() => run('cargo', ['fmt', '--manifest-path', 'fuzz/Cargo.toml', '--check']),
	],
	['Rust: formatting of the benchmark', () => run('cargo', ['fmt', '--manifest-path', BENCH, '--check'])],
	['Rust: lints', () => clippy('--workspace', '--all-targets')],
	['Rust: lints of the benchmark', () => clippy('--manifest-path', BENCH, '--lib', '--bins')],
	// Without the fuzzer itself, which is written in C++.
	['Rust: lints of the fuzz targets', () => clippy('--manifest-path', 'fuzz/Cargo.toml', '--no-default-features')],
	['TypeScript: formatting and lints', () => bin('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings')],
	...['.', 'sandbox', 'sandbox/page/client', 'test', 'bench'].map((project) => [
		`TypeScript: types of ${project === '.' ? 'the app' : project}`,
		() => bin('typescript/bin/tsc', '--noEmit', '--project', project),
	]),
];

const TESTS = [
	['Rust: tests of the core', () => run('cargo', ['test', '--locked', '--package', 'rapidpro-tickets-core'])],
	// Not optimized, as the simulation is: the build's dependencies are many.
	['Rust: tests of the build', () => run('cargo', ['test', '--locked', '--package', 'xtask', '--profile', 'dev'])],
	['Rust: tests as WebAssembly', () => run('cargo', ['xtask', 'test-wasm'])],
	['The core, built afresh', () => build(FRESH)],
	['The core that can be made to trap', () => build(TRAP, '--features', 'trap')],
	['The app, packaged', () => pack(FRESH)],
	['The app that can be made to trap, packaged', () => pack(TRAP)],
	['Figures that hold on every machine', compareFigures],
	['Tests of the build, the sandbox and the packaged app', runTests],
];

main(() => {
	const steps = process.argv.includes('--static') ? CHECKS : [...CHECKS, ...TESTS];
	for (const [title, body] of steps) {
		console.log(`\n=== ${title}`);
		const start = performance.now();
		body();
		console.log(`--- ${((performance.now() - start) / 1000).toFixed(1)} s`);
	}
});

function node(...args) {
	run(process.execPath, args);
}

function bin(path, ...args) {
	node(join(ROOT, 'node_modules', path), ...args);
}

function clippy(...options) {
	run('cargo', ['clippy', '--locked', ...options, '--', '-D', 'warnings']);
}

function build(out, ...options) {
	run('cargo', ['xtask', 'build', '--out', out, ...options]);
}

function pack(folder) {
	node('tools/package.mjs', '--core', join(folder, 'core.generated.ts'), '--out', folder);
}

function compareFigures() {
	run('cargo', ['test', '--quiet', '--locked', '--manifest-path', BENCH, '--release', '--lib']);
	node('--import', 'tsx', 'bench/figures.mts', join(FRESH, packageName()), join(FRESH, 'core.generated.ts'));
}

function runTests() {
	run(process.execPath, ['--import', 'tsx', '--test', '--test-reporter', 'spec', ...testFiles()], {
		env: {
			CORE: join(FRESH, 'core.generated.ts'),
			APP_ZIP: join(FRESH, packageName()),
			APP_TRAP_ZIP: join(TRAP, packageName()),
		},
	});
}

function testFiles() {
	return ['tools', 'sandbox', 'test'].flatMap((folder) =>
		readdirSync(join(ROOT, folder), { recursive: true })
			.filter((path) => /\.test\.m[jt]s$/.test(path) && !path.includes('node_modules'))
			.map((path) => join(folder, path)),
	);
}
