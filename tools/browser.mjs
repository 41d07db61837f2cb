/** A browser for what looks at the sandbox's page: Chromium, by its name on the path or by the variable CHROMIUM. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptInstall } from './apt.mjs';

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
	aptInstall(['chromium'], 'This needs Chromium: install it, or name its program in the variable CHROMIUM');
}
