import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#settings. */
describe('settings', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());

	const read = (id: string) =>
		probe.run(({ read }, id) => read.getEnvironmentReader().getSettings().getValueById(id), id);
	const readServer = (id: string) =>
		probe.run(({ read }, id) => read.getEnvironmentReader().getServerSettings().getValueById(id), id);

	it('gives the packaged value until one is set; empty text is a value', async () => {
		assert.equal(await read('text'), 'packaged');
		await probe.rocketChat.setAppSetting('text', '');
		assert.equal(await read('text'), '');
		await assert.rejects(() => read('unknown'), /Setting "unknown" does not exist\./);
	});

	it('tells the app of a change, and only of a change', async () => {
		await probe.rocketChat.setAppSetting('text', 'one');
		await probe.rocketChat.setAppSetting('text', 'one');
		const told = (await probe.events()).filter(({ event }) => event === 'onSettingUpdated');
		assert.equal(told.at(-1)?.payload.value, 'one');
		await probe.rocketChat.setAppSetting('text', 'one');
		assert.deepEqual(await probe.events(), []);
	});

	it('shows server settings, but no secret and no unknown one', async () => {
		assert.equal(await readServer('Site_Url'), probe.rocketChat.url);
		for (const id of ['Unknown', 'SMTP_Password']) await assert.rejects(() => readServer(id), /is not readable/);
	});
});
