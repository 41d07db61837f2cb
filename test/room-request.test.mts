/** `room`: what it takes, what it refuses, and what becomes of it in Rocket.Chat. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { assertId, assertRefusal, naming } from './support/expect.mts';
import { AGENT, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
	await stage.rocketChat.addDepartment({ id: 'dep-nurses', name: 'Nurses', agents: [AGENT] });
	await stage.rocketChat.addCustomField({ id: 'district', label: 'District', scope: 'visitor' });
	await stage.rocketChat.addCustomField({ id: 'symptom', label: 'Symptom', scope: 'room' });
});
after(() => stage?.close());

type Json = Record<string, unknown>;

let lastToken = 0;
const newToken = () => `room-${++lastToken}`;

/** A proper body with all that docs/api.md#room names, for a contact nobody has seen. */
function proper(): { ticketID: unknown; sessionStart: unknown; priority: unknown; visitor: Json } {
	return {
		ticketID: randomUUID(),
		sessionStart: '2020-07-17T10:28-03:00',
		priority: 'high',
		visitor: {
			token: newToken(),
			contactUUID: randomUUID(),
			department: 'Nurses',
			name: 'Ann',
			email: `${newToken()}@example.org`,
			phone: `+2507881${lastToken}`,
			customFields: { district: 'Gasabo' },
		},
	};
}

/** Opens a room and gives it as Rocket.Chat holds it, with its visitor. */
async function open(body: unknown, verb = 'POST') {
	const id = assertId(await stage.app.call(verb, 'room', body), 200);
	const room = stage.rocketChat.room(id);
	assert.ok(room);
	const visitor = stage.rocketChat.visitors().find(({ _id }) => _id === room.v?._id);
	assert.ok(visitor);
	return { id, room, visitor };
}

const told = { skip: !generation.tellsErrors && 'the engine does not tell apps what happened' };

