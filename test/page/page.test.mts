/** The sandbox's page in a real browser, as somebody uses it who has not read anything. */

import assert from 'node:assert/strict';
import { type RequestOptions, request } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Locator, Page as Tab } from 'playwright-core';
import { landscape } from '../../sandbox/picture.mts';
import { until } from '../../sandbox/until.mts';
import { PageStage } from '../support/page-stage.mts';

let stage: PageStage;
before(async () => {
	stage = await PageStage.open();
});
after(() => stage?.close());
afterEach(() => stage.assertNoComplaints());

describe('a conversation', () => {
	it('goes both ways, with a picture each way, to its close', async () => {
		const tab = await stage.tab();
		const { phone, desk } = partsOf(tab);
		await phone.getByRole('button', { name: 'Open ticket' }).click();
		await phone.getByText('Ticket open').waitFor();

		await write(phone, 'Is the clinic open today?');
		await desk.getByRole('article').filter({ hasText: 'Is the clinic open today?' }).waitFor();
		await phone.getByRole('button', { name: 'Send a picture' }).click();
		await untilDrawn(desk.getByRole('img', { name: 'evening.png' }));

		await write(desk, 'Yes, until five.');
		await phone.getByRole('article').filter({ hasText: 'Yes, until five.' }).waitFor();
		await desk.getByRole('button', { name: 'Send a picture' }).click();
		await untilDrawn(phone.getByRole('article').filter({ hasText: 'Delivered' }).last().getByRole('img'));
		await desk.getByRole('article').filter({ hasText: 'Delivered' }).nth(1).waitFor();

		await desk.getByRole('button', { name: 'Close', exact: true }).click();
		await tab.getByRole('dialog').getByRole('button', { name: 'Close conversation' }).click();
		await phone.getByText('No open ticket').waitFor();
		await desk.getByText('Closed by agnes: Resolved').waitFor();
		await tab.context().close();
	});

	it('stands there again after a reload', async () => {
		const tab = await stage.newContact();
		const { phone, desk } = partsOf(tab);
		await openTicket(tab);
		await write(phone, 'Before the reload');
		await desk.getByRole('article').filter({ hasText: 'Before the reload' }).waitFor();
		await tab.reload();
		await desk.getByRole('article').filter({ hasText: 'Before the reload' }).waitFor();
		await phone.getByRole('article').filter({ hasText: 'Before the reload' }).waitFor();
		await closeTicket(tab);
	});

	it('takes every field of a ticket', async () => {
		const tab = await stage.newContact();
		const { phone, desk } = partsOf(tab);
		await phone.getByRole('button', { name: 'All fields' }).click();
		const form = tab.getByRole('dialog');
		await form.getByLabel('Department').fill('Nutrition');
		await form.getByLabel('Priority').fill('high');
		await form.getByLabel('Session start').fill('2026-07-17T10:28-03:00');
		await form.getByLabel('Custom fields').fill('language: Kinyarwanda');
		await form.getByRole('button', { name: 'Open ticket' }).click();
		await desk.getByRole('definition').filter({ hasText: 'Kinyarwanda' }).waitFor();
		await desk.getByRole('definition').filter({ hasText: 'Nutrition' }).waitFor();
		// Only Bruno works there, so he is the one who answers.
		await desk.getByRole('textbox', { name: 'Answer as Bruno Agent' }).waitFor();
		await closeTicket(tab);
	});

	it('is forwarded, returned to the queue and taken', async () => {
		const tab = await stage.newContact();
		const { desk } = partsOf(tab);
		await openTicket(tab);
		await desk.getByRole('textbox', { name: 'Answer as Agnes Agent' }).waitFor();
		await desk.getByRole('button', { name: 'Forward' }).click();
		await tab.getByRole('dialog').getByLabel('To').selectOption('Bruno Agent');
		await tab.getByRole('dialog').getByRole('button', { name: 'Forward' }).click();
		await desk.getByRole('textbox', { name: 'Answer as Bruno Agent' }).waitFor();
		await desk.getByRole('button', { name: 'Return to queue' }).click();
		await desk.getByRole('button', { name: 'Take' }).click();
		await desk.getByRole('button', { name: 'Return to queue' }).waitFor();
		await closeTicket(tab);
	});
});

