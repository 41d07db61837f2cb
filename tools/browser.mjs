/** A browser for what looks at the sandbox's page: Chromium, by its name on the path or by the variable CHROMIUM. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The path of a browser that is there. */
export function findBrowser() {
	const named = process.env.CHROMIUM;
	if (named !== undefined) {
		return named;
	}
	const folders = (process.env.PATH ?? '').split(delimiter);
	return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Sees to it that there is a browser: on Debian with apt-get, as root or through sudo. */
export function provideBrowser() {
	if (findBrowser() !== undefined) {
		return;
	}
	if (spawnSync('apt-get', ['--version']).status !== 0) {
		throw new Error('This needs Chromium: install it, or name its program in the variable CHROMIUM');
	}
	console.log('Installing Chromium');
	const aptGet = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', 'apt-get'];
	const call = ([program, ...args]) => run(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
	call([...aptGet, '--quiet=2', 'update']);
	call([...aptGet, '--quiet=2', 'install', '--yes', '--no-install-recommends', 'chromium']);
}
