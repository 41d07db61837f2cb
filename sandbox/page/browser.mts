import { type Browser, chromium } from 'playwright-core';
import { findBrowser } from '../../tools/browser.mjs';

/** Starts the browser that the project's set-up provides. */
export function launchBrowser(): Promise<Browser> {
	const executablePath = findBrowser();
	if (executablePath === undefined)
		throw new Error('there is no Chromium: `node tools/setup.mjs --browser` installs it');
	// Chromium's own sandbox needs rights that containers do not give; the page is this project's.
	return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
