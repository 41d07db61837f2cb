/** The slash command `/tickets`: what people may ask of the app in Rocket.Chat. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { RapidPro } from '../sandbox/rapidpro/index.mts';
import { until } from '../sandbox/until.mts';
import { DOWN, deliveredTo, FOR_EVER, historyIn, untilDelivered } from './support/delivery.mts';
import { AGENT, openTicket, packagedZip, Stage } from './support/stage.mts';

const VERSION: string = JSON.parse(readFileSync(new URL('../app.json', import.meta.url), 'utf8')).version;
const MANAGER = 'maria';
const MONITOR = 'mo';
const NOBODY = 'ned';

let stage: Stage;
let channel: string;
before(async () => {
	stage = await Stage.open();
	channel = await stage.rocketChat.addChannel('general');
	await stage.rocketChat.addUser({ username: MANAGER, roles: ['user', 'livechat-manager'] });
	await stage.rocketChat.addUser({ username: MONITOR, roles: ['user', 'livechat-monitor'] });
	await stage.rocketChat.addUser({ username: NOBODY, roles: ['user'] });
	for (const [username, language] of [
		['paula', 'pt-BR'],
		['elena', 'es'],
		['fleur', 'fr'],
	] as const) {
		await stage.rocketChat.addUser({ username, roles: ['livechat-manager'], language });
	}
});
after(() => stage?.close());
afterEach(async () => {
	stage.rapidPro.faults.clear();
	await stage.settled();
});

/** What is shown to whoever types this. */
async function typed(username: string, words: string, roomId = channel): Promise<string> {
	const before = stage.rocketChat.notices().length;
	await stage.rocketChat.typeCommand(roomId, username, `/tickets${words}`);
	const shown = stage.rocketChat
		.notices()
		.slice(before)
		.filter(({ to }) => to === username);
	assert.equal(shown.length, 1, JSON.stringify(shown));
	assert.equal(shown[0]?.roomId, roomId);
	return String(shown[0]?.text);
}

/** A ticket with a message that RapidPro refused for good. */
async function ticketWithDeadLetter(text: string) {
	const ticket = await stage.openTicket();
	stage.rapidPro.faults.answer({ status: 400, body: { error: "field 'manners' is required" } });
	const id = await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
	await until('its end', () => endsOf(id) === 1);
	return { ...ticket, id };
}

/** How often a message was given up, as the app has stored it. */
function endsOf(id: string): number {
	const lines = stage.rocketChat.persistence().filter(({ data }) => data.entry === id);
	return lines.filter(({ data }) => JSON.stringify(data.line).includes('"given_up"')).length;
}

describe('help', () => {
	it('lists what one may do, for no and for unknown words', async () => {
		for (const words of ['', ' ', ' help', ' HELP', ' what?', ' retri']) {
			assert.match(
				await typed(MANAGER, words),
				/`\/tickets status`.*`\/tickets queue`.*`\/tickets retry`.*`\/tickets history`.*`\/tickets help`/s,
			);
			assert.match(
				await typed(AGENT, words),
				/^RapidPro Tickets: what you may type\n• `\/tickets history` [^\n]*\n• `\/tickets help` this list$/,
			);
			assert.match(await typed(NOBODY, words), /^RapidPro Tickets: what you may type\n• `\/tickets help` this list$/);
		}
	});

	it('comes in the language of who asks', async () => {
		assert.match(await typed('paula', ''), /o que você pode digitar/);
		assert.match(await typed('elena', ''), /lo que puede escribir/);
		assert.match(await typed('fleur', ''), /ce que vous pouvez saisir/);
	});
});

describe('who may do what', () => {
	for (const [words, granted, refused] of [
		[' status', [MANAGER, 'admin'], [AGENT, MONITOR, NOBODY]],
		[' queue', [MANAGER, 'admin'], [AGENT, MONITOR, NOBODY]],
		[' retry', [MANAGER, 'admin'], [AGENT, MONITOR, NOBODY]],
		[' history', [MANAGER, 'admin', AGENT, MONITOR], [NOBODY]],
	] as const) {
		it(words.trim(), async () => {
			for (const username of granted) assert.doesNotMatch(await typed(username, words), /You may not/);
			for (const username of refused) assert.match(await typed(username, words), /^You may not do this\./);
		});
	}
});

