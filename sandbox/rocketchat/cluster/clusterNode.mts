import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Faults } from '../faults.mts';
import type { People } from '../people.mts';
import type { Store } from '../store.mts';
import { Channel, type Remote } from './channel.mts';
import type { NodeControl, NodeOptions, Surroundings } from './node.mts';

const NODE = fileURLToPath(new URL('./node.mts', import.meta.url));

/** Another version of Node, and a bundle for it, see `engines/bundle.mts`. */
export interface NodeProgram {
	node: string;
	bundle: string;
}

/** One Rocket.Chat node among several, in a process of its own, seen from the process that started it. */
export class ClusterNode {
	/** What people do at this node. */
	readonly people: Remote<People>;
	/** Faults of the calls of the app's process at this node. */
	readonly faults: Remote<Faults>;
	readonly control: Remote<NodeControl>;
	/** `http://127.0.0.1:<port>` */
	url = '';

	/** Starts a node over a store that is here. */
	static async start(
		options: NodeOptions,
		store: Store,
		appId: () => string,
		around: (node: ClusterNode) => Surroundings,
		program?: NodeProgram,
	): Promise<ClusterNode> {
		const child = forked(JSON.stringify(options), program);
		const channel = new Channel(child, options.talksText);
		channel.offer('store', store);
		const node = new ClusterNode(child, channel, appId);
		channel.offer('surroundings', around(node));
		node.url = await node.control.start();
		return node;
	}

	private readonly process: ChildProcess;
	private readonly appId: () => string;

	private constructor(process: ChildProcess, channel: Channel, appId: () => string) {
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

function forked(options: string, program: NodeProgram | undefined): ChildProcess {
	return program
		? fork(program.bundle, [options], { execPath: program.node, execArgv: [], detached: true })
		: fork(NODE, [options], { execArgv: ['--import', 'tsx'], serialization: 'advanced', detached: true });
}
