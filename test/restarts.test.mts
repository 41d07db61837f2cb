/** What the app knows is in Rocket.Chat's store and survives its process. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AGENT, packagedZip, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

/** An open ticket goes on in both directions, in the same room and with the same visitor, and ends. */
async function assertTicketSurvives(restart: () => Promise<unknown>): Promise<void> {
	const { contact, ticketID, token, roomId } = await stage.openTicket();
	await restart();

	const again = await stage.openTicket(contact);
	assert.equal(again.roomId, roomId);
	await stage.rapidPro.contactWrites(contact, 'Still me');
	assert.ok(stage.rocketChat.messages(roomId).some(({ msg }) => msg === 'Still me'));
	await stage.rocketChat.agentWrites(roomId, AGENT, 'Still here');
	assert.deepEqual((await stage.webhook(again.ticketID)).body, {
		type: 'agent-message',
		ticketID: again.ticketID,
		visitor: { token },
		data: { text: 'Still here' },
	});
	await stage.rocketChat.closeRoom(roomId, { by: AGENT });
	assert.equal((await stage.webhook(ticketID)).body.type, 'close-room');
	assert.equal((await stage.webhook(again.ticketID, 2)).body.type, 'close-room');

	const next = await stage.openTicket(contact);
	const [before, now] = [stage.rocketChat.room(roomId), stage.rocketChat.room(next.roomId)];
	assert.equal(now?.v?._id, before?.v?._id);
	assert.equal(now?.v?.token, before?.v?.token);
}

describe('an open ticket survives', () => {
	it('the app being disabled and enabled', () =>
		assertTicketSurvives(async () => {
			await stage.rocketChat.disableApp();
			await stage.rocketChat.enableApp();
		}));

	it('the app being updated', () => assertTicketSurvives(() => stage.rocketChat.installApp(packagedZip())));
});