describe('status', () => {
	it('shows all workspaces, in words', async () => {
		const other = await RapidPro.start();
		try {
			await stage.rocketChat.setAppSetting('more_workspaces', `North; secret=${other.secret}`);
			const text = await typed(MANAGER, ' status');
			assert.match(
				text,
				new RegExp(`^\\*Version\\*: ${VERSION}\n\\*Address to paste into RapidPro\\*: ${stage.rocketChat.appUrl}\n`),
			);
			const [, main, north] = text.split('\n\n');
			assert.match(
				String(main),
				/^\*Workspace\*: main\n\*RapidPro is connected\*: yes\n.*\*RapidPro answers\*: –\n\*What keeps webhooks from RapidPro\*: –\n/s,
			);
			assert.match(String(north), /^\*Workspace\*: North\n\*RapidPro is connected\*: no\n/);
			assert.ok(!text.includes(stage.rapidPro.secret) && !text.includes(other.secret));
			assert.match(await typed('elena', ' status'), /\*RapidPro está conectado\*: sí/);
		} finally {
			await stage.rocketChat.setAppSetting('more_workspaces', '');
			await other.stop();
		}
	});

	it('names a bad token', async () => {
		await stage.rocketChat.setAppSetting('history_token', 'wrong');
		const says = async (words: RegExp) => words.test(await typed(MANAGER, ' status'));
		await until('the refusal', () => says(/RapidPro refuses the API token of the workspace main\n/));
		await stage.rocketChat.setAppSetting('history_token', '');
		await until('its end', () => says(/Problems of the settings\*: none\n/));
	});
});

describe('queue', () => {
	it('says when there is nothing', async () => {
		assert.equal(await typed(MANAGER, ' queue'), 'Nothing waits, and nothing has failed.');
	});

	it('shows what waits: whose, since when, and why', async () => {
		const ticket = await stage.openTicket(stage.rapidPro.addContact({ name: 'Quentin' }));
		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		for (const text of ['one', 'two']) await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
		const queue = () => typed(MANAGER, ' queue');
		const text = await until('the failure', async () => {
			const shown = await queue();
			return /: 2 for RapidPro.*does not answer/.test(shown) && shown;
		});
		const row = `• Quentin \\(\\S+/live/${ticket.roomId}\\): 2 for RapidPro, waiting for \\d+ s, next attempt in \\d+ s\\. RapidPro does not answer`;
		assert.match(text, new RegExp(row));
		assert.doesNotMatch(text, /one|two/);
		stage.rapidPro.faults.clear();
		assert.match(await typed(MANAGER, ' retry'), /^Everything that waits is tried now\./);
		await untilDelivered(stage, ticket, ['one', 'two']);
	});

	it('shows what failed, and why', async () => {
		const ticket = await ticketWithDeadLetter('Rude words');
		const text = await typed(MANAGER, ' queue');
		assert.match(
			text,
			new RegExp(`/live/${ticket.roomId}\\): 1 failed, last \\d+ s ago\\. .*field 'manners' is required`),
		);
		await typed(MANAGER, ' retry');
		await untilDelivered(stage, ticket, ['Rude words']);
		assert.equal(await typed(MANAGER, ' queue'), 'Nothing waits, and nothing has failed.');
	});
});

describe('retry', () => {
	it('sends a dead letter once more, once, and in order with what waits', async () => {
		const ticket = await ticketWithDeadLetter('refused');
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'later');
		await untilDelivered(stage, ticket, ['later']);
		assert.match(await typed(MANAGER, ' retry'), /tried again: 1\./);
		await untilDelivered(stage, ticket, ['later', 'refused']);
		assert.match(await typed(MANAGER, ' retry'), /tried again: 0\./);
		await stage.settled();
		assert.deepEqual(deliveredTo(stage, ticket), ['later', 'refused']);
	});

	it('gives up what is refused again, and can have it tried again', async () => {
		const ticket = await ticketWithDeadLetter('stubborn');
		stage.rapidPro.faults.answer({ status: 400, body: { error: "field 'patience' is required" } });
		assert.match(await typed(MANAGER, ' retry'), /tried again: 1\./);
		await until('its second end', () => endsOf(ticket.id) === 2);
		assert.match(await typed(MANAGER, ' queue'), /field 'patience' is required/);
		assert.match(await typed(MANAGER, ' retry'), /tried again: 1\./);
		await untilDelivered(stage, ticket, ['stubborn']);
	});

	it('leaves closed tickets alone', async () => {
		const ticket = await ticketWithDeadLetter('too late');
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await stage.webhook(ticket.ticketID, 2);
		await stage.settled();
		assert.match(await typed(MANAGER, ' retry'), /tried again: 0\. Those of closed tickets are not\./);
		await stage.settled();
		assert.deepEqual(deliveredTo(stage, ticket), []);
	});
});

