/** A workspace without ticketing services: what is read of its API comes to rooms. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Ticket } from '../../sandbox/rapidpro/index.mts';
import { until } from '../../sandbox/until.mts';
import { ApiStage, READ_MS, RELEASES } from '../support/api-stage.mts';
import { FAST } from '../support/delivery.mts';
import { AGENT } from '../support/stage.mts';

for (const release of RELEASES) {
	describe(`RapidPro ${release}`, () => {
		let stage: ApiStage;
		let earlier: Ticket;
		before(async () => {
			stage = await ApiStage.open(release, FAST, async (rapidPro) => {
				earlier = await rapidPro.flows.open(rapidPro.addContact({ name: 'Early' }));
			});
		});
		after(() => stage?.close());
		afterEach(async () => {
			stage.rapidPro.apiFaults.clear();
			stage.rapidPro.api.pageSize = 250;
		});

		describe('tickets', () => {
			it('get a room for their contact, with what RapidPro knows of them', async () => {
				await stage.rocketChat.addDepartment({ id: 'sales', name: 'Sales', agents: [AGENT] });
				const contact = stage.rapidPro.addContact({
					name: 'Ann',
					urns: ['whatsapp:250788123456'],
					fields: { email: 'ann@example.org' },
				});
				const ticket = await stage.rapidPro.flows.open(contact, { topic: stage.rapidPro.model.addTopic('Sales') });
				const room = await stage.room(ticket);
				assert.equal(room.open, true);
				assert.equal(room.departmentId, 'sales');
				const visitor = await until('the details', () =>
					stage.rocketChat
						.visitors()
						.find(({ _id, visitorEmails }) => _id === room.v?._id && (visitorEmails?.length ?? 0) > 0),
				);
				assert.equal(visitor.name, 'Ann');
				assert.deepEqual(visitor.visitorEmails, [{ address: 'ann@example.org' }]);
				assert.deepEqual(visitor.phone, [{ phoneNumber: '+250788123456' }]);
			});

			it('that were open before the connection get none', async () => {
				stage.rapidPro.flows.assign(earlier);
				await stage.untilRead(2);
				assert.deepEqual(stage.roomsOf(earlier.uuid), []);
			});

			it('end their rooms where RapidPro closes them, and nothing comes back', async () => {
				const { contact, ticket, roomId } = await stage.openTicket();
				await stage.rapidPro.flows.contactWrites(contact, 'Bye');
				stage.rapidPro.flows.close(ticket);
				await until('the end', () => stage.rocketChat.room(roomId)?.open !== true, READ_MS);
				assert.deepEqual(stage.said(roomId), ['Bye'], 'what was written before the end is there');
				await stage.untilRead(2);
				const told = stage.rapidPro.exchanges.list.filter(({ url }) => url.includes('ticket_actions'));
				assert.deepEqual(told, []);
			});

			it('get another room where RapidPro opens them again', async () => {
				const { contact, ticket, roomId } = await stage.openTicket();
				stage.rapidPro.flows.close(ticket);
				await until('the end', () => stage.rocketChat.room(roomId)?.open !== true, READ_MS);
				stage.rapidPro.flows.reopen(ticket);
				const again = await stage.room(ticket, [roomId]);
				await stage.rapidPro.flows.contactWrites(contact, 'Here again');
				assert.deepEqual(await stage.untilSaid(again._id, 1), ['Here again']);
			});

			it('are found on every page', async () => {
				stage.rapidPro.api.pageSize = 2;
				const tickets = [];
				for (const name of ['A', 'B', 'C', 'D', 'E']) {
					tickets.push(await stage.rapidPro.flows.open(stage.rapidPro.addContact({ name })));
				}
				for (const ticket of tickets) await stage.room(ticket);
			});
		});

		describe('messages', () => {
			it('of a contact are posted once and in order', async () => {
				const { contact, roomId } = await stage.openTicket();
				for (const text of ['1', '2', '3', '3', '4']) await stage.rapidPro.flows.contactWrites(contact, text);
				await stage.untilSaid(roomId, 5);
				await stage.rapidPro.flows.contactWrites(contact, '5');
				assert.deepEqual(await stage.untilSaid(roomId, 6), ['1', '2', '3', '3', '4', '5']);
				await stage.untilRead(2);
				await stage.rocketChat.settled();
				assert.equal(stage.said(roomId).length, 6, 'once');
			});

			it('that RapidPro handles for a while are posted all the same', async () => {
				const { contact, roomId } = await stage.openTicket();
				const slow = stage.rapidPro.flows.contactWrites(contact, 'slow', { visibleAfterMs: 3_000 });
				await stage.rapidPro.flows.contactWrites(contact, 'quick');
				assert.deepEqual(await stage.untilSaid(roomId, 1), ['quick']);
				await slow;
				assert.deepEqual(await stage.untilSaid(roomId, 2), ['quick', 'slow']);
			});

			it('have their files', async () => {
				const { contact, roomId } = await stage.openTicket();
				const attachments = [{ type: 'image/jpeg', url: 'https://media.example.org/a/rash.jpg' }];
				await stage.rapidPro.flows.contactWrites(contact, 'look', { attachments });
				await stage.untilSaid(roomId, 1);
				const [message] = stage.byVisitor(roomId);
				assert.equal(message?.msg, 'look');
				assert.equal(message?.attachments?.[0]?.title, 'rash.jpg');
			});

			it('of before the ticket are history, and nothing else', async () => {
				const contact = stage.rapidPro.addContact({ name: 'Ann' });
				await stage.rapidPro.flows.contactWrites(contact, 'before');
				const { roomId } = await stage.openTicket(contact);
				const history = () => stage.rocketChat.messages(roomId).find(({ msg }) => msg.startsWith('*Earlier'));
				assert.match((await until('the history', history, READ_MS)).msg, /\*Ann\*: before/);
				await stage.rapidPro.flows.contactWrites(contact, 'after');
				assert.deepEqual(await stage.untilSaid(roomId, 1), ['after']);
			});

			it('of RapidPro itself are shown, and go to nobody', async () => {
				const { contact, roomId } = await stage.openTicket();
				stage.rapidPro.flows.says(contact, 'From a campaign, @all');
				const shown = () => stage.rocketChat.messages(roomId).find(({ msg }) => msg.includes('From a campaign'));
				const message = await until('the message', shown, READ_MS);
				assert.equal(message.token, undefined);
				assert.match(message.msg, /^\*RapidPro\*: From a campaign, /);
				await stage.untilRead(2);
				const sent = stage.rapidPro.exchanges.list.filter(
					({ method, url }) => method === 'POST' && url.includes('messages.json'),
				);
				assert.deepEqual(sent, []);
			});

			it('are found on every page, and beside a mass sending', async () => {
				const { contact, roomId } = await stage.openTicket();
				stage.rapidPro.api.pageSize = 3;
				await stage.rapidPro.flows.contactWrites(contact, 'in the crowd');
				for (let n = 0; n < 10; n++) stage.rapidPro.flows.says(stage.rapidPro.addContact(), `news ${n}`);
				assert.deepEqual(await stage.untilSaid(roomId, 1), ['in the crowd']);
			});
		});

		describe('trouble', () => {
			it('of RapidPro delays what is read and loses nothing', async () => {
				const { contact, roomId } = await stage.openTicket();
				await stage.rapidPro.goDown();
				await stage.rapidPro.flows.contactWrites(contact, 'while it is away');
				await new Promise((resolve) => setTimeout(resolve, 3_000));
				await stage.rapidPro.comeBack();
				assert.deepEqual(await stage.untilSaid(roomId, 1), ['while it is away']);
			});

			it('of Rocket.Chat has a ticket wait for its room', async () => {
				stage.rocketChat.faults.fail('livechat.createRoom', { times: 2, message: '[no-agent-online]' });
				const ticket = await stage.rapidPro.flows.open(stage.rapidPro.addContact({ name: 'Ann' }));
				await stage.room(ticket);
				stage.rocketChat.faults.clear();
			});
		});
	});
}
