import type { Feed } from '../feed.mts';
import { AdminClient, type AppPage } from './adminClient.mts';
import type { Broadcast } from './broadcasts.mts';
import { clock } from './clock.mts';
import { ClusterNode } from './cluster/clusterNode.mts';
import type {
	AttachmentDocument,
	CustomFieldDocument,
	DepartmentDocument,
	MessageDocument,
	RoomDocument,
	UserDocument,
	VisitorDocument,
} from './documents.mts';
import type { Faults } from './faults.mts';
import type { NewFile } from './files.mts';
import { generation } from './generation.mts';
import type { News, Notice } from './news.mts';
import { type AgentMessage, People } from './people.mts';
import type { Document } from './query.mts';
import { Delays, pause } from './random.mts';
import type { RoundTrips } from './roundTrips.mts';
import type { JobDocument } from './scheduler.mts';
import { Server } from './server.mts';
import type { ServerSettings } from './settings.mts';
import { type Change, MemoryStore } from './store.mts';
import { type PersistenceRecord, View } from './view.mts';

export type {
	AgentMessage,
	AppPage,
	AttachmentDocument,
	Change,
	CustomFieldDocument,
	DepartmentDocument,
	Document,
	JobDocument,
	MessageDocument,
	NewFile,
	News,
	Notice,
	PersistenceRecord,
	RoomDocument,
	UserDocument,
	VisitorDocument,
};

/** How a sandbox is started. */
export interface RocketChatOptions {
	/** 0, the default, lets the system choose. */
	port?: number;
	/** What the setting Site_Url says; the address it listens on by default. */
	siteUrl?: string;
	/** Where the data survives a restart; in memory only by default. */
	dataFile?: string;
	/** Seed of the delays. */
	seed?: number;
	/** How much faster the time of Rocket.Chat and of its apps runs than that outside; 1 by default. */
	clockSpeed?: number;
	/** Whether {@link RocketChat.moveClock} will be called. */
	clockMoves?: boolean;
	/** Small random delays of the store and of events; on by default. */
	delays?: boolean;
	/** How long every call of the store takes, in place of its random delays. */
	storeMs?: number;
	/** A Node's binary: apps run in its process, as on servers after 8.8, in place of Deno's. */
	appNode?: string;
	log?: (line: string) => void;
}

/** How long the store may take before and after an operation. */
const STORE_DELAY_MS_MAX = 2;

/** The login of the administrator. */
const ADMIN = { username: 'admin', password: 'sandbox' };

/** A Rocket.Chat to try apps on: the real Apps-Engine over a stand-in for the rest. One at a time in a process. */
export class RocketChat extends People {
	readonly admin = ADMIN;
	private readonly store: MemoryStore;
	/** The nodes beside this one. */
	private readonly further: ClusterNode[];
	/** The node that was started last. */
	private adding?: Promise<ClusterNode>;
	private readonly view: View;
	private readonly client: AdminClient;

	/** Starts the server; resolves when it answers. */
	static async start(options: RocketChatOptions = {}): Promise<RocketChat> {
		const { port = 0, siteUrl, dataFile, seed = 1, clockSpeed = 1, delays: enabled = true, log = () => {} } = options;
		const { clockMoves, storeMs, appNode } = options;
		clock.runAt(clockSpeed);
		const delays = new Delays(seed, enabled);
		const latency = storeMs === undefined ? () => delays.pause(STORE_DELAY_MS_MAX) : () => pause(storeMs / 2);
		const store = new MemoryStore(dataFile, latency);
		const further: ClusterNode[] = [];
		const broadcast = (news: Broadcast) => {
			for (const node of further) void node.control.hear(news).catch(() => {});
		};
		const server = new Server({ store, delays, admin: ADMIN, port, siteUrl, clockMoves, appNode, log, broadcast });
		try {
			await server.start();
		} catch (error) {
			await server.stop();
			throw error;
		}
		return new RocketChat(server, store, further);
	}

	private constructor(server: Server, store: MemoryStore, further: ClusterNode[]) {
		super(server);
		this.store = store;
		this.further = further;
		this.view = new View(store);
		this.client = new AdminClient(() => this.url, this.admin);
	}

	/** Ends the server and the processes of its apps, further nodes first. */
	async stop(): Promise<void> {
		await this.adding?.catch(() => {});
		for (const node of [...this.further]) await this.removeNode(node);
		await this.server.stop();
	}

	/** Starts one more node over the same data, in a process of its own. What it tells comes in {@link news}. */
	addNode(): Promise<ClusterNode> {
		this.adding = this.startNode();
		return this.adding;
	}

	private async startNode(): Promise<ClusterNode> {
		const options = {
			admin: ADMIN,
			seed: this.further.length + 2,
			pace: clock.pace,
			siteUrl: this.url,
			talksText: false,
			clockMoves: true,
			tellsNews: true,
		};
		const node = await ClusterNode.start(
			options,
			this.store,
			() => this.appId,
			(sender) => ({
				broadcast: (broadcast) => {
					this.server.broadcasts.hear(broadcast);
					for (const other of this.further) if (other !== sender) void other.control.hear(broadcast).catch(() => {});
				},
				tell: (news) => this.server.news.tell(news),
			}),
		);
		this.further.push(node);
		return node;
	}

