/** A conversation in the runtime of coming servers: each app in a process of Node that may do little. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hasNodes, type NodeName, nodeBinary } from '../../sandbox/nodes/index.mts';
import { isOtherEngine } from '../../sandbox/rocketchat/engine/home.mts';
import { until } from '../../sandbox/until.mts';
import { closesOf, DOWN, FOR_EVER, historyIn, untilDelivered } from '../support/delivery.mts';
import { shownIn, statusAsAsked, statusAsTyped, tryAgain } from '../support/field.mts';
import { MediaHost } from '../support/media-host.mts';
import { AGENT, Stage } from '../support/stage.mts';

const HOUR_MS = 60 * 60 * 1_000;
const skip = (!hasNodes && 'npm has no such Node for this machine') || (isOtherEngine && 'only the newest engine');

for (const name of ['20', '22'] as NodeName[]) {
	describe(`on Node ${name}`, { skip }, () => {
		let stage: Stage;
		before(async () => {
			stage = await Stage.open({ rocketChat: { appNode: await nodeBinary(name) } });
		});
		after(() => stage?.close());

		it('a ticket is opened, answered both ways and closed from Rocket.Chat', async () => {
			const ticket = await stage.openTicket();
			await stage.rapidPro.contactWrites(ticket.contact, '¿Hola? 🌵');
			assert.deepEqual(shownIn(stage, ticket), ['¿Hola? 🌵']);
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Sí, *dígame* :smile:');
			await untilDelivered(stage, ticket, ['Sí, *dígame* 😄']);
			await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
			await until('the close', () => closesOf(stage, ticket) === 1);
		});

		it('RapidPro closes a ticket', async () => {
			const { contact, roomId } = await stage.openTicket();
			await stage.rapidPro.closeTicket(contact);
			await until('the close', () => !stage.rocketChat.room(roomId)?.open);
		});

		it('files go both ways', async () => {
			const host = await MediaHost.start();
			try {
				const bytes = Buffer.from('%PDF-1.4\n%%EOF');
				await stage.rocketChat.setAppSetting('media_hosts', host.name);
				await stage.rocketChat.setAppSetting('copy_media', true);
				const ticket = await stage.openTicket();
				const url = host.offer('/form.pdf', { type: 'application/pdf', bytes });
				await stage.rapidPro.contactWrites(ticket.contact, '', [{ type: 'application/pdf', url }]);
				await until('the copy', () => shownIn(stage, ticket).some((line) => line.startsWith('form.pdf</file-upload')));
				const files = [{ name: 'answer.pdf', type: 'application/pdf', bytes }];
				await stage.rocketChat.agentWrites(ticket.roomId, AGENT, { files });
				const event = await stage.webhook(ticket.ticketID);
				assert.equal((await until('the answer', () => event.answer)).status, 200);
			} finally {
				await host.stop();
			}
		});

		it('an outage holds messages up, and they arrive after it', async () => {
			const ticket = await stage.openTicket();
			stage.rapidPro.faults.answer(DOWN, FOR_EVER);
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'waits');
			await until('an attempt', () => stage.rapidPro.receivedFor(ticket.ticketID).length > 0);
			stage.rapidPro.faults.clear();
			await tryAgain(stage);
			await until('the message', () => stage.rapidPro.receivedFor(ticket.ticketID).length > 1, 60_000);
			await untilDelivered(stage, ticket, ['waits']);
		});

		it('the history is shown, and status answers', async () => {
			await stage.rocketChat.setAppSetting('history_token', stage.rapidPro.apiToken);
			const contact = stage.rapidPro.addContact({ name: 'Ann' });
			const createdOn = new Date(Date.now() - HOUR_MS);
			stage.rapidPro.model.addMessage({ contact, direction: 'in', text: 'before', createdOn });
			const { roomId } = await stage.openTicket(contact);
			const history = await until('the history', () => historyIn(stage.rocketChat.messages(roomId))[0], 60_000);
			assert.match(history.msg, /before/);
			assert.equal((await statusAsAsked(stage)).connected, true);
			assert.match(await statusAsTyped(stage), /RapidPro/);
		});

		it('the app comes back after the death of its process', async () => {
			const ticket = await stage.openTicket();
			await stage.rocketChat.killApp();
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'still here');
			await untilDelivered(stage, ticket, ['still here']);
		});
	});
}
