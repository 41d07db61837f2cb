import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hasNodes, type NodeName, nodeBinary } from '../nodes/index.mts';
import { isOtherEngine } from './engine/home.mts';
import { Probe } from './testing/probe.mts';

/** What apps of servers after 8.8 may do (docs/reference/rocketchat.md#versions-and-runtimes). */
const skip = (!hasNodes && 'npm has no such Node for this machine') || (isOtherEngine && 'only the newest engine');

for (const [name, clockSpeed] of [
	['20', 1],
	['22', 20],
] as [NodeName, number][]) {
	describe(`an app in a process of Node ${name}`, { skip }, () => {
		let probe: Probe;
		before(async () => {
			probe = await Probe.start({ appNode: await nodeBinary(name), clockSpeed });
		});
		after(() => probe?.stop());

		it('runs on that Node and knows nothing but PATH of the environment', async () => {
			const [version, names] = await probe.run(() => [process.version, Object.keys(process.env)]);
			assert.ok(String(version).startsWith(`v${name}.`));
			assert.deepEqual(names, ['PATH']);
		});

		it('may require what is listed, and read no file of the system', async () => {
			const tries = await probe.run(({ require }) => {
				const attempt = (act: () => unknown) => {
					try {
						act();
						return 'allowed';
					} catch (error) {
						return (error as Error).message;
					}
				};
				return {
					zlib: attempt(() => require('node:zlib')),
					prefixed: attempt(() => require('node:zlib')),
					uuid: attempt(() => require('uuid').v4()),
					processes: attempt(() => require('node:child_process')),
					threads: attempt(() => require('node:worker_threads')),
					reading: attempt(() => require('node:fs').readFileSync('/etc/hostname')),
					writing: attempt(() => require('node:fs').writeFileSync('/tmp/written-by-an-app', '')),
				};
			});
			assert.deepEqual([tries.zlib, tries.prefixed, tries.uuid], ['allowed', 'allowed', 'allowed']);
			assert.match(tries.processes, /not allowed/);
			assert.match(tries.threads, /not allowed/);
			assert.match(tries.reading, /restricted/);
			assert.match(tries.writing, /restricted/);
		});

		it('hears of events and reaches the server', async () => {
			const { roomId } = await probe.openRoom();
			await probe.events();
			await probe.rocketChat.agentWrites(roomId, 'ana', 'Hello');
			assert.deepEqual(
				(await probe.events()).map(({ payload }) => payload.text),
				['Hello'],
			);
		});

		it('lives in the sandbox’s time', async () => {
			const passed = await probe.run(async () => {
				const before = Date.now();
				await new Promise((resolve) => setTimeout(resolve, 2_000));
				return Date.now() - before;
			});
			assert.ok(passed >= 1_900, `${passed} ms`);
		});

		it('comes back when its process dies', async () => {
			await probe.rocketChat.killApp();
			assert.equal(await probe.run(() => 1), 1);
		});
	});
}
