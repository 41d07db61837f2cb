import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../../until.mts';
import { installProbe, runInProbe as run } from '../testing/probe.mts';
import { type ClusterNode, RocketChatCluster } from './index.mts';

/** docs/reference/rocketchat.md#cluster-and-limits. */
describe('a cluster', () => {
	let cluster: RocketChatCluster;
	let nodes: [ClusterNode, ClusterNode];
	before(async () => {
		cluster = await RocketChatCluster.start({ nodes: 2 });
		nodes = cluster.nodes as typeof nodes;
		await nodes[0].people.addAgent({ username: 'ana', name: 'Ana' });
		await installProbe(cluster);
	});
	after(() => cluster?.stop());

	it('has a process of the app, with a memory of its own, at each node', async () => {
		await run(nodes[0].appUrl, ({ app }) => app.jobs.push('here'));
		assert.deepEqual(await run(nodes[0].appUrl, ({ app }) => app.jobs.splice(0)), ['here']);
		assert.deepEqual(await run(nodes[1].appUrl, ({ app }) => app.jobs.splice(0)), []);
	});

	it('has one store, in which what one node wrote is there for the other', async () => {
		await run(nodes[0].appUrl, ({ persistence }) => persistence.create({ at: new Date(0), bytes: 1 }));
		assert.deepEqual(cluster.persistence().at(-1)?.data, { at: new Date(0), bytes: 1 });
		const { roomId } = await nodes[0].people.widgetVisitor({ name: 'Wanda' });
		await nodes[1].people.visitorWrites(roomId, 'Hello');
		assert.ok(cluster.messages(roomId).some(({ msg }) => msg === 'Hello'));
	});

	it('lets the other node act between a look and what follows from it', async () => {
		const upsert = (node: ClusterNode, key: string) =>
			run(
				node.appUrl,
				({ persistence, require }, id) => {
					const { RocketChatAssociationRecord } = require('@rocket.chat/apps-engine/definition/metadata');
					return persistence.updateByAssociation(new RocketChatAssociationRecord('misc', id), { id }, true);
				},
				key,
			);
		const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
		for (const key of keys) await Promise.all(nodes.map((node) => upsert(node, key)));
		const copies = keys.map((key) => cluster.persistence().filter(({ data }) => data.id === key).length);
		assert.ok(copies.includes(2), copies.join(' '));
	});

	it('tells the app of events at the node where they happened', async () => {
		const { roomId } = await nodes[0].people.widgetVisitor();
		await cluster.settled();
		for (const node of nodes) await run(node.appUrl, ({ app }) => app.events.splice(0));
		await nodes[1].people.agentWrites(roomId, 'ana', 'Hello');
		await cluster.settled();
		const heard = (node: ClusterNode) => run(node.appUrl, ({ app }) => app.events.splice(0).length as number);
		assert.deepEqual(await Promise.all(nodes.map(heard)), [0, 1]);
	});

	it('runs each job at one node', async () => {
		for (let n = 0; n < 20; n++) {
			await run(
				(nodes[n % 2] as ClusterNode).appUrl,
				({ modify }, n) => modify.getScheduler().scheduleOnce({ id: 'job', when: new Date(), data: { n } }),
				n,
			);
		}
		const ran = async () =>
			(await Promise.all(nodes.map((node) => run(node.appUrl, ({ app }) => app.jobs as { n: number }[])))).flat();
		await until('all jobs ran', async () => (await ran()).length >= 20 && cluster.jobs().length === 0);
		assert.deepEqual(
			(await ran()).map(({ n }) => n).sort((a, b) => a - b),
			Array.from({ length: 20 }, (_, n) => n),
		);
	});

	it('has the same settings of the app at all nodes', async () => {
		await cluster.setAppSetting('text', 'changed');
		for (const node of nodes) {
			assert.equal(
				await run(node.appUrl, ({ read }) => read.getEnvironmentReader().getSettings().getValueById('text')),
				'changed',
			);
			const heard = () =>
				run(node.appUrl, ({ app }) => app.events.some(({ event }: { event: string }) => event === 'onSettingUpdated'));
			await until('the app heard of it', heard);
		}
	});

	it('updates the app at all nodes', async () => {
		for (const node of nodes) await run(node.appUrl, ({ app }) => app.jobs.push('old'));
		await installProbe(cluster, { version: '1.0.1' });
		for (const node of nodes) {
			await until(
				'the new process answers',
				async () => (await run(node.appUrl, ({ app }) => app.jobs.length).catch(() => 1)) === 0,
			);
		}
	});

	it('goes on without a node that was killed', async () => {
		const lost = assert.rejects(nodes[1].control.settled(), /has ended/);
		await nodes[1].kill();
		await lost;
		await nodes[0].people.addChannel('kept');
		assert.equal(await run(nodes[0].appUrl, () => 'here'), 'here');
	});
});