describe('a slash command', () => {
	it('is carried out, its answer shown to whoever typed it, and nothing goes to the contact', async () => {
		const tab = await stage.newContact();
		const { phone, desk, traffic } = partsOf(tab);
		await openTicket(tab);
		const webhooks = () => stage.assembly.rapidPro.received.length;
		const before = webhooks();
		await desk.getByLabel('You act as').selectOption('admin · administrator');
		await write(desk, '/tickets status');
		const status = desk.getByRole('article').filter({ hasText: 'Shown to admin only' });
		await status.filter({ hasText: /Connected|workspace/i }).waitFor();
		await desk.getByLabel('You act as').selectOption('Agnes Agent');
		// As Rocket.Chat takes it: blanks around it are no part of what is typed.
		await write(desk, '  /tickets help ');
		const help = desk.getByRole('article').filter({ hasText: 'Shown to agnes only' });
		await help.filter({ hasText: '/tickets history' }).waitFor();
		await write(desk, 'Only this is for the contact: 1/2 / 3');
		await phone.getByRole('article').filter({ hasText: 'Only this' }).waitFor();
		assert.equal(await phone.getByRole('article').count(), 1);
		assert.equal(await desk.locator('.line').count(), 1);
		assert.equal(webhooks(), before + 1);
		assert.equal(await traffic.getByText('failed', { exact: true }).count(), 0);
		await closeTicket(tab);
	});

	it('of a name that there is not is an error, and goes to nobody', async () => {
		const tab = await stage.newContact();
		const { phone, desk } = partsOf(tab);
		await openTicket(tab);
		for (const typed of ['/ticket status', '/TICKETS', '//', '/usr/bin is full']) {
			await write(desk, typed);
			const name = typed.slice(1).split(' ')[0];
			await tab
				.getByRole('alert')
				.filter({ hasText: `No such command: "/${name}"` })
				.waitFor();
		}
		await write(desk, '/ alone is none');
		await phone.getByRole('article').filter({ hasText: '/ alone is none' }).waitFor();
		assert.equal(await phone.getByRole('article').count(), 1);
		stage.complaints.splice(0).forEach((complaint) => {
			// The browser itself notes that the sandbox refused.
			assert.match(complaint, /409/);
		});
		await closeTicket(tab);
	});
});

describe('a file of the agent', () => {
	it('is fetched by RapidPro from the app, and shown on the phone', async () => {
		const tab = await stage.newContact();
		const { phone, desk, traffic } = partsOf(tab);
		await openTicket(tab);
		const buffer = Buffer.from(landscape().bytes);
		await desk.getByLabel('Attach files').setInputFiles({ name: 'a photo.png', mimeType: 'image/png', buffer });
		await write(desk, 'Look at this');
		const message = phone.getByRole('article').filter({ hasText: 'Look at this' });
		await untilDrawn(message.getByRole('img'));
		await traffic
			.getByRole('button', { name: /Fetch a file · GET file 200/ })
			.last()
			.waitFor();
		await closeTicket(tab);
	});
});

