/** Doorbells of a workspace without ticketing services: what flows tell before it can be read. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Contact } from '../../sandbox/rapidpro/index.mts';
import { until } from '../../sandbox/until.mts';
import { ApiStage, READ_MS, RELEASES } from '../support/api-stage.mts';
import { FAST } from '../support/delivery.mts';

for (const release of RELEASES) {
	describe(`RapidPro ${release}`, () => {
		let stage: ApiStage;
		before(async () => {
			stage = await ApiStage.open(release, FAST);
		});
		after(() => stage?.close());

		const ann = () => stage.rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788123456'] });

		/** A flow opens a ticket and rings; RapidPro stores it where `stores` says so. */
		async function opens(contact: Contact, stores = true, uuid = randomUUID()) {
			const { status, body } = await stage.ring('flow.open', {
				ticket: { uuid, topic: { name: 'General' }, assignee: null },
				contact: { uuid: contact.uuid, name: contact.name, urns: contact.urns, fields: {}, groups: [] },
				message: null,
				params: {},
			});
			assert.equal(status, 200, JSON.stringify(body));
			const ticket = stores ? stage.rapidPro.model.addTicket({ contact, uuid }) : undefined;
			return { uuid, ticket, roomId: String(body.room_id) };
		}

		it('open a room at once, which is the ticket’s once it is read', async () => {
			const contact = ann();
			const { ticket, roomId } = await opens(contact);
			assert.equal(stage.rocketChat.room(roomId)?.open, true);
			await stage.untilRead(2);
			await stage.rapidPro.flows.contactWrites(contact, 'Hello');
			assert.deepEqual(await stage.untilSaid(roomId, 1), ['Hello']);
			assert.ok(ticket);
			assert.equal(stage.roomsOf(ticket.uuid).length, 1);
			stage.rapidPro.flows.close(ticket);
			await until('the end', () => stage.rocketChat.room(roomId)?.open !== true, READ_MS);
		});

		it('that are repeated with another ticket have one room', async () => {
			const contact = ann();
			const first = await opens(contact, false);
			const second = await opens(contact);
			assert.equal(second.roomId, first.roomId);
			await stage.untilRead(2);
			assert.equal(stage.rocketChat.room(first.roomId)?.open, true);
		});

		it('post a message once, which is read again', async () => {
			const contact = ann();
			const { uuid, roomId } = await opens(contact);
			await stage.untilRead(2);
			const message = await stage.rapidPro.flows.contactWrites(contact, 'Hello');
			const [told] = await stage.listed(`messages.json?contact=${contact.uuid}`);
			const { status, body } = await stage.ring('flow.message', {
				ticket: { uuid },
				contact: { uuid: contact.uuid },
				message: { uuid: message.uuid, text: 'Hello', attachments: [], created_on: told?.created_on },
			});
			assert.deepEqual([status, body], [200, {}]);
			assert.deepEqual(await stage.untilSaid(roomId, 1), ['Hello']);
			await stage.untilRead(3);
			await stage.rocketChat.settled();
			assert.deepEqual(stage.said(roomId), ['Hello']);
		});

		it('tell of a close, which is read soon', async () => {
			const contact = ann();
			const { ticket, roomId } = await opens(contact);
			await stage.untilRead(2);
			assert.ok(ticket);
			stage.rapidPro.flows.close(ticket);
			const body = { ticket: { uuid: ticket.uuid }, contact: { uuid: contact.uuid } };
			assert.deepEqual(await stage.ring('flow.closed', body), { status: 200, body: {} });
			await until('the end', () => stage.rocketChat.room(roomId)?.open !== true, READ_MS);
			const unknown = { ticket: { uuid: randomUUID() }, contact: { uuid: randomUUID() } };
			assert.deepEqual(await stage.ring('flow.closed', unknown), { status: 200, body: {} });
		});

		it('of a ticket that is never stored end their room after ten minutes', async () => {
			const { roomId } = await opens(ann(), false);
			await until('the end', () => stage.rocketChat.room(roomId)?.open !== true, 4 * READ_MS);
			const notices = stage.rocketChat.messages(roomId).map(({ msg }) => msg);
			assert.ok(
				notices.some((text) => text.includes('has not stored the ticket')),
				notices.join('\n'),
			);
		});

		it('are refused without the secret, without a ticket, and try nothing out', async () => {
			const contact = ann();
			const ticket = { uuid: randomUUID(), topic: null, assignee: null };
			const body = { ticket, contact: { uuid: contact.uuid, name: 'Ann', urns: [] } };
			assert.equal((await stage.ring('flow.open', body, { authorization: 'Token wrong' })).status, 401);
			assert.equal((await stage.ring('flow.open', body, { authorization: 'Token ' })).status, 401);
			assert.equal((await stage.ring('flow.open', { ...body, ticket: null })).status, 422);
			assert.equal((await stage.ring('flow.open', { ticket })).status, 400);
			const rooms = stage.rocketChat.rooms().length;
			assert.equal((await stage.ring('flow.open', body, { 'x-mailroom-mode': 'simulation' })).status, 200);
			assert.equal(stage.rocketChat.rooms().length, rooms);
		});
	});
}
