/** `npm run screenshots`: the README's pictures of the page, taken of the page itself. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page as Tab } from 'playwright-core';
import { AGENTS, type Assembly, assemble } from '../assembly.mts';
import { deploy } from '../deploy.mts';
import { Narrator } from '../narrator.mts';
import { Running } from '../running.mts';
import { conversation } from '../scenarios/conversation.mts';
import { playOnTerminal } from '../scenarios/terminal.mts';
import { launchBrowser } from './browser.mts';
import { Page } from './server.mts';

const FOLDER = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const LAPTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** How long the page may take to come to rest. */
const REST_MS = 800;

async function takeAll(running: Running): Promise<void> {
	const page = running.add(new Page(), (started) => started.close());
	const address = await page.listen(0);
	const narrator = new Narrator(() => {});
	const assembly = await assemble({
		port: 0,
		narrator,
		install: (rocketChat) => deploy(rocketChat, running),
		started: (stop) => running.add(stop, (stopIt) => stopIt()),
	});
	const contact = assembly.rapidPro.addContact({ name: 'Maria', urns: ['tel:+250788111222'] });
	page.open(assembly, { firstContact: String(contact.id), firstAgent: AGENTS[0]?.username });
	await playOnTerminal(conversation, assembly, narrator);
	const browser = running.add(await launchBrowser(), (started) => started.close());
	mkdirSync(FOLDER, { recursive: true });
	await takeConversation(await open(browser, address, 'light', LAPTOP));
	await takePhone(await open(browser, address, 'light', PHONE));
	await takeSettings(await open(browser, address, 'light', LAPTOP));
	await takeOutage(await open(browser, address, 'dark', LAPTOP), assembly);
}

async function open(browser: Browser, address: string, colorScheme: 'light' | 'dark', viewport: object): Promise<Tab> {
	const context = await browser.newContext({
		viewport: viewport as typeof LAPTOP,
		colorScheme,
		reducedMotion: 'reduce',
	});
	const tab = await context.newPage();
	await tab.goto(address);
	await tab.getByRole('status').filter({ hasText: 'Live' }).waitFor();
	return tab;
}

async function takeConversation(tab: Tab): Promise<void> {
	const { phone, desk } = partsOf(tab);
	await phone.getByRole('button', { name: 'Open ticket' }).click();
	await desk.getByRole('textbox', { name: 'Answer as' }).waitFor();
	await write(phone, 'Hello! Is this where the vaccination is?');
	await phone.getByRole('button', { name: 'Send a picture' }).click();
	await desk.getByRole('img').waitFor();
	await write(desk, 'Almost: here is the way to us.');
	await desk.getByRole('button', { name: 'Send a picture' }).click();
	await phone.getByRole('img').nth(1).waitFor();
	await write(phone, 'Thank you, we are coming!');
	await desk.getByRole('article').filter({ hasText: 'Thank you' }).waitFor();
	await take(tab, tab, 'conversation');
}

async function takePhone(tab: Tab): Promise<void> {
	await take(tab, tab, 'phone');
}

async function takeSettings(tab: Tab): Promise<void> {
	await tab.getByRole('button', { name: 'App settings' }).click();
	await tab.getByLabel('App Secret').waitFor();
	await take(tab, tab.getByRole('dialog'), 'settings');
}

async function takeOutage(tab: Tab, { trouble }: Assembly): Promise<void> {
	const { phone, desk } = partsOf(tab);
	await phone.getByLabel('Contact', { exact: true }).waitFor();
	trouble.setRapidPro('down');
	for (const text of ['We are open until five.', 'Please bring your card.', 'See you soon!']) await write(desk, text);
	await desk.getByText('Waiting').nth(2).waitFor();
	await take(tab, tab, 'outage');
}

function partsOf(tab: Tab): { phone: Locator; desk: Locator } {
	const part = (name: string) => tab.getByRole('region', { name, exact: true });
	return { phone: part('RapidPro'), desk: part('Rocket.Chat') };
}

async function write(part: Locator, text: string): Promise<void> {
	await part.getByRole('textbox').fill(text);
	await part.getByRole('textbox').press('Enter');
}

async function take(tab: Tab, subject: Tab | Locator, name: string): Promise<void> {
	await tab.waitForTimeout(REST_MS);
	await subject.screenshot({ path: join(FOLDER, `${name}.png`) });
	console.log(`docs/screenshots/${name}.png`);
	await tab.context().close();
}

const running = new Running();
try {
	await takeAll(running);
} catch (error) {
	console.error((error as Error).message);
	process.exitCode = 1;
}
await running.stop();
process.exit();