describe('trouble', () => {
	it('RapidPro down: messages wait, and arrive in order when it is back', async () => {
		const tab = await stage.newContact();
		const { phone, desk } = partsOf(tab);
		const texts = ['First', 'Second', 'Third'];
		await openTicket(tab);
		await tab.getByText('Down', { exact: true }).click();
		for (const text of texts) await write(desk, text);
		const waiting = desk.getByRole('article').filter({ hasText: 'Waiting' });
		await until('three messages wait', async () => (await waiting.count()) === texts.length);
		assert.equal(await phone.getByRole('article').count(), 0);
		await tab.getByText('Works', { exact: true }).click();
		const arrived = phone.getByRole('article');
		await until('three messages arrived', async () => (await arrived.count()) === texts.length, 60_000);
		assert.deepEqual(
			(await arrived.locator('p').allInnerTexts()).map((text) => text.trim()),
			texts,
		);
		await until('none waits', async () => (await waiting.count()) === 0);
		await closeTicket(tab);
	});

	it('the app’s process killed, a second node, the clock ahead: the conversation goes on', async () => {
		const tab = await stage.newContact();
		const { phone, desk } = partsOf(tab);
		await openTicket(tab);
		const secondNode = tab.getByRole('checkbox', { name: 'Second node', exact: true });
		await secondNode.click();
		await secondNode.and(tab.locator(':checked:enabled')).waitFor();
		await tab.getByRole('button', { name: '+2 min' }).click();
		await tab.getByText('Clock, 2 min ahead').waitFor();
		await tab.getByRole('button', { name: 'Kill', exact: true }).click();
		await tab.getByRole('button', { name: 'Kill', exact: true }).and(tab.locator(':enabled')).waitFor();
		for (const text of ['at one node', 'at the other']) {
			await write(desk, text);
			await phone.getByRole('article').filter({ hasText: text }).waitFor();
		}
		await secondNode.click();
		await secondNode.and(tab.locator(':not(:checked)')).waitFor();
		await closeTicket(tab);
	});

	it('the app disabled: a ticket is refused in words, and opens once it is enabled', async () => {
		const tab = await stage.newContact();
		const { phone } = partsOf(tab);
		const enabled = tab.getByRole('checkbox', { name: 'Enabled' });
		await enabled.click();
		await enabled.and(tab.locator(':not(:checked):enabled')).waitFor();
		await phone.getByRole('button', { name: 'Open ticket' }).and(tab.locator(':enabled')).click();
		await tab.getByRole('alert').filter({ hasText: 'could not open the ticket' }).waitFor();
		await enabled.click();
		await enabled.and(tab.locator(':checked:enabled')).waitFor();
		await openTicket(tab);
		await closeTicket(tab);
		stage.complaints.splice(0).forEach((complaint) => {
			// The browser itself notes that the sandbox refused.
			assert.match(complaint, /409/);
		});
	});

	it('the app disabled while a ticket is open: every refusal is in words', async () => {
		const tab = await stage.newContact();
		const { phone } = partsOf(tab);
		await openTicket(tab);
		const enabled = tab.getByRole('checkbox', { name: 'Enabled' });
		await enabled.click();
		await enabled.and(tab.locator(':not(:checked):enabled')).waitFor();
		const words = /the answer was not the app’s: 404 Not Found; in Rocket.Chat the app is disabled or not there/;
		await write(phone, 'Is somebody there?');
		await phone.getByRole('article').filter({ hasText: words }).waitFor();
		await phone.getByRole('button', { name: 'Close ticket' }).click();
		await tab.getByRole('alert').filter({ hasText: words }).waitFor();
		await enabled.click();
		await enabled.and(tab.locator(':checked:enabled')).waitFor();
		await closeTicket(tab);
		stage.complaints.splice(0).forEach((complaint) => {
			// The browser itself notes that the sandbox refused.
			assert.match(complaint, /409/);
		});
	});
});

describe('a scenario', () => {
	it('plays on the page, with its contact to the fore and each step checked', async () => {
		const tab = await stage.tab();
		const { phone } = partsOf(tab);
		await tab.getByRole('button', { name: 'Two workspaces' }).click();
		const play = tab.getByRole('status').filter({ hasText: 'Two workspaces' });
		await play.getByText('all as it should be').waitFor();
		assert.equal(await play.getByRole('listitem').count(), 4);
		await phone.getByRole('article').filter({ hasText: 'Hello Samuel' }).waitFor();
		await phone.getByLabel('Contact', { exact: true }).selectOption('Nadia · North');
		await phone.getByRole('article').filter({ hasText: 'Hello Nadia' }).waitFor();
		await play.getByRole('button', { name: 'Hide the steps' }).click();
		await play.waitFor({ state: 'detached' });
		await tab.context().close();
	});
});

