import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clock } from './clock.mts';
import { Probe } from './testing/probe.mts';

const SPEED = 20;

describe('a faster time', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start({ clockSpeed: SPEED });
	});
	after(() => probe.stop());

	const appTime = () => probe.run(() => Date.now());

	it('is the same for the app, before and after its process was killed', async () => {
		for (const restart of [async () => {}, () => probe.rocketChat.killApp()]) {
			await restart();
			const before = clock.now().getTime();
			const seen = await appTime();
			assert.ok(before <= seen && seen <= clock.now().getTime(), `${seen - before} ms`);
		}
	});

	it('holds for the app’s dates and timers, and for what is stored', async () => {
		const startedAt = performance.now();
		const passed = await probe.run(async () => {
			const before = new Date();
			await new Promise((resolve) => setTimeout(resolve, 10_000));
			return Date.now() - Number(before);
		});
		assert.ok(passed >= 9_900 && passed < 20_000, `${passed} ms`);
		assert.ok(performance.now() - startedAt < 1_500);
		const { roomId } = await probe.openRoom();
		const { ts } = probe.rocketChat.room(roomId) ?? {};
		assert.ok(Math.abs(Number(ts) - clock.now().getTime()) < 5_000);
	});

	it('is the scheduler’s', async () => {
		const startedAt = performance.now();
		await probe.run(({ modify }) =>
			modify.getScheduler().scheduleOnce({ id: 'job', when: '30 seconds', data: { n: 7 } }),
		);
		const ran = () => probe.run(({ app }) => app.jobs.length);
		while ((await ran()) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
		const tookMs = performance.now() - startedAt;
		assert.ok(tookMs > 1_400 && tookMs < 4_000, `${tookMs} ms`);
	});
});
