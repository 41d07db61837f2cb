import { AdminClient } from './adminClient.mts';
import { clock } from './clock.mts';
import type {
	AttachmentDocument,
	CustomFieldDocument,
	DepartmentDocument,
	MessageDocument,
	RoomDocument,
	VisitorDocument,
} from './documents.mts';
import type { Faults } from './faults.mts';
import type { NewFile } from './files.mts';
import { type AgentMessage, People } from './people.mts';
import { Delays } from './random.mts';
import type { RoundTrips } from './roundTrips.mts';
import type { JobDocument } from './scheduler.mts';
import { type Notice, Server } from './server.mts';
import type { ServerSettings } from './settings.mts';
import { MemoryStore } from './store.mts';
import { type PersistenceRecord, View } from './view.mts';

export type {
	AgentMessage,
	AttachmentDocument,
	CustomFieldDocument,
	DepartmentDocument,
	JobDocument,
	MessageDocument,
	NewFile,
	Notice,
	PersistenceRecord,
	RoomDocument,
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
	/** Small random delays of the store and of events; on by default. */
	delays?: boolean;
	log?: (line: string) => void;
}

/** How long the store may take before and after an operation. */
const STORE_DELAY_MS_MAX = 2;

/** The login of the administrator. */
const ADMIN = { username: 'admin', password: 'sandbox' };

/** A Rocket.Chat to try apps on: the real Apps-Engine over a stand-in for the rest. One at a time in a process. */
export class RocketChat extends People {
	readonly admin = ADMIN;
	private readonly view: View;
	private readonly client: AdminClient;

	/** Starts the server; resolves when it answers. */
	static async start(options: RocketChatOptions = {}): Promise<RocketChat> {
		const { port = 0, siteUrl, dataFile, seed = 1, clockSpeed = 1, delays: enabled = true, log = () => {} } = options;
		clock.runAt(clockSpeed);
		const delays = new Delays(seed, enabled);
		const store = new MemoryStore(dataFile, () => delays.pause(STORE_DELAY_MS_MAX));
		const server = new Server({ store, delays, admin: ADMIN, port, siteUrl, log });
		try {
			await server.start();
		} catch (error) {
			await server.stop();
			throw error;
		}
		return new RocketChat(server, new View(store));
	}

	private constructor(server: Server, view: View) {
		super(server);
		this.view = view;
		this.client = new AdminClient(() => this.url, this.admin);
	}

	/** Ends the server and the processes of its apps. */
	stop(): Promise<void> {
		return this.server.stop();
	}

	/** `http://127.0.0.1:<port>` */
	get url(): string {
		return this.server.url;
	}

	// Administration

	/**
	 * Uploads a package as `rc-apps deploy` does, and waits until the app is enabled. Updates the app if it is installed.
	 * The administrator may withhold permissions that it asks for.
	 */
	async installApp(zipPath: string, withheld?: string[]): Promise<void> {
		await this.client.installApp(zipPath, withheld);
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

	uninstallApp(): Promise<void> {
		return this.client.uninstallApp(this.appId);
	}

	/** The server's settings: `get(id)`, `set(id, value)`. */
	get serverSettings(): ServerSettings {
		return this.server.settings;
	}

	// What can be seen

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

	/** What the app stored. */
	persistence(): PersistenceRecord[] {
		return this.view.persistence();
	}

	/** What was shown to agents without being stored. */
	notices(): Notice[] {
		return [...this.server.notices];
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