	/** Kills a node that {@link addNode} started. */
	async removeNode(node: ClusterNode): Promise<void> {
		this.further.splice(this.further.indexOf(node), 1);
		if (node.isAlive) await node.kill();
	}

	/** `http://127.0.0.1:<port>` */
	get url(): string {
		return this.server.url;
	}

	// Administration

	/**
	 * Uploads a package as `rc-apps deploy` does, and waits until the app is enabled. Updates the app if it is installed.
	 * The administrator may withhold permissions that it asks for, and enables the app where an update does not.
	 */
	async installApp(zipPath: string, withheld?: string[]): Promise<void> {
		await this.client.installApp(zipPath, withheld);
		if (!generation.enablesUpdated && !(await this.appStatus()).endsWith('enabled')) await this.enableApp();
		const status = await this.appStatus();
		if (!status.endsWith('enabled'))
			throw new Error(`the app is ${status} after its installation: ${this.appLogs().slice(-3).join('\n')}`);
	}

	/** The administrator fills in one setting of the app. */
	setAppSetting(id: string, value: unknown): Promise<void> {
		return this.client.setAppSetting(this.appId, id, value);
	}

	enableApp(): Promise<void> {
		return this.client.setAppStatus(this.appId, 'manually_enabled');
	}

	disableApp(): Promise<void> {
		return this.client.setAppStatus(this.appId, 'manually_disabled');
	}

	/** What the administrator sees on the app's page. */
	appPage(): Promise<AppPage> {
		return this.client.appPage(this.appId);
	}

	uninstallApp(): Promise<void> {
		return this.client.uninstallApp(this.appId);
	}

	/** Sets the clocks of all nodes and of the apps' processes forward; needs the option `clockMoves`. */
	async moveClock(ms: number): Promise<void> {
		clock.move(ms);
		await this.server.setPace(clock.pace);
		for (const node of this.further) await node.control.setPace(clock.pace);
	}

	/** The server's settings: `get(id)`, `set(id, value)`. */
	get serverSettings(): ServerSettings {
		return this.server.settings;
	}

	// What can be seen

	/** A file of a message by its link, as a user who is logged in gets it. */
	file(link: string): Promise<Response> {
		return this.client.file(link);
	}

	/** All livechat rooms, oldest first. */
	rooms(): RoomDocument[] {
		return this.view.rooms();
	}

	room(id: string): RoomDocument | undefined {
		return this.view.room(id);
	}

	/** Messages of a room, system messages too, oldest first. */
	messages(roomId: string): MessageDocument[] {
		return this.view.messages(roomId);
	}

	visitors(): VisitorDocument[] {
		return this.view.visitors();
	}

	/** Everybody who has the role of an agent. */
	/** All who have an account: people, bots, and apps' own users. */
	users(): UserDocument[] {
		return this.view.users();
	}

	agents(): UserDocument[] {
		return this.view.agents();
	}

	departments(): DepartmentDocument[] {
		return this.view.departments();
	}

	/** What the app stored. */
	persistence(): PersistenceRecord[] {
		return this.view.persistence();
	}

	/** What was shown to agents without being stored. */
	notices(): Notice[] {
		return [...this.server.notices];
	}

	/** Every document of the database as it changes, and what happens without leaving one. */
	get changes(): Feed<Change> {
		return this.store.changes;
	}

	get news(): Feed<News> {
		return this.server.news;
	}

	jobs(): JobDocument[] {
		return this.view.jobs();
	}

	/** The app's log, a line an entry, oldest first. */
	appLogs(): string[] {
		return this.server.logs.linesOf(this.appId);
	}

	/** The installed app's id. */
	get appId(): string {
		return this.view.appId;
	}

	/** Where RapidPro finds the app: `<url>/api/apps/public/<app id>`. */
	get appUrl(): string {
		return `${this.url}/api/apps/public/${this.appId}`;
	}

	/** `auto_enabled`, `manually_disabled` … */
	appStatus(): Promise<string> {
		return this.client.appStatus(this.appId);
	}

	// Faults and figures

	/** Faults of the app's calls. */
	get faults(): Faults {
		return this.server.faults;
	}

	/** Kills the app's process with SIGKILL at once; resolves when the engine has another, in which the app is enabled. */
	killApp(): Promise<void> {
		return this.server.killApp(this.appId);
	}

	/** The operating system's id of the app's process; up to Rocket.Chat 6.8 it has none of its own. */
	get appPid(): number | undefined {
		return this.server.appPid(this.appId);
	}

	/** Puts a document into the database, as if it had always been there. */
	async addDocument(collection: string, document: Document): Promise<void> {
		await this.store.insert(collection, document);
	}

	/** Loses the next events before any app hears of them. */
	dropEvents(times: number): void {
		this.server.events.drop(times);
	}

	/** The app's calls to the server. */
	get roundTrips(): RoundTrips {
		return this.server.roundTrips;
	}

	/** Resolves when no event, no request to or from the app and no job is in flight. */
	settled(): Promise<void> {
		return this.server.activity.settled();
	}
}
