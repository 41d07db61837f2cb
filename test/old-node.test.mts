/** A conversation in a server that runs on the Node of its time. Needs that Node's binary in `OLD_NODE`. */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bundleForNode14 } from '../sandbox/engines/bundle.mts';
import { until } from '../sandbox/until.mts';
import { ClusterStage } from './support/cluster-stage.mts';
import { closesOf, untilDelivered } from './support/delivery.mts';
import { AGENT } from './support/stage.mts';

const node = process.env.OLD_NODE ?? '';

describe('on an old Node', { skip: node === '' && 'OLD_NODE names none' }, () => {
	let folder: string;
	let stage: ClusterStage;
	before(async () => {
		folder = await mkdtemp(join(tmpdir(), 'old-node-'));
		const bundle = join(folder, 'node.cjs');
		await bundleForNode14(bundle);
		stage = await ClusterStage.open({ nodes: 1, program: { node, bundle } });
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
});
