import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { it, mock } from 'node:test';
import { until } from '../until.mts';
import { RocketChat } from './index.mts';
import { Probe } from './testing/probe.mts';

it('a server that ends while an app is at work ends quietly', async () => {
	const probe = await Probe.start();
	const shown = ['error', 'warn', 'log'].map((name) => mock.method(console, name as 'error', () => {}));
	const asked: string[] = [];
	probe.rocketChat.news.listen((news) => {
		if (news.kind === 'asked') asked.push(news.method);
	});
	await probe.run(({ modify }) =>
		modify.getScheduler().scheduleOnce({ id: 'job', when: new Date(), data: { hangs: true } }),
	);
	void probe.run(() => new Promise(() => {})).catch(() => {});
	const isAsked = (kind: string) => asked.filter((method) => method.startsWith(kind)).length;
	await until('a job and a second request', () => isAsked('scheduler:') === 1 && isAsked('api:') === 2);
	await probe.stop();
	// What the end has given up would be told now.
	await new Promise((resolve) => setTimeout(resolve, 50));
	const words = shown.flatMap(({ mock: { calls } }) => calls.map(({ arguments: args }) => args.map(String).join(' ')));
	mock.restoreAll();
	assert.deepEqual(words, []);
});

it('a server that cannot start says why, and ends', async () => {
	await assert.rejects(RocketChat.start({ dataFile: '/no/such/folder/data.jsonl' }), /ENOENT/);
	const other = createServer().listen(0, '127.0.0.1');
	await once(other, 'listening');
	const { port } = other.address() as AddressInfo;
	await assert.rejects(RocketChat.start({ port }), /EADDRINUSE/);
	other.close();
});