describe('the traffic', () => {
	it('shows what went over it, and never the secret', async () => {
		const tab = await stage.newContact();
		const { traffic } = partsOf(tab);
		await openTicket(tab);
		await traffic.getByRole('searchbox').fill('open a ticket');
		await traffic
			.getByRole('button', { name: /Open a ticket · GET room 200/ })
			.last()
			.click();
		await traffic.getByText('Authorization: Token ••••••••').waitFor();
		await traffic.getByText('"ticketID"').waitFor();
		await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']);
		await traffic.getByRole('button', { name: 'Copy as curl' }).click();
		const curl = await tab.evaluate(() => (globalThis as unknown as Clipboard).navigator.clipboard.readText());
		assert.match(curl, /^curl -i -X GET .*Token \$SECRET.*\/room'$/s);
		assert.ok(!curl.includes(stage.assembly.rapidPro.secret));
		assert.ok(!(await tab.content()).includes(stage.assembly.rapidPro.secret));
		await closeTicket(tab);
	});

	it('has nothing that failed where all went well', async () => {
		const tab = await stage.newContact();
		const { phone, desk, traffic } = partsOf(tab);
		await openTicket(tab);
		await tab.getByRole('button', { name: 'Clear' }).click();
		await write(phone, 'Good morning');
		await write(desk, 'Good morning, too');
		await phone.getByRole('article').filter({ hasText: 'Good morning, too' }).waitFor();
		await stage.assembly.rocketChat.settled();
		// What the server only asks whether the app has it.
		await traffic.getByRole('button', { name: 'checkPostMessageSent not handled' }).first().waitFor();
		assert.equal(await traffic.locator('.outcome.bad').count(), 0);
		await closeTicket(tab);
	});
});

describe('the app’s settings', () => {
	it('are drawn with the app’s words, saved, and there the next time', async () => {
		const tab = await stage.tab();
		await tab.getByRole('button', { name: 'App settings' }).click();
		const form = tab.getByRole('dialog', { name: 'App Info' });
		const days = form.getByLabel('Days to keep ended tickets');
		assert.equal(await days.inputValue(), '30');
		await form.getByText('After so many days the app erases').waitFor();
		await days.fill('45');
		await form.getByRole('button', { name: 'Save changes' }).click();
		await form.getByText('Saved', { exact: true }).waitFor();
		await tab.reload();
		await tab.getByRole('button', { name: 'App settings' }).click();
		await days.waitFor();
		assert.equal(await days.inputValue(), '45');
		await form.getByRole('button', { name: 'Connect RapidPro' }).click();
		await form.getByText('Connected', { exact: true }).waitFor();
		await tab.context().close();
	});
});

describe('other sites', () => {
	const status = (options: RequestOptions, body = '') =>
		new Promise<number | undefined>((resolve, reject) => {
			const sent = request(`${stage.address}/api/contact/add`, { method: 'POST', ...options }, (response) => {
				response.resume();
				resolve(response.statusCode);
			});
			sent.on('error', reject).end(body);
		});

	it('cannot act through a visitor’s browser: not by a form, not under a name of their own', async () => {
		const contacts = stage.assembly.rapidPro.model.contacts.length;
		assert.equal(await status({ headers: { 'Content-Type': 'text/plain' } }, '{"name":"Eve"}'), 415);
		const json = { 'Content-Type': 'application/json' };
		assert.equal(await status({ headers: { ...json, Host: 'sandbox.example.org' } }, '{"name":"Eve"}'), 403);
		assert.equal(stage.assembly.rapidPro.model.contacts.length, contacts);
	});
});

/** What of the browser's global object a test needs. */
interface Clipboard {
	navigator: { clipboard: { readText(): Promise<string> } };
}

function partsOf(tab: Tab): { phone: Locator; desk: Locator; traffic: Locator } {
	const part = (name: string) => tab.getByRole('region', { name, exact: true });
	return { phone: part('RapidPro'), desk: part('Rocket.Chat'), traffic: part('Traffic') };
}

/** The contact who is ready opens a ticket, whose room comes to the fore. */
async function openTicket(tab: Tab): Promise<void> {
	const { phone, desk } = partsOf(tab);
	await phone.getByRole('button', { name: 'Open ticket' }).and(tab.locator(':enabled')).click();
	await phone.getByText('Ticket open').waitFor();
	await desk
		.getByRole('textbox', { name: /^Answer as/ })
		.and(tab.locator(':enabled'))
		.waitFor();
}

/** The contact's ticket is closed in RapidPro, and the browser with it. */
async function closeTicket(tab: Tab): Promise<void> {
	const { phone } = partsOf(tab);
	await phone.getByRole('button', { name: 'Close ticket' }).click();
	await phone.getByText('No open ticket').waitFor();
	await tab.context().close();
}

/** Somebody writes at a part of the page. */
async function write(part: Locator, text: string): Promise<void> {
	await part.getByRole('textbox').fill(text);
	await part.getByRole('textbox').press('Enter');
}

/** Waits until the browser has loaded and drawn a picture. */
async function untilDrawn(image: Locator): Promise<void> {
	await image.waitFor();
	const width = () => image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
	await until('the picture is drawn', async () => (await width()) > 0);
}
