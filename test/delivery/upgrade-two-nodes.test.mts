/** A rolling update: for a while one node runs version 1.0.0 and the other the package under test, over one store. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { RapidPro } from '../../sandbox/rapidpro/index.mts';
import type { Broadcast } from '../../sandbox/rocketchat/broadcasts.mts';
import { type ClusterNode, RocketChatCluster } from '../../sandbox/rocketchat/cluster/index.mts';
import { until } from '../../sandbox/until.mts';
import { AppClient } from '../support/app-client.mts';
import {
	closesOf,
	DOWN,
	deliveredTo,
	FAST,
	FOR_EVER,
	PATIENCE_MS,
	untilDelivered,
	untilDeliveredAndClosed,
} from '../support/delivery.mts';
import { assertId } from '../support/expect.mts';
import { OLD_ZIP } from '../support/old-package.mts';
import { AGENT, type OpenTicket, openTicket, packagedZip } from '../support/stage.mts';

/** Slower than elsewhere, since both packages must keep their deadlines. */
const BRISK = { clockSpeed: Math.min(8, FAST.clockSpeed) };
const [NEW, OLD] = [0, 1];

let rocketChat: RocketChatCluster;
let rapidPro: RapidPro;
let apps: AppClient[];
/** What the old node has not been told yet. */
const withheld: Broadcast[] = [];
let tellAgain: () => void;
let pending: OpenTicket[];

const settled = () => rocketChat.settled();
const scene = () => ({ rapidPro, settled });
const node = (index: number) => rocketChat.nodes[index] as ClusterNode;
const open = (name: string) => openTicket(rapidPro, rapidPro.addContact({ name }));

async function agentWrites(at: number, { roomId }: OpenTicket, texts: string[]): Promise<void> {
	for (const text of texts) {
		const id = await node(at).people.agentWrites(roomId, AGENT, text);
		await until(`“${text}” is taken up`, () => rocketChat.persistence().some(({ data }) => data.entry === id));
	}
}

async function contactWrites(at: number, { token }: OpenTicket, text: string): Promise<void> {
	assertId(await (apps[at] as AppClient).call('POST', 'visitor-message', { visitor: { token }, text }), 201);
}

/** What the contact has written, as the room shows it. */
const written = ({ roomId }: OpenTicket) =>
	rocketChat
		.messages(roomId)
		.filter(({ token, t }) => token !== undefined && t === undefined)
		.map(({ msg }) => msg);

/** From now on a node does not hear what becomes of the app at the others; gives what ends that. */
function withholdFrom(deaf: ClusterNode): () => void {
	const { control } = deaf;
	const hear = async (broadcast: Broadcast) => void withheld.push(broadcast);
	const value = new Proxy(control, {
		get: (remote, name) => (name === 'hear' ? hear : Reflect.get(remote, name)),
	});
	Object.defineProperty(deaf, 'control', { value, configurable: true });
	return () => Object.defineProperty(deaf, 'control', { value: control, configurable: true });
}

describe('two nodes of two versions', () => {
	before(async () => {
		rocketChat = await RocketChatCluster.start({ nodes: 2, ...BRISK });
		rapidPro = await RapidPro.start();
		await node(NEW).people.addAgent({ username: AGENT, name: 'Agnes Agent', online: true });
		await rocketChat.installApp(OLD_ZIP);
		await rocketChat.setAppSetting('app_secret', rapidPro.secret);
		await rapidPro.connect(node(NEW).appUrl);
		apps = rocketChat.nodes.map(({ appUrl }) => new AppClient(appUrl, rapidPro.secret));

		pending = [await open('Ann'), await open('Ben')];
		rapidPro.faults.answer(DOWN, FOR_EVER);
		for (const [index, ticket] of pending.entries()) await agentWrites(index, ticket, ['one', 'two']);
		tellAgain = withholdFrom(node(OLD));
		await rocketChat.installApp(packagedZip());
		assert.ok(withheld.some(({ event }) => event === 'updated'));
	});
	after(async () => {
		for (const app of apps ?? []) app.close();
		await rapidPro?.stop();
		await rocketChat?.settled();
		await rocketChat?.stop();
	});

	it('deliver what waited at either of them before the update, and what is added at the other, in order', async () => {
		for (const [index, ticket] of pending.entries()) await agentWrites(1 - index, ticket, ['three']);
		rapidPro.faults.clear();
		for (const ticket of pending) await untilDelivered(scene(), ticket, ['one', 'two', 'three']);
	});

	it('find each other’s rooms', async () => {
		for (const [at, name] of [
			[NEW, 'Carl'],
			[OLD, 'Dan'],
		] as const) {
			const contact = rapidPro.addContact({ name });
			const room = async (at: number) => {
				const body = { ticketID: randomUUID(), visitor: { token: String(contact.id) } };
				return assertId(await (apps[at] as AppClient).call('POST', 'room', body), 200);
			};
			const id = await room(at);
			assert.equal(await room(1 - at), id);
		}
	});

	it('post what contacts write at either of them in order, though one could not post at first', async () => {
		const ticket = await open('Eve');
		await settled();
		for (const [first, second] of [
			[OLD, NEW],
			[NEW, OLD],
		] as const) {
			const before = written(ticket).length;
			await node(first).faults.fail('livechat.createMessage', { times: 1 });
			await contactWrites(first, ticket, `kept by ${first}`);
			await contactWrites(second, ticket, `next, at ${second}`);
			await until('both messages', () => written(ticket).length >= before + 2, PATIENCE_MS);
			assert.deepEqual(written(ticket).slice(before), [`kept by ${first}`, `next, at ${second}`]);
		}
	});

	it('agree on who closed a ticket, and tell RapidPro once', async () => {
		for (const at of [NEW, OLD]) {
			const ticket = await open('Fay');
			await agentWrites(1 - at, ticket, ['goodbye']);
			await node(at).people.closeRoom(ticket.roomId, { by: AGENT });
			await untilDeliveredAndClosed(scene(), ticket, ['goodbye']);
		}
		const ticket = await open('Gus');
		await agentWrites(OLD, ticket, ['hello']);
		await untilDelivered(scene(), ticket, ['hello']);
		await rapidPro.closeTicket(ticket.contact);
		await settled();
		const types = rapidPro.receivedFor(ticket.ticketID).map(({ body }) => body.type);
		assert.deepEqual(types, ['agent-message']);
	});

	it('go on once the other node is updated as well', async () => {
		const ticket = await open('Hal');
		rapidPro.faults.answer(DOWN, FOR_EVER);
		await agentWrites(OLD, ticket, ['one', 'two']);
		tellAgain();
		await rocketChat.installApp(packagedZip());
		rapidPro.faults.clear();
		await untilDelivered(scene(), ticket, ['one', 'two']);
		assert.equal(closesOf(scene(), ticket), 0);
		assert.deepEqual(deliveredTo(scene(), ticket), ['one', 'two']);
	});
});
