import assert from 'node:assert/strict';
import type { Browser, Page as Tab } from 'playwright-core';
import { AGENTS, type Assembly, assemble } from '../../sandbox/assembly.mts';
import { Narrator } from '../../sandbox/narrator.mts';
import { launchBrowser } from '../../sandbox/page/browser.mts';
import { TRAFFIC_MAX } from '../../sandbox/page/documents.mts';
import { Page } from '../../sandbox/page/server.mts';
import { Running } from '../../sandbox/running.mts';
import { packagedZip } from './stage.mts';

/** How long the page may take for what the sandbox does, on a busy machine. */
const PATIENCE_MS = 20_000;

/** What a browser is opened with. */
export interface TabOptions {
	width?: number;
	height?: number;
	colorScheme?: 'light' | 'dark';
	/** The id of the contact whose phone is shown; the one who is ready unless told. */
	contact?: string;
}

/** The sandbox with its page, as `npm start` has it, the packaged app in it, and a browser that looks at it. */
export class PageStage {
	/** What browsers have complained about. */
	readonly complaints: string[] = [];

	private constructor(
		private readonly page: Page,
		readonly assembly: Assembly,
		readonly address: string,
		private readonly browser: Browser,
		private readonly running: Running,
	) {}

	static async open(): Promise<PageStage> {
		const running = new Running();
		const page = running.add(new Page({ pauseMs: 0 }), (started) => started.close());
		const address = await page.listen(0);
		const assembly = await assemble({
			port: 0,
			narrator: new Narrator(() => {}),
			install: (rocketChat) => rocketChat.installApp(packagedZip()),
			started: (stop) => running.add(stop, (stopIt) => stopIt()),
		});
		const contact = assembly.rapidPro.addContact({ name: 'Maria', urns: ['tel:+250788111222'] });
		page.open(assembly, { firstContact: String(contact.id), firstAgent: AGENTS[0]?.username });
		const browser = running.add(await launchBrowser(), (started) => started.close());
		return new PageStage(page, assembly, address, browser, running);
	}

	close(): Promise<void> {
		return this.running.stop();
	}

	/** A browser at the phone of a contact who is new. */
	async newContact(options: TabOptions = {}): Promise<Tab> {
		const response = await fetch(`${this.address}/api/contact/add`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ name: `Contact ${this.assembly.rapidPro.model.contacts.length}` }),
		});
		const { contact } = (await response.json()) as { contact: string };
		return this.tab({ ...options, contact });
	}

	/** A browser of its own at the page, once the page is live. */
	async tab({ width = 1440, height = 900, colorScheme = 'light', contact }: TabOptions = {}): Promise<Tab> {
		const context = await this.browser.newContext({
			viewport: { width, height },
			colorScheme,
			reducedMotion: 'reduce',
		});
		if (contact !== undefined) {
			await context.addInitScript(`sessionStorage.contact ??= '"${contact}"'`);
		}
		const tab = await context.newPage();
		tab.setDefaultTimeout(PATIENCE_MS);
		tab.on('console', (message) => {
			if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
		});
		tab.on('pageerror', (error) => this.complaints.push(error.message));
		await tab.goto(this.address);
		await tab.getByRole('status').filter({ hasText: 'Live' }).waitFor();
		return tab;
	}

	/** Whether the traffic holds as many entries as it can. */
	isTrafficFull(): boolean {
		return this.page.trafficLength >= TRAFFIC_MAX;
	}

	/** Asserts that no browser has complained. */
	assertNoComplaints(): void {
		assert.deepEqual(this.complaints, []);
	}
}
