import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { installProbe, Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#administration-rest, and what it takes of persistence, settings and users. */
describe('management', () => {
	let probe: Probe;
	let headers: Record<string, string>;
	before(async () => {
		probe = await Probe.start();
		const { status, data } = await logIn(probe.rocketChat.admin);
		assert.equal(status, 'success');
		headers = { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken };
	});
	after(() => probe.stop());

	const logIn = async (login: object) => {
		const body = JSON.stringify(login);
		const response = await fetch(`${probe.rocketChat.url}/api/v1/login`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body,
		});
		return response.json() as Promise<{ status: string; data: { userId: string; authToken: string } }>;
	};
	const get = async (route: string, as: Record<string, string> = headers) => {
		const response = await fetch(probe.rocketChat.url + route, { headers: as });
		// biome-ignore lint/suspicious/noExplicitAny: each test names what it expects
		return { status: response.status, body: (await response.json()) as any };
	};

	it('tells its version and who is logged in', async () => {
		assert.match((await get('/api/info', {})).body.version, /^\d+\.\d+\.\d+$/);
		assert.deepEqual((await get('/api/v1/me')).body.success, true);
	});

	it('refuses a wrong password and requests without a login', async () => {
		assert.equal((await logIn({ user: 'admin', password: 'wrong' })).status, 'error');
		assert.equal((await get('/api/apps/installed', {})).status, 401);
	});

	it('answers 404 for an app that is not installed', async () => {
		const { status, body } = await get('/api/apps/none');
		assert.deepEqual([status, body], [404, { success: false, error: 'No App found by the id of: none' }]);
	});

	it('shows app, settings, status, APIs and logs', async () => {
		const app = `/api/apps/${probe.rocketChat.appId}`;
		const { body } = await get(app);
		assert.deepEqual([body.success, body.app.name, body.app.status], [true, 'Probe', 'manually_enabled']);
		assert.equal((await get('/api/apps/installed')).body.apps.length, 1);
		assert.equal((await get(`${app}/settings`)).body.settings.text.packageValue, 'packaged');
		assert.equal((await get(`${app}/settings/text`)).body.setting.id, 'text');
		assert.equal((await get(`${app}/status`)).body.status, 'manually_enabled');
		const run = (await get(`${app}/apis`)).body.apis.find(({ path }: { path: string }) => path === 'run');
		assert.deepEqual([run.computedPath, run.methods], [`/api/apps/public/${probe.rocketChat.appId}/run`, ['post']]);
		const { logs, total } = (await get(`${app}/logs?count=2`)).body;
		assert.equal(logs.length, 2);
		assert.ok(total > 2);
	});

	it('disables and enables', async () => {
		await probe.rocketChat.disableApp();
		assert.equal(await probe.rocketChat.appStatus(), 'manually_disabled');
		await assert.rejects(() => probe.rocketChat.disableApp(), /400 .*not enabled/);
		await probe.rocketChat.enableApp();
		assert.equal(await probe.rocketChat.appStatus(), 'manually_enabled');
	});

	it('keeps settings and records over an update, and takes the permissions that come with it', async () => {
		await probe.rocketChat.setAppSetting('text', 'kept');
		await probe.run(({ persistence }) => persistence.create({ kept: true }));
		const readText = () => probe.run(({ read }) => read.getEnvironmentReader().getSettings().getValueById('text'));
		await installProbe(probe.rocketChat, { version: '1.0.1', permissions: ['api', 'persistence'] });
		assert.equal(await readText(), 'kept');
		assert.deepEqual(
			probe.rocketChat.persistence().map(({ data }) => data),
			[{ kept: true }],
		);
		assert.equal(await probe.run(({ read }) => read.getRoomReader().getById('any')), null);
		const visitor = probe.run(({ modify }) =>
			modify
				.getCreator()
				.getLivechatCreator()
				.createVisitor({ token: 't' } as never),
		);
		assert.equal(await visitor, null);
		assert.deepEqual(probe.rocketChat.visitors(), []);
	});

	it('purges everything of an app that is uninstalled', async () => {
		const { appUrl } = probe.rocketChat;
		await probe.run(({ persistence }) => persistence.create({}));
		await probe.rocketChat.uninstallApp();
		assert.deepEqual(probe.rocketChat.persistence(), []);
		assert.equal((await fetch(`${appUrl}/run`, { method: 'POST' })).status, 404);
		await installProbe(probe.rocketChat);
	});
});
