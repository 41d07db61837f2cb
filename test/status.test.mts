/** The endpoint `status`: the app's health and queue, as JSON and for Prometheus. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { RapidPro } from '../sandbox/rapidpro/index.mts';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { until } from '../sandbox/until.mts';
import { AppClient, type Reply } from './support/app-client.mts';
import { DOWN, FOR_EVER } from './support/delivery.mts';
import { assertRefusal } from './support/expect.mts';
import { AGENT, packagedZip, Stage } from './support/stage.mts';

let stage: Stage;
let other: RapidPro;
let theirs: AppClient;
before(async () => {
	stage = await Stage.open();
	other = await RapidPro.start();
	theirs = new AppClient(stage.rocketChat.appUrl, other.secret);
	await stage.rocketChat.setAppSetting('more_workspaces', `North; secret=${other.secret}`);
	await other.connect(stage.rocketChat.appUrl);
});
after(async () => {
	theirs?.close();
	await other?.stop();
	await stage?.close();
});
afterEach(async () => {
	stage.rapidPro.faults.clear();
	stage.rocketChat.faults.clear();
	await stage.settled();
});

type Status = Record<string, unknown>;

async function statusOf(app: AppClient = stage.app): Promise<Status> {
	const reply = await app.call('GET', 'status');
	assert.equal(reply.status, 200, reply.body);
	return reply.json as Status;
}

const untilStatus = (what: string, isSo: (status: Status) => boolean) =>
	until(what, async () => {
		const status = await statusOf();
		return isSo(status) && status;
	});

/** The samples of a text in Prometheus' format, each of which must be explained before. */
function samples({ body }: Reply): Map<string, number> {
	const found = new Map<string, number>();
	const lines = body.split('\n');
	assert.equal(lines.pop(), '', 'the last line ends');
	while (lines.length > 0) {
		const [help, type, sample] = lines.splice(0, 3) as [string, string, string];
		const [, name, labels, value] = /^([a-z_]+)\{(workspace="[^"]*")\} (\d+)$/.exec(sample) ?? [];
		assert.match(help, new RegExp(`^# HELP ${name} \\S.*$`));
		assert.equal(type, `# TYPE ${name} gauge`);
		assert.ok(!found.has(`${name}{${labels}}`), `${name} comes once`);
		found.set(`${name}{${labels}}`, Number(value));
	}
	return found;
}

describe('status', () => {
	it('tells each RapidPro of its own workspace', async () => {
		const status = await statusOf();
		const host = new URL(stage.rapidPro.url).host;
		assert.deepEqual(status, {
			version: JSON.parse(readFileSync(new URL('../app.json', import.meta.url), 'utf8')).version,
			address: stage.rocketChat.appUrl,
			missing_permissions: [],
			settings_problems: [],
			workspace: 'main',
			connected: true,
			callback_host: host,
			answers: null,
			trouble: null,
			last_success: null,
			queued_messages: 0,
			queued_closes: 0,
			waiting_contacts_messages: 0,
			failed_messages: 0,
			counts_complete: true,
			api_token_accepted: null,
		});
		const north = await statusOf(theirs);
		assert.deepEqual(north, { ...status, workspace: 'North', callback_host: new URL(other.url).host });
	});

	it('shows nothing without the secret, and offers nothing but GET', async () => {
		assertRefusal(await stage.app.call('GET', 'status', undefined, { authorization: 'Token wrong' }), 401);
		assertRefusal(await stage.app.call('POST', 'status', {}), 405);
	});

	it('never holds a secret, a token or the whole callback', async () => {
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		const { body } = await stage.app.call('GET', 'status');
		for (const secret of [stage.rapidPro.secret, stage.rapidPro.apiToken, other.secret, 'event_callback']) {
			assert.ok(!body.includes(secret), body);
		}
	});

	it('counts what waits and what failed, and says when RapidPro last took something', async () => {
		const ticket = await stage.openTicket();
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'taken');
		await stage.webhook(ticket.ticketID);
		const { last_success } = await untilStatus('a success', ({ last_success }) => last_success !== null);
		assert.ok(Math.abs(Date.parse(String(last_success)) - Date.now()) < 60_000, String(last_success));

		stage.rapidPro.faults.answer({ status: 400, body: { error: "field 'manners' is required" } });
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Rude words');
		await untilStatus('a failed message', ({ failed_messages }) => failed_messages === 1);

		stage.rapidPro.faults.answer(DOWN, FOR_EVER);
		for (const text of ['one', 'two']) await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
		const second = await stage.openTicket();
		await stage.rocketChat.closeRoom(second.roomId, { by: AGENT });
		const down = await untilStatus(
			'the outage',
			({ answers, queued_closes }) => answers === false && queued_closes === 1,
		);
		assert.deepEqual([down.queued_messages, down.queued_closes, down.failed_messages], [2, 1, 1]);
		assert.equal(
			down.trouble,
			'Something other than RapidPro answers at its address (HTTP 502): a proxy, firewall or log-in page',
		);
		assert.equal((await statusOf(theirs)).queued_messages, 0);
		assert.equal((await statusOf(theirs)).answers, null, 'North was never asked');

		stage.rapidPro.faults.clear();
		await stage.rocketChat.setAppSetting('public_address', '');
		await untilStatus('the end', (now) => now.queued_messages === 0 && now.queued_closes === 0 && now.answers === true);
	});

	it('counts contacts’ messages that Rocket.Chat has not taken', async () => {
		const { contact } = await stage.openTicket();
		stage.rocketChat.faults.hang('livechat.createMessage', 1);
		await stage.rapidPro.contactWrites(contact, 'waits');
		assert.equal((await statusOf()).waiting_contacts_messages, 1);
	});
});

