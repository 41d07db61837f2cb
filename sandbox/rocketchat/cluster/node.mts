/** A node of a cluster, in a process of its own: everything but the store, which is in the process that started it. */

import type { Broadcast } from '../broadcasts.mts';
import { clock, type Pace } from '../clock.mts';
import { People } from '../people.mts';
import { Delays } from '../random.mts';
import { type Notice, Server } from '../server.mts';
import type { Store } from '../store.mts';
import { Channel } from './channel.mts';

/** How a node is started, as JSON in its first argument. */
export interface NodeOptions {
	admin: { username: string; password: string };
	seed: number;
	pace: Pace;
	/** That of the first node, by which the whole cluster is reached. */
	siteUrl?: string;
	/** See {@link Channel}. */
	talksText: boolean;
}

/** What the cluster makes a node do. */
export class NodeControl {
	private readonly server: Server;

	constructor(server: Server) {
		this.server = server;
	}

	/** Starts the node; gives its address. */
	async start(): Promise<string> {
		await this.server.start();
		return this.server.url;
	}

	stop(): Promise<void> {
		return this.server.stop();
	}

	settled(): Promise<void> {
		return this.server.activity.settled();
	}

	hear(broadcast: Broadcast): void {
		this.server.broadcasts.hear(broadcast);
	}

	killApp(appId: string): Promise<void> {
		return this.server.killApp(appId);
	}

	dropEvents(times: number): void {
		this.server.events.drop(times);
	}

	setServerSetting(id: string, value: unknown): void {
		this.server.settings.set(id, value);
	}

	notices(): Notice[] {
		return this.server.notices;
	}

	appLogs(appId: string): string[] {
		return this.server.logs.linesOf(appId);
	}
}

/** What the process that started the node offers to it. */
export interface Surroundings {
	/** Tells all other nodes. */
	broadcast(broadcast: Broadcast): void;
}

const { admin, seed, pace, siteUrl, talksText }: NodeOptions = JSON.parse(process.argv[2]);
clock.pace = pace;
const channel = new Channel(process, talksText);
const surroundings = channel.remote<Surroundings>('surroundings');
const server = new Server({
	store: channel.remote<Store>('store') as Store,
	delays: new Delays(seed, true),
	admin,
	port: 0,
	siteUrl,
	log: () => {},
	broadcast: (broadcast) => void surroundings.broadcast(broadcast),
});
channel.offer('control', new NodeControl(server));
channel.offer('people', new People(server));
channel.offer('faults', server.faults);
// Whoever started the node has ended; the app's process is in the node's process group.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
