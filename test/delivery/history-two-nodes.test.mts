/** A history that two nodes want to show. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../sandbox/until.mts';
import { ClusterStage } from '../support/cluster-stage.mts';
import { historyIn, PATIENCE_MS } from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';

const MINUTE_MS = 60_000;

/** Nodes share a slow store; in a faster time Rocket.Chat would seem not to answer. */
const CLUSTER_SPEED = 6;

it('the history is shown once where two nodes open the room', async () => {
	const stage = await ClusterStage.open({ nodes: 2, clockSpeed: CLUSTER_SPEED });
	try {
		await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
		for (let round = 0; round < 2; round++) {
			const contact = stage.rapidPro.addContact({ name: 'Ann' });
			const createdOn = new Date(Date.now() - MINUTE_MS);
			stage.rapidPro.model.addMessage({ contact, direction: 'in', text: 'before', createdOn });
			const visitor = { token: String(contact.id), contactUUID: contact.uuid };
			const open = () => ({ ticketID: randomUUID(), visitor });
			const replies = await Promise.all(stage.apps.map((app) => app.call('POST', 'room', open())));
			const [roomId = ''] = replies.map((reply) => assertId(reply, 200));
			const shown = () => historyIn(stage.rocketChat.messages(roomId)).length;
			await until('the history', () => shown() > 0, PATIENCE_MS);
			await sleep((1.3 * MINUTE_MS) / CLUSTER_SPEED);
			assert.equal(shown(), 1);
		}
	} finally {
		await stage.close();
	}
});
