/** Connecting a workspace by RapidPro's API, and what is told of it. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Ticket } from '../../sandbox/rapidpro/index.mts';
import { RapidPro } from '../../sandbox/rapidpro/index.mts';
import { until } from '../../sandbox/until.mts';
import { ApiStage, READ_MS } from '../support/api-stage.mts';
import { FAST } from '../support/delivery.mts';
import { AGENT, LOGGED } from '../support/stage.mts';

let stage: ApiStage;
const earlier: Ticket[] = [];
before(async () => {
	stage = await ApiStage.open('26.3', FAST, async (rapidPro) => {
		for (const name of ['A', 'B', 'C']) earlier.push(await rapidPro.flows.open(rapidPro.addContact({ name })));
	});
});
after(() => stage?.close());
afterEach(() => stage.rapidPro.apiFaults.clear());

const untilLogged = (words: string) =>
	until(words, () => stage.rocketChat.appLogs().some((line) => line.includes(words)), READ_MS);

describe('what is told', () => {
	it('is the workspace’s name', LOGGED, async () => {
		await untilLogged('the workspace main is “Sandbox” in RapidPro');
	});

	it('is the last reading, in the status', async () => {
		const isTold = async () => (await stage.status()).includes('Workspace’s name in RapidPro*: Sandbox');
		await until('the end of the first reading', isTold, READ_MS);
		const status = await stage.status();
		assert.match(status, /Last reading of RapidPro’s API\*: 20/);
		assert.match(status, /Seconds since then\*: \d+/);
		assert.match(status, /Requests to RapidPro’s API in the last hour, of 2,000 at most\*: [1-9]/);
	});

	it('is a role that does not do', async () => {
		stage.rapidPro.apiV2.role = 'agent';
		await until('the trouble', async () => (await stage.status()).includes('administrator or editor'), READ_MS);
		stage.rapidPro.apiV2.role = 'administrator';
		await stage.untilRead();
		await until('the end of it', async () => !(await stage.status()).includes('administrator or editor'), READ_MS);
	});

	it('is a website in RapidPro’s place, and nobody at all', async () => {
		const website = createServer((_request, response) => {
			response.setHeader('content-type', 'text/html').end('<html>Welcome</html>');
		});
		await new Promise<void>((resolve) => website.listen(0, '127.0.0.1', resolve));
		const { port } = website.address() as AddressInfo;
		try {
			await stage.rocketChat.setAppSetting('rapidpro_address', `http://127.0.0.1:${port}`);
			await until('the trouble', async () => (await stage.status()).includes('not of a website'), READ_MS);
		} finally {
			website.close();
			website.closeAllConnections();
			await stage.rocketChat.setAppSetting('rapidpro_address', stage.rapidPro.url);
		}
		await stage.untilRead(2);
	});

	it('holds no token', () => {
		// What the engine itself logs of a setting is none of the app's business.
		const logged = stage.rocketChat.appLogs().filter((line) => !line.startsWith('app:onPreSettingUpdate'));
		const told = [...logged, ...stage.rocketChat.persistence().map((one) => JSON.stringify(one))];
		assert.deepEqual(
			told.filter((line) => line.includes(stage.rapidPro.apiToken)),
			[],
		);
	});
});

describe('flows that were imported', () => {
	it('call the app by the globals that it has set', async () => {
		const { FLOW_FILES } = await import('../../tools/flows.mjs');
		const { flows, apiV2 } = stage.rapidPro;
		flows.import(FLOW_FILES['rapidpro-flows.json']());
		await until('the secret', () => apiV2.store.global('rocketchat_secret') !== '', READ_MS);
		assert.equal(apiV2.store.global('rocketchat_url'), stage.rocketChat.appUrl);
		const { ticket, answer } = await flows.openInFlow(stage.rapidPro.addContact({ name: 'Flo' }), { webhook: true });
		assert.equal(answer?.status, 200, answer?.body);
		assert.ok(ticket);
		const { _id } = await stage.room(ticket);
		assert.deepEqual(JSON.parse(answer.body), { room_id: _id, agent_online: true });
	});

	it('learn that no agent is online', async () => {
		const contact = stage.rapidPro.addContact({ name: 'Late' });
		await stage.rocketChat.setAgentOnline(AGENT, false);
		const { answer } = await stage.rapidPro.flows.openInFlow(contact, { webhook: true, simulation: true });
		await stage.rocketChat.setAgentOnline(AGENT, true);
		assert.equal(JSON.parse(answer?.body ?? '{}').agent_online, false);
	});

	it('have a global made anew that somebody has removed, once the settings change', async () => {
		const { store } = stage.rapidPro.apiV2;
		store.globals.length = 0;
		await stage.rocketChat.setAppSetting('public_address', 'https://chat.example.org');
		const isThere = () =>
			store.globals.some(({ key, value }) => key === 'rocketchat_url' && value.includes('chat.example'));
		await until('the global', isThere, READ_MS);
		await stage.rocketChat.setAppSetting('public_address', '');
		await until('the global', () => store.global('rocketchat_url') === stage.rocketChat.appUrl, READ_MS);
	});
});

describe('limits', () => {
	it('of RapidPro are waited out, and nothing is lost', async () => {
		const { contact, roomId } = await stage.openTicket();
		stage.rapidPro.apiV2.throttle.spend('v2.messages', stage.rapidPro.apiV2.throttle.rate, 3_596_000);
		await stage.rapidPro.flows.contactWrites(contact, 'Hello');
		assert.deepEqual(await stage.untilSaid(roomId, 1), ['Hello']);
	});
});

describe('settings', () => {
	it('name the topics whose tickets get rooms', async () => {
		await stage.rocketChat.setAppSetting('topics', 'Health\nsales');
		const { model, flows } = stage.rapidPro;
		const other = await flows.open(stage.rapidPro.addContact(), { topic: model.addTopic('Other') });
		const wanted = await flows.open(stage.rapidPro.addContact(), { topic: model.addTopic('Sales') });
		await stage.room(wanted);
		await stage.untilRead();
		assert.deepEqual(stage.roomsOf(other.uuid), []);
		await stage.rocketChat.setAppSetting('topics', '');
	});

	it('have tickets taken over that were open before', async () => {
		stage.rapidPro.api.pageSize = 2;
		await stage.rocketChat.setAppSetting('take_over_open_tickets', true);
		for (const ticket of earlier) await stage.room(ticket);
		stage.rapidPro.api.pageSize = 250;
	});

	it('connect a second workspace by a line of its own', async () => {
		const second = await RapidPro.start({ release: '9.0' });
		try {
			const line = `North; connection=api; address=${second.url}; token=${second.apiToken}`;
			await stage.rocketChat.setAppSetting('more_workspaces', line);
			const isRead = () => second.exchanges.list.some(({ url }) => url.includes('/messages.json'));
			await until('a reading', isRead, READ_MS);
			const ticket = await second.flows.open(second.addContact({ name: 'Nora' }));
			await stage.room(ticket);
		} finally {
			await stage.rocketChat.setAppSetting('more_workspaces', '');
			await second.stop();
		}
	});

	it('end the readings where no workspace is connected so any more', async () => {
		await stage.rocketChat.setAppSetting('connection', 'ticketer');
		await stage.rocketChat.settled();
		await new Promise((resolve) => setTimeout(resolve, 12_000 / FAST.clockSpeed));
		const before = stage.readings();
		await new Promise((resolve) => setTimeout(resolve, 70_000 / FAST.clockSpeed));
		assert.equal(stage.readings(), before);
	});
});
