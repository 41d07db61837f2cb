/** Texts and names that are the same to people are the same to the app. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import { until } from '../../sandbox/until.mts';
import { FAST, PATIENCE_MS } from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';
import { shownIn, statusAsTyped } from '../support/field.mts';
import { AGENT, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
	const departments = { health: 'Saúde', mothers: 'Mères & bébés', vietnam: 'Tiếng Việt', old: 'Archivo' };
	for (const [id, name] of Object.entries(departments)) {
		await stage.rocketChat.addDepartment({
			id,
			name: name.normalize('NFC'),
			agents: [AGENT],
			showOnRegistration: false,
		});
	}
	await stage.rocketChat.addDepartment({
		id: 'nfd',
		name: 'Pediatría'.normalize('NFD'),
		agents: [AGENT],
		showOnRegistration: false,
	});
	await stage.rocketChat.addDepartment({ id: 'off', name: 'Disabled', agents: [AGENT], enabled: false });
	await stage.rocketChat.archiveDepartment('old');
});
after(() => stage?.close());
afterEach(async () => {
	stage.rocketChat.faults.clear();
	stage.rocketChat.serverSettings.set('Message_AllowBadWordsFilter', false);
	await stage.rocketChat.setAppSetting('default_department', '');
});

describe('a contact’s message whose answer is lost', () => {
	const once = async (text: string, rest = 'next') => {
		const ticket = await stage.openTicket();
		const visitor = { token: ticket.token };
		stage.rocketChat.faults.hang('livechat.createMessage', 1, { afterwards: true });
		assertId(await stage.app.call('POST', 'visitor-message', { visitor, text }), 201);
		assertId(await stage.app.call('POST', 'visitor-message', { visitor, text: rest }), 201);
		await until('what was written next', () => shownIn(stage, ticket).includes(rest), PATIENCE_MS);
		await stage.settled();
		assert.equal(shownIn(stage, ticket).length, 2, JSON.stringify(shownIn(stage, ticket)));
	};

	for (const text of ['que bosta', 'Bosta!', 'bosta bosta bosta', 'a long story of bosta that goes on and on']) {
		it(`is in the room once though a filter changed it: ${text}`, async () => {
			stage.rocketChat.serverSettings.set('Message_AllowBadWordsFilter', true);
			stage.rocketChat.serverSettings.set('Message_BadWordsFilterList', 'bosta');
			await once(text);
		});
	}

	it('is in the room once though the filter hid all of it, among others', async () => {
		stage.rocketChat.serverSettings.set('Message_AllowBadWordsFilter', true);
		stage.rocketChat.serverSettings.set('Message_BadWordsFilterList', 'bosta');
		const ticket = await stage.openTicket();
		const visitor = { token: ticket.token };
		stage.rocketChat.faults.hang('livechat.createMessage', 2, { afterwards: true });
		for (const text of ['bosta', 'ação bosta 🌵', 'ok', 'ok']) {
			assertId(await stage.app.call('POST', 'visitor-message', { visitor, text }), 201);
		}
		await until('all of them', () => shownIn(stage, ticket).length >= 4, PATIENCE_MS);
		await stage.settled();
		assert.deepEqual(shownIn(stage, ticket), ['*****', 'ação ***** 🌵', 'ok', 'ok']);
	});

	it('that never came is posted though the contact’s last one looks like it', async () => {
		stage.rocketChat.serverSettings.set('Message_AllowBadWordsFilter', true);
		stage.rocketChat.serverSettings.set('Message_BadWordsFilterList', 'bosta');
		const ticket = await stage.openTicket();
		const visitor = { token: ticket.token };
		const say = async (text: string) => {
			assertId(await stage.app.call('POST', 'visitor-message', { visitor, text }), 201);
		};
		await say('que bosta');
		stage.rocketChat.faults.hang('livechat.createMessage', 1);
		await say('que festa');
		await until('both', () => shownIn(stage, ticket).includes('que festa'), PATIENCE_MS);
		await stage.settled();
		assert.deepEqual(shownIn(stage, ticket), ['que *****', 'que festa']);
	});

	it('is in the room once as it was written', () => once('plain words'));
});

describe('a department', () => {
	const named = (department: string) =>
		stage.app.call('POST', 'room', {
			ticketID: randomUUID(),
			visitor: { token: randomUUID(), contactUUID: randomUUID(), department },
		});
	const departmentOf = async (name: string) => {
		const reply = await named(name);
		return stage.rocketChat.room(assertId(reply, 200))?.departmentId;
	};

	for (const [id, name] of [
		['health', 'Saúde'],
		['mothers', 'Mères & bébés'],
		['vietnam', 'Tiếng Việt'],
		['nfd', 'Pediatría'],
	] as const) {
		for (const form of ['NFC', 'NFD'] as const) {
			it(`is found by its name in ${form}: ${name}`, async () => {
				assert.equal(await departmentOf(name.normalize(form)), id);
			});
		}
	}

	it('is found with blanks around its name', async () => {
		assert.equal(await departmentOf(' Saúde\u00a0'), 'health');
		assert.equal(await departmentOf(`\t${'Saúde'.normalize('NFD')} `), 'health');
	});

	it('is found as the default by its name in another form', async () => {
		await stage.rocketChat.setAppSetting('default_department', 'Saúde'.normalize('NFD'));
		assert.equal(await departmentOf(''), 'health');
	});

	for (const name of ['Archivo', 'old', 'Disabled', 'off']) {
		it(`that is archived or disabled is treated as unknown: ${name}`, async () => {
			const { status, body } = await named(name);
			assert.equal(status, 404, body);
		});
	}

	it('that is archived is not used as the default, and status says so', async () => {
		await stage.rocketChat.setAppSetting('default_department', 'Archivo');
		assert.notEqual(await departmentOf(''), 'old');
		assert.match(await statusAsTyped(stage), /Archivo/);
	});
});
