/** Who has it tried again means now: no back-off and no circuit breaker's pause counts any more. docs/guarantees.md */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import { agentSays, closesOf, DOWN, deliveredTo, FAST, FOR_EVER, PATIENCE_MS } from '../support/delivery.mts';
import { closes, tryAgain, untilTried } from '../support/field.mts';
import { type OpenTicket, Stage } from '../support/stage.mts';

/** After so many attempts an entry waits two minutes for the next one, 6 to 12 s here. */
const ATTEMPTS = 4;
/** Much less than that, and much more than the way through the scheduler. */
const AT_ONCE_MS = 5_000;

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => stage.rapidPro.faults.clear());

const WAYS: [string, () => Promise<unknown>][] = [
	['/tickets retry', () => tryAgain(stage)],
	['a saved setting', () => stage.rocketChat.setAppSetting('public_address', '')],
	['PUT settings', () => stage.app.call('PUT', 'settings', { webhook: { url: stage.rapidPro.callbackUrl } })],
];

async function backWithin(ms: number, ask: () => Promise<unknown>, isThere: () => boolean): Promise<void> {
	stage.rapidPro.faults.clear();
	const askedAt = performance.now();
	await ask();
	await until('everything', isThere, PATIENCE_MS);
	const tookMs = performance.now() - askedAt;
	assert.ok(tookMs < ms, `${Math.round(tookMs)} ms`);
}

describe('after an outage', () => {
	for (const [way, ask] of WAYS) {
		it(`${way} sends at once whatever waits`, async () => {
			const [one, two]: OpenTicket[] = [await stage.openTicket(), await stage.openTicket()] as const;
			assert.ok(one && two);
			stage.rapidPro.faults.answer(DOWN, FOR_EVER);
			await agentSays(stage, one, ['first', 'second']);
			await agentSays(stage, two, ['last words']);
			await closes(stage, two);
			await untilTried(stage, one, ATTEMPTS);
			await backWithin(
				AT_ONCE_MS,
				ask,
				() =>
					deliveredTo(stage, one).length === 2 && deliveredTo(stage, two).length === 1 && closesOf(stage, two) === 1,
			);
			assert.deepEqual(deliveredTo(stage, one), ['first', 'second']);
		});
	}

	it('/tickets retry means also what waits for somebody to act', async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer({ status: 401, body: { status: 'unauthorized' } }, FOR_EVER);
		await agentSays(stage, ticket, ['kept']);
		await untilTried(stage, ticket, 4);
		await backWithin(
			AT_ONCE_MS,
			() => tryAgain(stage),
			() => deliveredTo(stage, ticket).length === 1,
		);
	});
});