describe('history', () => {
	it('fetches once more what was said before, and shows nothing twice', async () => {
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		const contact = stage.rapidPro.addContact({ name: 'Ann' });
		const said = (text: string) =>
			stage.rapidPro.model.addMessage({ contact, direction: 'in', text, createdOn: new Date(Date.now() - 60_000) });
		const ticket = await stage.openTicket(contact);
		const asked = () =>
			stage.rapidPro.exchanges.list.filter(({ url }) => url.includes(`contact=${contact.uuid}`)).length;
		await until('the first question', () => asked() === 1);
		await stage.settled();
		const shown = () => historyIn(stage.rocketChat.messages(ticket.roomId));
		assert.deepEqual(shown(), []);
		said('before');
		assert.match(await typed(AGENT, ' history', ticket.roomId), /^What was said before is being fetched/);
		await until('the history', () => shown().length === 1);
		await stage.settled();
		await typed(AGENT, ' history', ticket.roomId);
		await until('the third question', () => asked() === 3);
		await stage.settled();
		assert.equal(shown().length, 1);
		await stage.rocketChat.setAppSetting('history_token', '');
	});

	it('says why there can be none', async () => {
		assert.match(await typed(AGENT, ' history'), /^Type this in the room of an open ticket\.$/);
		const { roomId } = await stage.openTicket();
		assert.match(await typed(AGENT, ' history', roomId), /^There is nothing to fetch/);
		await stage.rocketChat.closeRoom(roomId, { by: AGENT });
		await stage.settled();
		assert.match(await typed(AGENT, ' history', roomId), /^Type this in the room/);
	});
});

it('says in words that Rocket.Chat refuses', async () => {
	await stage.settled(); // or what is still being done runs into the trouble
	stage.rocketChat.faults.fail('persistence.readByAssociations', { message: 'the database is away', times: 1 });
	assert.match(await typed(MANAGER, ' queue'), /^That did not work: .*Try again in a while\.$/);
});

it('leaves the rooms of others as they were', async () => {
	const other = await openTicket(stage.rapidPro, stage.rapidPro.addContact({ name: 'Zoe' }));
	const before = stage.rocketChat.messages(other.roomId).length;
	for (const words of ['', ' status', ' queue', ' retry', ' history']) await typed(MANAGER, words, other.roomId);
	await stage.settled();
	assert.equal(stage.rocketChat.messages(other.roomId).length, before);
});

/** At the end: Rocket.Chat of the time of 4.2 serves an updated app partly by the old one. */
describe('after an update', () => {
	it('help comes in the server’s language where nobody chose one', async () => {
		stage.rocketChat.serverSettings.set('Language', 'fr');
		await stage.rocketChat.installApp(packagedZip()); // what it remembers of the language is gone
		assert.match(await typed(AGENT, ''), /ce que vous pouvez saisir/);
		assert.match(await typed('elena', ''), /lo que puede escribir/);
		stage.rocketChat.serverSettings.set('Language', 'en');
	});

	it('status names a permission that was not granted', async () => {
		await stage.rocketChat.installApp(packagedZip(), ['livechat-message.multiple']);
		const { roomId } = await stage.openTicket();
		await stage.rocketChat.closeRoom(roomId, { by: AGENT });
		await until('the permission', async () =>
			/\*Missing permissions\*: livechat-message\.multiple\n/.test(await typed(MANAGER, ' status')),
		);
	});
});
