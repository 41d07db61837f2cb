/** A history that RapidPro never gives. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import { FAST, historyIn, PATIENCE_MS } from '../support/delivery.mts';
import { Stage } from '../support/stage.mts';

it('the history is given up after half an hour, and the agents are told', async () => {
	const stage = await Stage.open({ rocketChat: { clockSpeed: 2 * FAST.clockSpeed } });
	try {
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		const throttled = { status: 429, headers: { 'retry-after': '3600' } };
		stage.rapidPro.apiFaults.answer(throttled, { times: Number.POSITIVE_INFINITY });
		const { roomId } = await stage.openTicket();
		const message = () => historyIn(stage.rocketChat.messages(roomId))[0];
		const { msg } = await until('the message', message, 4 * PATIENCE_MS);
		assert.equal(msg, '*Earlier messages could not be fetched from RapidPro*: it answers 429.');
	} finally {
		await stage.close();
	}
});