describe('room is opened', () => {
	for (const verb of ['GET', 'POST']) {
		it(`by ${verb}, with all that the contact has`, async () => {
			const body = proper();
			const { room, visitor } = await open(body, verb);
			assert.equal(room.open, true);
			assert.equal(room.departmentId, 'dep-nurses');
			assert.equal(room.source?.type, 'app');
			assert.equal(visitor.name, 'Ann');
			assert.deepEqual(visitor.phone, [{ phoneNumber: body.visitor.phone }]);
			assert.deepEqual(
				visitor.visitorEmails?.map(({ address }) => address),
				[body.visitor.email],
			);
			assert.equal(visitor.livechatData?.district, 'Gasabo');
		});
	}

	it('for a contact who has nothing but a token', async () => {
		const { room, visitor } = await open({ ticketID: randomUUID(), visitor: { token: newToken() } });
		assert.equal(room.open, true);
		assert.notEqual(visitor.name ?? visitor.username, '');
	});

	for (const field of ['contactUUID', 'name', 'email', 'phone', 'department', 'customFields']) {
		it(`for a contact without ${field}, or with null there`, async () => {
			for (const change of [undefined, null]) {
				const body = proper();
				body.visitor[field] = change;
				await open(body);
			}
		});
	}

	for (const [field, value] of [
		['email', 'ann at example dot org'],
		['email', 'ann@'],
		['phone', 'call my sister'],
	] as const) {
		it(`though ${field} is malformed (${value}): it is dropped`, async () => {
			const body = proper();
			body.visitor[field] = value;
			const { visitor } = await open(body);
			assert.ok(!JSON.stringify(visitor).includes(value));
			assert.equal(visitor.name, 'Ann');
		});
	}

	it('though a custom field is unknown to Rocket.Chat: it is skipped', async () => {
		const body = proper();
		body.visitor.customFields = { unheardOf: 'x', district: 'Kicukiro' };
		const { visitor, room } = await open(body);
		assert.equal(visitor.livechatData?.district ?? room.livechatData?.district, 'Kicukiro');
	});

	it('in the department that `deparment` names', async () => {
		const body = proper();
		body.visitor.deparment = body.visitor.department;
		delete body.visitor.department;
		assert.equal((await open(body)).room.departmentId, 'dep-nurses');
	});

	it('in the department that is named by its id', async () => {
		const body = proper();
		body.visitor.department = 'dep-nurses';
		assert.equal((await open(body)).room.departmentId, 'dep-nurses');
	});

	it('though Rocket.Chat does not take what is new of a contact', told, async () => {
		const { contact } = await stage.openTicket(stage.rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788654321'] }));
		await stage.rapidPro.closeTicket(contact);
		// Engines before 1.44 have only the latter.
		const { faults } = stage.rocketChat;
		for (const call of ['livechat.createAndReturnVisitor', 'livechat.createVisitor'].filter((call) =>
			faults.knows(call),
		)) {
			faults.fail(call, { times: 1, message: 'Invalid email [error-invalid-email]' });
		}
		await stage.openTicket(contact);
		stage.rocketChat.faults.clear();
		if (generation.logsComplete) {
			assert.match(JSON.stringify(stage.rocketChat.appLogs()), /not up to date.*error-invalid-email/);
		}
	});

	it('and unknown fields are ignored', async () => {
		await open({ ...proper(), body: 'Help me', visitor: { token: newToken(), language: 'kin', urns: [] } });
	});

	for (const sessionStart of [
		'2020-07-17T10:28-03:00',
		'2020-07-17T10:28:31-03:00',
		'2020-07-17T10:28Z',
		'2020-07-17T13:28:31.123456789Z',
		undefined,
		null,
	]) {
		it(`with sessionStart ${sessionStart}`, async () => {
			await open({ ...proper(), sessionStart });
		});
	}

	for (const priority of ['high', 3, 1.5, true, undefined, null]) {
		it(`with priority ${JSON.stringify(priority)}`, async () => {
			await open({ ...proper(), priority });
		});
	}
});

describe('room refuses with 400 and names the field', () => {
	const notText = [5, true, {}, []];
	const uuids = ['', 'no-uuid', '3f3ae1ef-2b4c-4a5a-8a3b', '3f3ae1ef-2b4c-4a5a-8a3b-0d9f2b7a1c1g'];

	const table: [field: string, wrong: unknown[]][] = [
		['ticketID', [undefined, null, ...notText, ...uuids]],
		['sessionStart', [...notText, 'yesterday', '2020-07-17', '2020-13-40T10:28-03:00', '2020-07-17T25:28-03:00']],
		['priority', [{}, [], { level: 1 }]],
		['visitor', [undefined, null, 5, true, 'Ann', []]],
		['visitor.token', [undefined, null, ...notText, '']],
		['visitor.contactUUID', [...notText, ...uuids.slice(1)]],
		['visitor.department', notText],
		['visitor.name', notText],
		['visitor.email', notText],
		['visitor.phone', notText],
		['visitor.customFields', [5, true, 'district', []]],
	];
	for (const [field, wrong] of table) {
		for (const value of wrong) {
			it(`${field}: ${value === undefined ? 'missing' : JSON.stringify(value)}`, async () => {
				const body = proper();
				const [parent, name] = field.startsWith('visitor.') ? [body.visitor, field.slice(8)] : [body as Json, field];
				parent[name] = value;
				for (const verb of ['GET', 'POST']) {
					assertRefusal(await stage.app.call(verb, 'room', body), 400, naming(field));
				}
			});
		}
	}

	for (const value of notText) {
		it(`visitor.customFields.district: ${JSON.stringify(value)}`, async () => {
			const body = proper();
			body.visitor.customFields = { district: value };
			assertRefusal(await stage.app.call('POST', 'room', body), 400, naming('visitor.customFields.district'));
		});
	}

	it('and nothing is left behind', async () => {
		const rooms = stage.rocketChat.rooms().length;
		const visitors = stage.rocketChat.visitors().length;
		const body = proper();
		body.ticketID = 'no-uuid';
		assertRefusal(await stage.app.call('POST', 'room', body), 400);
		assert.equal(stage.rocketChat.rooms().length, rooms);
		assert.equal(stage.rocketChat.visitors().length, visitors);
	});
});

describe('room says what Rocket.Chat refuses', () => {
	it('404: a department that does not exist', async () => {
		const body = proper();
		body.visitor.department = 'Plumbers';
		assertRefusal(await stage.app.call('POST', 'room', body), 404, /Plumbers|department/);
	});

	it('424: no agent online', async () => {
		await stage.rocketChat.setAgentOnline(AGENT, false);
		try {
			assertRefusal(await stage.app.call('POST', 'room', proper()), 424, /agent/i);
			const contact = stage.rapidPro.addContact();
			const { error } = await stage.rapidPro.openTicket(contact);
			assert.match(error ?? '', /agent/i, 'the words reach the log of RapidPro');
		} finally {
			await stage.rocketChat.setAgentOnline(AGENT, true);
		}
		await open(proper());
	});

	it('200 with no agent online where Rocket.Chat queues', async () => {
		await stage.rocketChat.setAgentOnline(AGENT, false);
		stage.rocketChat.serverSettings.set('Livechat_accept_chats_with_no_agents', true);
		try {
			assert.equal((await open(proper())).room.servedBy, undefined);
		} finally {
			stage.rocketChat.serverSettings.set('Livechat_accept_chats_with_no_agents', false);
			await stage.rocketChat.setAgentOnline(AGENT, true);
		}
	});

	it('424: omnichannel is off', async () => {
		stage.rocketChat.serverSettings.set('Livechat_enabled', false);
		try {
			assertRefusal(await stage.app.call('POST', 'room', proper()), 424, /omnichannel/i);
		} finally {
			stage.rocketChat.serverSettings.set('Livechat_enabled', true);
		}
	});

	it('424: the contact is blocked', async () => {
		const { contact, roomId } = await stage.openTicket();
		const token = stage.rocketChat.room(roomId)?.v?.token;
		assert.ok(token);
		await stage.rapidPro.closeTicket(contact);
		await stage.rocketChat.blockContact(token);
		const { error, answer } = await stage.rapidPro.openTicket(contact);
		assert.equal(answer?.status, 424, answer?.body);
		assert.match(error ?? '', /block/i);
	});

	for (const [message, words] of [
		['error-invalid-contact', /contact center/],
		['Not today [error-app-prevented]', /another app/],
		['[error-failed-to-start-conversation]', /try again/],
	] as const) {
		it(`424: ${message}`, told, async () => {
			stage.rocketChat.faults.fail('livechat.createRoom', { times: 1, message });
			assertRefusal(await stage.app.call('POST', 'room', proper()), 424, words);
			await open(proper());
		});
	}

	it('500 with a reference, and no inside information, where nobody foresaw it', told, async () => {
		stage.rocketChat.faults.fail('livechat.createRoom', {
			times: 1,
			message: 'MongoServerError: connection 7 at pool.js',
		});
		const reply = await stage.app.call('POST', 'room', proper());
		stage.rocketChat.faults.clear();
		assertRefusal(reply, 500, /^internal error \S+$/);
		const reference = /(\S+)"\}$/.exec(reply.body)?.[1] ?? '';
		if (generation.logsComplete) {
			const logs = JSON.stringify(stage.rocketChat.appLogs());
			assert.ok(logs.includes(reference), 'the app log has the same reference');
			assert.ok(logs.includes('connection 7'), 'the app log has the cause');
		}
		await open(proper());
	});
});
