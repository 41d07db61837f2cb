import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../../until.mts';
import { AdminClient } from '../adminClient.mts';
import { clock } from '../clock.mts';
import type { Faults } from '../faults.mts';
import type { People } from '../people.mts';
import { Delays } from '../random.mts';
import type { Notice } from '../server.mts';
import { MemoryStore } from '../store.mts';
import { View } from '../view.mts';
import { Channel, type Remote } from './channel.mts';
import type { NodeControl, NodeOptions, Surroundings } from './node.mts';

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

/** Another version of Node, and a bundle for it, see `engines/bundle.mts`. */
export interface NodeProgram {
	node: string;
	bundle: string;
}

const NODE = fileURLToPath(new URL('./node.mts', import.meta.url));
const ADMIN = { username: 'admin', password: 'sandbox' };

/**
 * How long the store may take before and after an operation, beside the way through the socket: long enough that what
 * one node looks up is often changed by another before it acts on it.
 */
const STORE_DELAY_MS_MAX = 6;
/** How long a change may take to reach all nodes. */
const BROADCAST_MS_MAX = 20_000;

/** One Rocket.Chat node of a {@link RocketChatCluster}, in a process of its own. */
export class ClusterNode {
	/** What people do at this node. */
	readonly people: Remote<People>;
	/** Faults of the calls of the app's process at this node. */
	readonly faults: Remote<Faults>;
	readonly control: Remote<NodeControl>;
	/** `http://127.0.0.1:<port>` */
	url = '';
	private readonly process: ChildProcess;
	private readonly appId: () => string;

	constructor(process: ChildProcess, channel: Channel, appId: () => string) {
		this.process = process;
		this.appId = appId;
		this.people = channel.remote('people');
		this.faults = channel.remote('faults');
		this.control = channel.remote('control');
	}

	/** Where RapidPro finds the app at this node. */
	get appUrl(): string {
		return `${this.url}/api/apps/public/${this.appId()}`;
	}

	/** Kills the app's process at this node; resolves when there is another, in which the app is enabled. */
	killApp(): Promise<void> {
		return this.control.killApp(this.appId());
	}

	/** Kills the node for good, with its app's process. */
	async kill(): Promise<void> {
		const ended = new Promise((resolve) => this.process.once('exit', resolve));
		// Both are in a process group of their own.
		process.kill(-Number(this.process.pid), 'SIGKILL');
		await ended;
	}

	get isAlive(): boolean {
		return this.process.exitCode === null && this.process.signalCode === null;
	}
}

/**
 * Several Rocket.Chat nodes over one store, as section 10 has them: an operating-system process each, with an engine and
 * a process of the app of its own; the store is behind a socket and takes its time. Requests and what people do go to
 * one node, events come up there, jobs run at whichever node locks them first.
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
		const child = this.fork(JSON.stringify(options));
		const channel = new Channel(child, options.talksText);
		const node = new ClusterNode(child, channel, () => this.appId);
		const surroundings: Surroundings = {
			broadcast: (broadcast) => {
				for (const other of this.living()) if (other !== node) void other.control.hear(broadcast).catch(() => {});
			},
		};
		channel.offer('store', this.memory);
		channel.offer('surroundings', surroundings);
		node.url = await node.control.start();
		this.nodes.push(node);
		return node;
	}

	private fork(options: string): ChildProcess {
		const { program } = this;
		return program
			? fork(program.bundle, [options], { execPath: program.node, execArgv: [], detached: true })
			: fork(NODE, [options], { execArgv: ['--import', 'tsx'], serialization: 'advanced', detached: true });
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

	/** A node that has not heard of the app yet refuses to answer. */
	private async untilEverywhere(state: string, isThere: (admin: AdminClient) => Promise<boolean>): Promise<void> {
		for (const node of this.living()) {
			const admin = this.administrator(node);
			await until(`${node.url}: the app is ${state}`, () => isThere(admin).catch(() => false), BROADCAST_MS_MAX);
		}
	}

	private administrator(node: ClusterNode): AdminClient {
		return new AdminClient(() => node.url, ADMIN);
	}
}