describe('?format=prometheus', () => {
	it('is text that Prometheus reads, with the same figures', async () => {
		const status = await statusOf();
		const reply = await stage.app.call('GET', 'status?format=prometheus');
		assert.equal(reply.status, 200);
		assert.match(reply.headers['content-type'] ?? '', /^text\/plain;.* version=0\.0\.4/);
		const found = samples(reply);
		for (const [name, value] of Object.entries(status)) {
			const sample = found.get(`rapidpro_tickets_${name}{workspace="main"}`);
			if (typeof value === 'boolean') assert.equal(sample, Number(value), name);
			else if (typeof value === 'number') assert.equal(sample, value, name);
			else if (Array.isArray(value)) assert.equal(sample, value.length, name);
			else assert.equal(sample, undefined, name);
		}
		assert.ok(found.has('rapidpro_tickets_queued_messages{workspace="main"}'));
	});

	it('carries the name of the workspace, and a time in seconds', async () => {
		const ticket = await stage.openTicket();
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'taken');
		await stage.webhook(ticket.ticketID);
		await stage.settled();
		const at = samples(await stage.app.call('GET', 'status?format=prometheus')).get(
			'rapidpro_tickets_last_success_timestamp_seconds{workspace="main"}',
		);
		assert.ok(Math.abs(Number(at) - Date.now() / 1000) < 60, String(at));
		const north = samples(await theirs.call('GET', 'status?format=prometheus'));
		assert.ok([...north.keys()].every((key) => key.endsWith('{workspace="North"}')));
	});
});

describe('problems of the settings', () => {
	const problems = async (app?: AppClient) => (await statusOf(app)).settings_problems as string[];
	const logged = (words: RegExp) =>
		until(`${words} in the log`, () => stage.rocketChat.appLogs().some((line) => words.test(line)));
	const untilOne = (words: RegExp) =>
		until(`${words}`, async () => {
			const found = await problems();
			return found.length === 1 && words.test(String(found[0]));
		});
	const saved = async (id: string, value: unknown, words: RegExp) => {
		await stage.rocketChat.setAppSetting(id, value);
		await untilOne(words);
		if (generation.logsComplete) await logged(words);
	};

	for (const [id, wrong, words, right] of [
		['public_address', 'chat.example.org', /address for RapidPro is no http or https URL.*: chat\.example\.org/, ''],
		['rapidpro_address', 'ftp://x', /RapidPro’s own address is no http or https URL.*: ftp:\/\/x/, ''],
		['history_hours', 'many', /“Hours of earlier messages” is not a whole number/, 24],
		['history_hours', -5, /“Hours of earlier messages” is negative/, 24],
		['history_messages', '2.5', /“History: maximum messages” is not a whole number/, 50],
		['retention_days', 99_999_999, /“Days to keep ended tickets” is too large/, 30],
		['agent_name_form', 'Support: ', /agent name format does not say where the name goes/, '*{name}*: '],
		['default_department', 'Plumbers', /does not know the default department.*: Plumbers/, ''],
		['time_zone', 'Mars/Olympus', /time zone is unknown.*: Mars\/Olympus/, ''],
	] as const) {
		it(`${id} ${wrong}: what cannot be used is said in the log and here`, async () => {
			await saved(id, wrong, words);
			await stage.rocketChat.setAppSetting(id, right);
			await until('no problems', async () => (await problems()).length === 0);
		});
	}

	it('a line of More workspaces is a matter of the main workspace', async () => {
		await saved('more_workspaces', `North; secret=${other.secret}\nSouth`, /line 2 of the setting More workspaces/);
		assert.deepEqual(await problems(theirs), []);
		await stage.rocketChat.setAppSetting('more_workspaces', `North; secret=${other.secret}`);
	});

	it('an API token is checked when it is saved', async () => {
		await stage.rocketChat.setAppSetting('history_token', 'wrong');
		const refused = await untilStatus('a refusal', ({ api_token_accepted }) => api_token_accepted === false);
		assert.deepEqual(refused.settings_problems, ['RapidPro refuses the API token of the workspace main']);
		if (generation.logsComplete) await logged(/RapidPro refuses the API token of the workspace main/);
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		const accepted = await untilStatus('an acceptance', ({ api_token_accepted }) => api_token_accepted === true);
		assert.deepEqual(accepted.settings_problems, []);
		await stage.rocketChat.setAppSetting('more_workspaces', `North; secret=${other.secret}; token=wrong`);
		await until('North’s refusal', async () => (await statusOf(theirs)).api_token_accepted === false);
		assert.deepEqual(await problems(theirs), ['RapidPro refuses the API token of the workspace North']);
		assert.deepEqual(await problems(), []);
	});
});

/** At the end: Rocket.Chat of the time of 4.2 serves an updated app partly by the old one. */
it('status names missing permissions', async () => {
	await stage.settled();
	await stage.rocketChat.installApp(packagedZip(), ['livechat-message.multiple']);
	const { roomId } = await stage.openTicket();
	await stage.rocketChat.closeRoom(roomId, { by: AGENT });
	const { missing_permissions } = await untilStatus(
		'a missing permission',
		({ missing_permissions }) => (missing_permissions as string[]).length > 0,
	);
	assert.deepEqual(missing_permissions, ['livechat-message.multiple']);
});
