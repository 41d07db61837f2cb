/**
 * Installs the npm packages where they are missing or not those of the lock file. Every npm script begins with it,
 * so it uses nothing but Node itself. With `--rust` it also makes sure that Rust can be built, with `--c++` that C++ can
 * be built with it, with `--browser` that there is a browser.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideBrowser } from './browser.mjs';
import { ROOT } from './project.mjs';
import { main, run } from './run.mjs';
import { provideRust } from './rust.mjs';

const FLAG = { type: 'boolean', default: false };

main(() => {
	if (!isInstalled()) {
		console.log('Installing npm packages');
		// Not `npm ci`: that would delete Cargo's cache, which is below node_modules. This takes the same versions.
		run('npm', ['install', '--no-save', '--no-audit', '--no-fund']);
	}
	const { values } = parseArgs({ options: { rust: FLAG, 'c++': FLAG, browser: FLAG } });
	if (values.rust) {
		provideRust(values['c++'] ? ['cc', 'c++'] : ['cc']);
	}
	if (values.browser) {
		provideBrowser();
	}
});

/** Whether what npm noted when it installed agrees with the lock file. */
function isInstalled() {
	const note = join(ROOT, 'node_modules', '.package-lock.json');
	if (!existsSync(note)) {
		return false;
	}
	const installed = packagesIn(note);
	return Object.entries(packagesIn(join(ROOT, 'package-lock.json'))).every(
		([path, { version, optional, link }]) =>
			!path.includes('node_modules/') || link || installed[path]?.version === version || (optional && !installed[path]),
	);
}

function packagesIn(lockFile) {
	return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}
