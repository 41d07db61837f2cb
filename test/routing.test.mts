/** Where tickets go, and what is to be found in their rooms. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { assertId } from './support/expect.mts';
import { AGENT, LOGGED, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
	await stage.rocketChat.addDepartment({ id: 'dep-nurses', name: 'Nurses', agents: [AGENT] });
	await stage.rocketChat.addDepartment({ id: 'dep-triage', name: 'Triage', agents: [AGENT] });
	for (const id of ['rapidproTicket', 'priority']) await stage.rocketChat.addCustomField({ id, scope: 'room' });
	await stage.rocketChat.addCustomField({ id: 'rapidproContact', scope: 'visitor' });
});
after(() => stage?.close());

let lastToken = 0;

/** Opens a room for a contact nobody has seen and gives it, with its visitor and what was asked for. */
async function open({ visitor = {}, ...more }: { visitor?: object; priority?: unknown } = {}) {
	const token = `routing-${++lastToken}`;
	const body = { ticketID: randomUUID(), visitor: { token, contactUUID: randomUUID(), ...visitor }, ...more };
	const room = stage.rocketChat.room(assertId(await stage.app.call('POST', 'room', body), 200));
	assert.ok(room);
	const owner = stage.rocketChat.visitors().find(({ _id }) => _id === room.v?._id);
	return { room, owner, body };
}

const linesAbout = (words: string) => stage.rocketChat.appLogs().filter((line) => line.includes(words));

describe('the default department', () => {
	for (const named of ['Triage', 'dep-triage', ' Triage ']) {
		it(`“${named}” takes the tickets that name none`, async () => {
			await stage.rocketChat.setAppSetting('default_department', named);
			assert.equal((await open()).room.departmentId, 'dep-triage');
			assert.equal((await open({ visitor: { department: '' } })).room.departmentId, 'dep-triage');
		});
	}

	it('does not take those that name one', async () => {
		await stage.rocketChat.setAppSetting('default_department', 'Triage');
		assert.equal((await open({ visitor: { department: 'Nurses' } })).room.departmentId, 'dep-nurses');
	});

	it('that nobody knows keeps no ticket from being opened', async () => {
		await stage.rocketChat.setAppSetting('default_department', 'Plumbers');
		assert.equal((await open()).room.open, true);
		if (generation.logsComplete) assert.ok(linesAbout('goes without the default department').length > 0);
	});

	it('that is not set leaves it to Rocket.Chat', async () => {
		await stage.rocketChat.setAppSetting('default_department', '');
		await stage.settled();
		stage.rocketChat.roundTrips.reset();
		await open();
		assert.ok(!stage.rocketChat.roundTrips.list().some((call) => call.includes('Department')));
	});
});

describe('custom fields', () => {
	it('that Rocket.Chat does not know are skipped, and logged once', LOGGED, async () => {
		for (let time = 0; time < 3; time++) await open({ visitor: { customFields: { shoeSize: '43' } } });
		await stage.settled();
		assert.equal(linesAbout('`shoeSize`').length, 1);
	});

	it('whose value Rocket.Chat does not take are skipped', async () => {
		await stage.rocketChat.addCustomField({ id: 'age', scope: 'visitor', regexp: '^[0-9]+$' });
		assert.equal((await open({ visitor: { customFields: { age: 'old' } } })).owner?.livechatData?.age, undefined);
		assert.equal((await open({ visitor: { customFields: { age: '43' } } })).owner?.livechatData?.age, '43');
		if (generation.logsComplete) assert.equal(linesAbout('`age`').length, 1);
	});

	it('go where they are configured: to the visitor or to the room', async () => {
		await stage.rocketChat.addCustomField({ id: 'district', scope: 'visitor' });
		await stage.rocketChat.addCustomField({ id: 'symptom', scope: 'room' });
		const { room, owner } = await open({ visitor: { customFields: { district: 'Gasabo', symptom: 'rash' } } });
		assert.equal(owner?.livechatData?.district, 'Gasabo');
		assert.equal(room.livechatData?.symptom, 'rash');
	});
});

describe('ticket, contact and priority', () => {
	const kept = { skip: !generation.roomCustomFields && 'servers of this time take no fields of a new room' };
	it('are kept on the room', kept, async () => {
		const { room, body } = await open({ priority: 3 });
		const { ticketID, visitor } = body;
		assert.deepEqual(room.customFields, {
			rapidproTicket: ticketID,
			rapidproContact: visitor.contactUUID,
			priority: 3,
		});
	});

	it('fill the omnichannel fields of these names, the ticket’s with the newest', async () => {
		const { room, owner, body } = await open({ priority: true });
		assert.deepEqual(room.livechatData, { rapidproTicket: body.ticketID, priority: 'true' });
		assert.equal(owner?.livechatData?.rapidproContact, body.visitor.contactUUID);
		const ticketID = randomUUID();
		assertId(await stage.app.call('POST', 'room', { ...body, ticketID }), 200);
		assert.equal(stage.rocketChat.room(room._id)?.livechatData?.rapidproTicket, ticketID);
	});
});
