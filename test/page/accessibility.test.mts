/** No serious fault of accessibility, whatever is on the screen. */

import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import axe, { type Result } from 'axe-core';
import type { Page as Tab } from 'playwright-core';
import { PageStage, type TabOptions } from '../support/page-stage.mts';

const SCREENS: [string, TabOptions][] = [
	['on a laptop', {}],
	['in the dark', { colorScheme: 'dark' }],
	['on a phone', { width: 390, height: 844 }],
	['on a phone in the dark', { width: 390, height: 844, colorScheme: 'dark' }],
];
const PARTS = ['RapidPro', 'Rocket.Chat', 'Traffic', 'Controls'];

let stage: PageStage;
before(async () => {
	stage = await PageStage.open();
	await fill(await stage.tab());
});
after(() => stage?.close());

for (const [title, options] of SCREENS) {
	it(`the page ${title}`, async () => {
		const tab = await stage.tab(options);
		const parts = tab.getByRole('navigation', { name: 'Parts of the page' });
		if (!(await parts.isVisible())) await assertAccessible(tab);
		else {
			for (const name of PARTS) {
				await parts.getByRole('button', { name }).click();
				await assertAccessible(tab);
			}
		}
		await tab.context().close();
	});
}

it('the windows of the page', async () => {
	const tab = await stage.tab();
	for (const name of ['App settings', 'New contact', 'Forward', 'Close', 'All fields …']) {
		if (name === 'All fields …') await tab.getByRole('button', { name: 'Close ticket' }).click();
		await tab.getByRole('button', { name, exact: true }).click();
		await tab.getByRole('dialog').locator('form').waitFor();
		await assertAccessible(tab);
		await tab.keyboard.press('Escape');
		await tab.getByRole('dialog').waitFor({ state: 'detached' });
	}
	await tab.context().close();
});

it('a conversation by the keyboard alone', async () => {
	const tab = await stage.newContact();
	const desk = tab.getByRole('region', { name: 'Rocket.Chat', exact: true });
	await tab.getByRole('button', { name: 'Open ticket' }).focus();
	await tab.keyboard.press('Enter');
	await desk.getByRole('textbox', { name: 'Answer as' }).waitFor();
	await tab.getByRole('textbox', { name: 'Write as' }).focus();
	await tab.keyboard.type('Typed');
	await tab.keyboard.press('Enter');
	await desk.getByRole('article').filter({ hasText: 'Typed' }).waitFor();
	await tab.context().close();
});

/** One of everything: messages, pictures, a notice of a refusal, a detail of the traffic. */
async function fill(tab: Tab): Promise<void> {
	const phone = tab.getByRole('region', { name: 'RapidPro', exact: true });
	const desk = tab.getByRole('region', { name: 'Rocket.Chat', exact: true });
	await phone.getByRole('button', { name: 'Open ticket' }).click();
	await phone.getByRole('button', { name: 'Close ticket' }).waitFor();
	await phone.getByRole('button', { name: 'Send a picture' }).click();
	await desk.getByRole('img').waitFor();
	await desk.getByRole('button', { name: 'Send a picture' }).click();
	await phone.getByRole('img').nth(1).waitFor();
	const { rapidPro, trouble } = stage.assembly;
	rapidPro.faults.answer({ status: 400, body: { error: "field 'manners' is required" } });
	await desk.getByRole('textbox').fill('This will not arrive');
	await desk.getByRole('textbox').press('Enter');
	await desk.getByText('Not delivered').waitFor();
	trouble.setRapidPro('down');
	await desk.getByRole('textbox').fill('This will wait');
	await desk.getByRole('textbox').press('Enter');
	await desk.getByText('Waiting').waitFor();
	await tab
		.getByRole('button', { name: /Agent-message/ })
		.last()
		.click();
	await tab.getByRole('button', { name: 'Copy as curl' }).waitFor();
	await tab.context().close();
}

async function assertAccessible(tab: Tab): Promise<void> {
	await tab.evaluate(axe.source);
	const { passes, violations } = (await tab.evaluate('axe.run()')) as { passes: Result[]; violations: Result[] };
	assert.notEqual(passes.length, 0);
	const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
	const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join('\n  ')}`);
	assert.deepEqual(told, []);
}
