/** The Apps-Engines that the sandbox can run on: the project's own, and those of older servers in `sandbox/engines`. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from './project.mjs';
import { run } from './run.mjs';

const PINNED = join(ROOT, 'sandbox', 'engines');
/** The engine that the project itself installs. */
export const OWN = '1-62';
/** Where the others are installed. */
export const CACHED = join(CACHE, 'engines');

/** The folders of `sandbox/engines`. */
export function pinned() {
	const folders = readdirSync(PINNED, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	return folders.map(({ name }) => name).sort();
}

/** With what Node runs the sandbox on an engine: variables, and options before the script's name. */
export function sandboxOn(engine) {
	if (engine === OWN) return { env: {}, options: [] };
	return {
		env: { APPS_ENGINE_HOME: installed(engine) },
		options: ['--import', './sandbox/rocketchat/engine/other.mjs'],
	};
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
