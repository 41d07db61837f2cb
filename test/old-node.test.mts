/**
 * A conversation in a server that runs on the Node of its time: that in `OLD_NODE`, and the one of Rocket.Chat 4.2.3,
 * which knows the dates and numbers of no language but American English.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bundleForNode14 } from '../sandbox/engines/bundle.mts';
import { hasNodes, nodeBinary } from '../sandbox/nodes/index.mts';
import { generation } from '../sandbox/rocketchat/generation.mts';
import { until } from '../sandbox/until.mts';
import { ClusterStage } from './support/cluster-stage.mts';
import { closesOf, historyIn, PATIENCE_MS, untilDelivered } from './support/delivery.mts';
import { AGENT } from './support/stage.mts';

const old = process.env.OLD_NODE ?? '';
const HOUR_MS = 60 * 60 * 1_000;

const NODES = [
	{ title: 'an old Node', skip: old === '' && 'OLD_NODE names none', binary: async () => old },
	{
		title: 'the Node of 4.2.3, which has American dates only',
		skip: !(hasNodes && generation.rocketChat.startsWith('4.')) && 'only where that server’s engine runs',
		binary: () => nodeBinary('12'),
	},
];

for (const { title, skip, binary } of NODES) {
	describe(`on ${title}`, { skip }, () => {
		let folder: string;
		let stage: ClusterStage;
		before(async () => {
			folder = await mkdtemp(join(tmpdir(), 'old-node-'));
			const bundle = join(folder, 'node.cjs');
			await bundleForNode14(bundle);
			stage = await ClusterStage.open({ nodes: 1, program: { node: await binary(), bundle } });
		});
		after(async () => {
			await stage?.close();
			await rm(folder, { recursive: true });
		});

		it('a ticket is opened, answered both ways and closed', async () => {
			const ticket = await stage.openTicket();
			await stage.rapidPro.contactWrites(ticket.contact, '¿Hola? 🌵');
			assert.ok(stage.rocketChat.messages(ticket.roomId).some(({ msg }) => msg === '¿Hola? 🌵'));
			await stage.agentWrites(0, ticket, 'Sí, dígame');
			await untilDelivered(stage, ticket, ['Sí, dígame']);
			await stage.node(0).people.closeRoom(ticket.roomId, { by: AGENT });
			await until('the close', () => closesOf(stage, ticket) === 1);
		});

		it('RapidPro closes a ticket', async () => {
			const { token, roomId } = await stage.openTicket();
			const reply = await stage.apps[0]?.call('POST', 'room.close', { visitor: { token } });
			assert.equal(reply?.status, 204, reply?.body);
			await until('the close', () => !stage.rocketChat.room(roomId)?.open);
		});

		it('the history shows dates that are the same everywhere', async () => {
			const { rapidPro, rocketChat } = stage;
			await rocketChat.setAppSetting('history_token', rapidPro.apiToken);
			const contact = rapidPro.addContact({ name: 'Ann' });
			rapidPro.model.addMessage({
				contact,
				direction: 'in',
				text: 'before',
				createdOn: new Date(Date.now() - HOUR_MS),
			});
			const { roomId } = await stage.openTicket(contact);
			const [history] = await until(
				'the history',
				() => {
					const found = historyIn(rocketChat.messages(roomId));
					return found.length > 0 && found;
				},
				PATIENCE_MS,
			);
			assert.match(String(history?.msg), /(?<!\d)\d{4}-\d{2}-\d{2} \d{2}:\d{2}/);
			assert.doesNotMatch(String(history?.msg), /\d\/\d|AM|PM/);
		});
	});
}
