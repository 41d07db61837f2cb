/** What one installation of the app knows helps nobody against another. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { assertId } from './support/expect.mts';
import { Stage } from './support/stage.mts';

const SECRET = 'the same secret in both installations';
const BODY = { ticketID: randomUUID(), visitor: { token: '10000', contactUUID: randomUUID() } };

/** The livechat visitor token that a fresh installation gives to the same contact. */
async function visitorToken(): Promise<string | undefined> {
	const stage = await Stage.open({ rapidPro: { secret: SECRET } });
	try {
		const roomId = assertId(await stage.app.call('POST', 'room', BODY), 200);
		return stage.rocketChat.room(roomId)?.v?.token;
	} finally {
		await stage.close();
	}
}

it('the same contact has another visitor token in another installation', async () => {
	const [first, second] = [await visitorToken(), await visitorToken()];
	assert.ok(first);
	assert.ok(second);
	assert.notEqual(first, second);
});
