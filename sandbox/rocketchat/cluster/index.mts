import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../until.mts';
import { AdminClient } from '../adminClient.mts';
import { clock } from '../clock.mts';
import type { Notice } from '../news.mts';
import { Delays } from '../random.mts';
import { MemoryStore } from '../store.mts';
import { View } from '../view.mts';
import { ClusterNode, type NodeProgram } from './clusterNode.mts';
import type { NodeOptions } from './node.mts';

export { ClusterNode, type NodeProgram } from './clusterNode.mts';

/** How a cluster is started. */
export interface ClusterOptions {
	/** How many nodes it has. */
	nodes: number;
	/** Seed of the delays. */
	seed?: number;
	/** How much faster the time of the cluster and of its apps runs than that outside; 1 by default. */
	clockSpeed?: number;
	/** What its nodes run on; this process's Node and our sources by default. */
	program?: NodeProgram;
}

const ADMIN = { username: 'admin', password: 'sandbox' };

/**
 * How long the store may take before and after an operation, beside the way through the socket: long enough that what
 * one node looks up is often changed by another before it acts on it.
 */
const STORE_DELAY_MS_MAX = 6;
/** How long one look whether it has reached a node may take. */
const LOOK_MS_MAX = 1_000;
/** How long a change may take to reach all nodes. */
const BROADCAST_MS_MAX = 20_000;

/**
 * Several Rocket.Chat nodes over one store, as in docs/reference/rocketchat.md#cluster-and-limits: an operating-system
 * process each, with an engine and a process of the app of its own; the store is behind a socket and takes its time.
 * Requests and what people do go to one node, events come up there, jobs run at whichever node locks them first.
 */
export class RocketChatCluster extends View {
	/** Also those that were killed. */
	readonly nodes: ClusterNode[] = [];
	private readonly memory: MemoryStore;
	private readonly seed: number;
	private readonly program?: NodeProgram;

	/** Starts the nodes, one after the other; resolves when all of them answer. */
	static async start({ nodes, seed = 1, clockSpeed = 1, program }: ClusterOptions): Promise<RocketChatCluster> {
		clock.runAt(clockSpeed);
		const cluster = new RocketChatCluster(seed, program);
		try {
			for (let count = 0; count < nodes; count++) await cluster.addNode();
		} catch (error) {
			await cluster.stop();
			throw error;
		}
		return cluster;
	}

	private constructor(seed: number, program?: NodeProgram) {
		const delays = new Delays(seed, true);
		const memory = new MemoryStore(undefined, () => delays.pause(STORE_DELAY_MS_MAX));
		super(memory);
		this.memory = memory;
		this.seed = seed;
		this.program = program;
	}

	/** One more node. */
	async addNode(): Promise<ClusterNode> {
		const options: NodeOptions = {
			admin: ADMIN,
			seed: this.seed + this.nodes.length + 1,
			pace: clock.pace,
			siteUrl: this.nodes[0]?.url,
			talksText: this.program !== undefined,
		};
		const node = await ClusterNode.start(
			options,
			this.memory,
			() => this.appId,
			(sender) => ({
				broadcast: (broadcast) => {
					for (const other of this.living()) if (other !== sender) void other.control.hear(broadcast).catch(() => {});
				},
				tell: () => {},
			}),
			this.program,
		);
		this.nodes.push(node);
		return node;
	}

	/** Stops the nodes that live. */
	async stop(): Promise<void> {
		await Promise.all(
			this.living().map(async (node) => {
				await node.control.stop().catch(() => {});
				await node.kill();
			}),
		);
	}

	private living(): ClusterNode[] {
		return this.nodes.filter(({ isAlive }) => isAlive);
	}

	/** Uploads a package at the first node; resolves when the app is enabled at all of them. */
	async installApp(zipPath: string): Promise<void> {
		await this.administrator(this.nodes[0]).installApp(zipPath);
		await this.untilEverywhere('enabled', async (admin) => (await admin.appStatus(this.appId)).endsWith('_enabled'));
	}

	/** Removes the app and all that it stored at the first node; resolves when it is gone from all of them. */
	async uninstallApp(): Promise<void> {
		const { appId } = this;
		await this.administrator(this.nodes[0]).uninstallApp(appId);
		await this.untilEverywhere('removed', async (admin) => !(await admin.installedApps()).includes(appId));
	}

	/** The administrator fills in one setting of the app at the first node; resolves when all of them know. */
	async setAppSetting(id: string, value: unknown): Promise<void> {
		await this.administrator(this.nodes[0]).setAppSetting(this.appId, id, value);
		await this.untilEverywhere('set', async (admin) => (await admin.appSetting(this.appId, id)) === value);
		// The app hears of it last.
		await this.settled();
	}

	/** What was shown to agents without being stored. */
	async notices(): Promise<Notice[]> {
		return (await Promise.all(this.living().map(({ control }) => control.notices()))).flat();
	}

	/** Resolves when nothing is in flight at any node. */
	async settled(): Promise<void> {
		await Promise.all(this.living().map(({ control }) => control.settled()));
	}

	/**
	 * A node that has not heard of the app yet refuses to answer. One that asks the app's process while that is being
	 * replaced answers after half a minute.
	 */
	private async untilEverywhere(state: string, isThere: (admin: AdminClient) => Promise<boolean>): Promise<void> {
		for (const node of this.living()) {
			const admin = this.administrator(node);
			const look = () => Promise.race([isThere(admin).catch(() => false), sleep(LOOK_MS_MAX, false)]);
			await until(`${node.url}: the app is ${state}`, look, BROADCAST_MS_MAX);
		}
	}

	private administrator(node: ClusterNode): AdminClient {
		return new AdminClient(() => node.url, ADMIN);
	}
}
