/** Whatever the size of the window: what one writes with is in sight, and nothing must be scrolled sideways to. */

import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import type { Locator, Page as Tab } from 'playwright-core';
import { PageStage } from '../support/page-stage.mts';

const SIZES = [
	[390, 844],
	[820, 1180],
	[1081, 800],
	[1100, 800],
	[1180, 720],
	[1280, 720],
	[1340, 800],
	[1440, 900],
	[2560, 1440],
] as const;
const SIDES = ['RapidPro', 'Rocket.Chat'];
const ROOMS = 8;
const MESSAGES = 15;
const SENTENCE = 'Is the clinic open today, and does it have the vaccine? ';
/** Four lines of a conversation; with less nobody can follow it. */
const CONVERSATION_PX_MIN = 90;

const SIDEWAYS_PX = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** What of the browser's objects is needed here. */
interface Shown {
	contains(other: unknown): boolean;
	getBoundingClientRect(): { left: number; right: number; top: number; bottom: number };
	ownerDocument: { elementFromPoint(x: number, y: number): unknown };
}

let stage: PageStage;
before(async () => {
	stage = await PageStage.open();
	await furnish(await stage.tab());
});
after(() => stage?.close());
afterEach(() => stage.assertNoComplaints());

for (const [width, height] of SIZES) {
	it(`fits into ${width}×${height}`, async () => {
		const tab = await stage.tab({ width, height });
		for (const name of SIDES) {
			await bringForward(tab, name);
			const side = sideOf(tab, name);
			await side.getByRole('article').filter({ hasText: 'The last word' }).waitFor();
			if (process.env.SHOTS) await tab.screenshot({ path: `${process.env.SHOTS}/${width}x${height} ${name}.png` });
			for (const control of await controlsOf(side)) await assertInSight(tab, control, name);
			const conversation = await side.getByRole('log').boundingBox();
			assert.ok(Number(conversation?.height) >= CONVERSATION_PX_MIN, `${name}: ${conversation?.height} px to read in`);
			assert.equal(await tab.evaluate(SIDEWAYS_PX), 0, `${name}: the page scrolls sideways`);
		}
		await tab.context().close();
	});
}

/** What takes room: a scenario that was played, rooms, fields of a ticket, and a conversation that is longer than any window. */
async function furnish(tab: Tab): Promise<void> {
	await tab.getByRole('button', { name: 'Outage' }).click();
	await tab.getByText('all as it should be').waitFor();
	const { rapidPro } = stage.assembly;
	const [first] = rapidPro.model.contacts;
	for (let index = 0; index < ROOMS; index++)
		await rapidPro.openTicket(rapidPro.addContact({ name: `Contact ${index}` }));
	await tab.getByLabel('Contact', { exact: true }).selectOption('Maria');
	await rapidPro.openTicket(first, {
		department: 'Nutrition',
		priority: 'high',
		customFields: { language: 'Kinyarwanda' },
	});
	for (let index = 0; index < MESSAGES; index++) await rapidPro.contactWrites(first, SENTENCE.repeat(2));
	await rapidPro.contactWrites(first, 'The last word');
	await sideOf(tab, 'Rocket.Chat').getByRole('article').filter({ hasText: 'The last word' }).waitFor();
	await tab.context().close();
}

function sideOf(tab: Tab, name: string): Locator {
	return tab.getByRole('region', { name, exact: true });
}

/** On a narrow screen one part is shown at a time. */
async function bringForward(tab: Tab, name: string): Promise<void> {
	const parts = tab.getByRole('navigation', { name: 'Parts of the page' });
	if (await parts.isVisible()) await parts.getByRole('button', { name }).click();
}

/** What one acts with, apart from the rooms in their list, which scrolls. */
function controlsOf(side: Locator): Promise<Locator[]> {
	return side.locator(':is(button, select, textarea, .icon-button):not(nav *)').all();
}

async function assertInSight(tab: Tab, control: Locator, side: string): Promise<void> {
	const name = `${side}, “${(await control.getAttribute('aria-label')) ?? (await control.textContent())}”`;
	const { width: right, height: bottom } = tab.viewportSize() ?? { width: 0, height: 0 };
	const box = await control.boundingBox();
	assert.ok(box, `${name} is not drawn`);
	const isInside = box.x >= 0 && box.y >= 0 && box.x + box.width <= right && box.y + box.height <= bottom;
	assert.ok(isInside, `${name} leaves the window: ${JSON.stringify(box)}`);
	assert.ok(await isSeen(control), `${name} is cut off or covered: ${JSON.stringify(box)}`);
}

/** Whether one sees a thing itself in the middle of each of its edges: nothing cuts it off, nothing lies upon it. */
function isSeen(control: Locator): Promise<boolean> {
	return control.evaluate((node) => {
		const element = node as unknown as Shown;
		const { left, right, top, bottom } = element.getBoundingClientRect();
		return [
			[left + 2, (top + bottom) / 2],
			[right - 2, (top + bottom) / 2],
			[(left + right) / 2, top + 2],
			[(left + right) / 2, bottom - 2],
		].every(([x = 0, y = 0]) => element.contains(element.ownerDocument.elementFromPoint(x, y)));
	});
}
