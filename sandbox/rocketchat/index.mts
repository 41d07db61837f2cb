import type { ILogEntry } from '@rocket.chat/apps-engine/definition/accessors/index.js';
import { AdminClient } from './adminClient.mts';
import {
	type AttachmentDocument,
	type CustomFieldDocument,
	collections,
	type DepartmentDocument,
	type MessageDocument,
	type RoomDocument,
	type VisitorDocument,
} from './documents.mts';
import type { Faults } from './faults.mts';
import type { NewFile } from './files.mts';
import { Delays } from './random.mts';
import type { RoundTrips } from './roundTrips.mts';
import type { JobDocument } from './scheduler.mts';
import { type Notice, Server } from './server.mts';
import type { ServerSettings } from './settings.mts';
import { MemoryStore, newId } from './store.mts';
import { reference } from './users.mts';

export type {
	AttachmentDocument,
	CustomFieldDocument,
	DepartmentDocument,
	JobDocument,
	MessageDocument,
	NewFile,
	Notice,
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
	/** Small random delays of the store and of events; on by default. */
	delays?: boolean;
	log?: (line: string) => void;
}

/** What an agent writes. */
export interface AgentMessage {
	text?: string;
	files?: NewFile[];
	attachments?: AttachmentDocument[];
	/** The message it answers in a thread. */
	threadId?: string;
}

/** A record of an app's persistence. */
export interface PersistenceRecord {
	_id: string;
	appId: string;
	associations?: { model: string; id: string }[];
	data: Record<string, unknown>;
}

/** How long the store may take before and after an operation. */
const STORE_DELAY_MS_MAX = 2;

/** A Rocket.Chat to try apps on: the real Apps-Engine over a stand-in for the rest. One at a time in a process. */
export class RocketChat {
	/** The login of the administrator. */
	readonly admin: { username: string; password: string };
	private readonly store: MemoryStore;
	private readonly server: Server;
	private readonly client: AdminClient;

	/** Starts the server; resolves when it answers. */
	static async start(options: RocketChatOptions = {}): Promise<RocketChat> {
		const rocketChat = new RocketChat(options);
		try {
			await rocketChat.server.start();
		} catch (error) {
			await rocketChat.server.stop();
			throw error;
		}
		return rocketChat;
	}

	private constructor(options: RocketChatOptions) {
		const { port = 0, siteUrl, dataFile, seed = 1, delays: enabled = true, log = () => {} } = options;
		const delays = new Delays(seed, enabled);
		this.admin = { username: 'admin', password: 'sandbox' };
		this.store = new MemoryStore(dataFile, () => delays.pause(STORE_DELAY_MS_MAX));
		this.server = new Server({ store: this.store, delays, admin: this.admin, port, siteUrl, log });
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

	/** Uploads a package as `rc-apps deploy` does, and waits until the app is enabled. Updates the app if it is installed. */
	async installApp(zipPath: string): Promise<void> {
		await this.client.installApp(zipPath);
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

	/** A department that is offered for new conversations; agents by username. */
	async addDepartment(
		department: Partial<Omit<DepartmentDocument, '_id' | 'agents'>> & { id?: string; name: string; agents?: string[] },
	): Promise<string> {
		const { id = newId(), agents = [], ...rest } = department;
		const users = await Promise.all(agents.map((username) => this.server.users.require(username)));
		return this.store.insert(collections.departments, {
			_id: id,
			email: `${id}@example.org`,
			enabled: true,
			numAgents: agents.length,
			showOnRegistration: true,
			showOnOfflineForm: true,
			_updatedAt: new Date(),
			...rest,
			agents: users.map(({ _id }) => _id),
		});
	}

	/** A livechat agent, online unless said otherwise. */
	async addAgent({
		username,
		name = username,
		online = true,
	}: {
		username: string;
		name?: string;
		online?: boolean;
	}): Promise<string> {
		const agent = await this.server.users.create({
			username,
			name,
			emails: [{ address: `${username}@example.org`, verified: true }],
			roles: ['user', 'livechat-agent'],
			status: online ? 'online' : 'offline',
			statusLivechat: 'available',
		});
		return agent._id;
	}

	async setAgentOnline(username: string, online: boolean): Promise<void> {
		const { _id } = await this.server.users.require(username);
		await this.store.updateOne(collections.users, { _id }, { $set: { status: online ? 'online' : 'offline' } });
	}

	/** An omnichannel custom field. */
	async addCustomField({
		id,
		label = id,
		scope = 'visitor',
		regexp,
	}: {
		id: string;
		label?: string;
		scope?: 'visitor' | 'room';
		regexp?: string;
	}): Promise<void> {
		await this.store.insert(collections.customFields, { _id: id, label, scope, ...(regexp && { regexp }) });
	}

	/** A public channel, whose messages are nobody's ticket. */
	addChannel(name: string): Promise<string> {
		const now = new Date();
		const channel = {
			_id: newId(),
			t: 'c',
			name,
			fname: name,
			msgs: 0,
			usersCount: 1,
			lm: now,
			ts: now,
			_updatedAt: now,
		};
		return this.store.insert(collections.rooms, channel);
	}

	// People

	/** A user writes in a room, or sends files there as one message. */
	async agentWrites(roomId: string, username: string, message: string | AgentMessage): Promise<string> {
		const { text = '', files = [], attachments, threadId } = typeof message === 'string' ? { text: message } : message;
		const user = await this.server.users.require(username);
		if (files.length > 0) {
			const uploads = await Promise.all(
				files.map((file) => this.server.files.store(roomId, file, { userId: user._id })),
			);
			return sentId(await this.server.files.postAsUser(uploads, user._id, text));
		}
		return sentId(
			await this.server.messages.send({
				rid: roomId,
				msg: text,
				u: reference(user),
				...(attachments && { attachments }),
				...(threadId && { tmid: threadId }),
			}),
		);
	}

	/** A user edits a message. */
	async editMessage(messageId: string, username: string, text: string): Promise<void> {
		const user = await this.server.users.require(username);
		await this.server.messages.edit(messageId, { msg: text }, reference(user));
	}

	/** An agent closes a conversation; the comment is asked for by default, as in Rocket.Chat. */
	async closeRoom(roomId: string, { by, comment = 'Resolved' }: { by: string; comment?: string }): Promise<void> {
		const room = await this.server.livechat.byId(roomId);
		if (!room) throw new Error(`there is no room ${roomId}`);
		await this.server.livechat.close(room, { user: await this.server.users.require(by) }, comment);
	}

	/** The website visitor of a room ends the conversation. */
	async visitorCloses(roomId: string): Promise<void> {
		const room = await this.server.livechat.byId(roomId);
		if (!room?.v) throw new Error(`there is no livechat room ${roomId}`);
		await this.server.livechat.close(room, { visitor: room.v }, 'Closed by visitor');
	}

	/** Hands a conversation to another agent or department; false if there is nothing to hand over. */
	async transferRoom(
		roomId: string,
		{ by, agent, department }: { by: string; agent?: string; department?: string },
	): Promise<boolean> {
		const target = {
			agent: agent === undefined ? undefined : await this.server.users.require(agent),
			department: department === undefined ? undefined : await this.server.visitors.departmentByIdOrName(department),
		};
		return this.server.livechat.transfer(roomId, target, await this.server.users.require(by));
	}

	/** An agent takes a room from the queue (setting Livechat_Routing_Method: Manual_Selection). */
	async takeRoom(roomId: string, username: string): Promise<void> {
		await this.server.livechat.take(roomId, await this.server.users.require(username));
	}

	/** A room goes back to the queue. */
	returnRoomToQueue(roomId: string): Promise<void> {
		return this.server.livechat.returnToQueue(roomId);
	}

	/** A visitor of the website, whose room no app made. */
	async widgetVisitor({
		token = newId(),
		name = 'Website visitor',
		department,
	}: {
		token?: string;
		name?: string;
		department?: string;
	} = {}): Promise<{ visitorId: string; token: string; roomId: string }> {
		const visitor = await this.server.visitors.register({ token, name, department });
		const room = await this.server.livechat.create({
			visitor: { ...this.server.converters.visitor(visitor) },
			source: { type: 'widget' },
		});
		return { visitorId: visitor._id, token, roomId: room._id };
	}

	/** The visitor of a room writes there himself, as with the widget. */
	async visitorWrites(roomId: string, text: string): Promise<string> {
		const { v, fname, source } = this.requireRoom(roomId);
		if (!v) throw new Error(`room ${roomId} has no visitor`);
		const visitor = { id: v._id, username: v.username, token: v.token, name: fname };
		const newRoomSource = source ?? { type: 'widget' };
		return sentId(
			await this.server.livechat.visitorWrites({ rid: roomId, token: v.token, visitor, msg: text, newRoomSource }),
		);
	}

	/** The user of another app writes. */
	async otherAppWrites(roomId: string, text: string): Promise<string> {
		const username = 'other-app.bot';
		const known = await this.server.users.byUsername(username);
		const user =
			known ?? (await this.server.users.create({ username, type: 'app', appId: 'another-app', roles: ['app'] }));
		return sentId(await this.server.messages.send({ rid: roomId, msg: text, u: reference(user) }));
	}

	/** A bot that works as an agent writes. */
	async botWrites(roomId: string, text: string): Promise<string> {
		const username = 'rocket.cat';
		const known = await this.server.users.byUsername(username);
		const user = known ?? (await this.server.users.create({ username, type: 'bot', roles: ['bot', 'livechat-agent'] }));
		return sentId(await this.server.messages.send({ rid: roomId, msg: text, u: reference(user) }));
	}

	/** The server writes, see facts/rocketchat.md section 12 for the types. */
	async systemMessage(roomId: string, type: string, text: string): Promise<string> {
		const user = await this.server.users.require(this.admin.username);
		return sentId(await this.server.messages.saveSystem(type, roomId, text, reference(user)));
	}

	/** Agents block the contact behind a visitor token (Rocket.Chat 7 and later). */
	async blockContact(visitorToken: string): Promise<void> {
		await this.store.updateOne(collections.visitors, { token: visitorToken }, { $set: { blocked: true } });
	}

	async removeVisitor(id: string): Promise<void> {
		await this.store.remove(collections.visitors, { _id: id });
	}

	async removeRoom(id: string): Promise<void> {
		await this.store.remove(collections.messages, { rid: id });
		await this.store.remove(collections.inquiries, { rid: id });
		await this.store.remove(collections.rooms, { _id: id });
	}

	// What can be seen

	/** All livechat rooms, oldest first. */
	rooms(): RoomDocument[] {
		return this.store.peek<RoomDocument>(collections.rooms, { t: 'l' }, { sort: { ts: 1 } });
	}

	room(id: string): RoomDocument | undefined {
		return this.store.peek<RoomDocument>(collections.rooms, { _id: id })[0];
	}

	private requireRoom(id: string): RoomDocument {
		const room = this.room(id);
		if (!room) throw new Error(`there is no room ${id}`);
		return room;
	}

	/** Messages of a room, system messages too, oldest first. */
	messages(roomId: string): MessageDocument[] {
		return this.store.peek<MessageDocument>(collections.messages, { rid: roomId }, { sort: { ts: 1 } });
	}

	visitors(): VisitorDocument[] {
		return this.store.peek<VisitorDocument>(collections.visitors, {}, { sort: { ts: 1 } });
	}

	/** What the app stored. */
	persistence(): PersistenceRecord[] {
		return this.store.peek<PersistenceRecord>(collections.persistence);
	}

	/** What was shown to agents without being stored. */
	notices(): Notice[] {
		return [...this.server.notices];
	}

	jobs(): JobDocument[] {
		return this.store.peek<JobDocument>(collections.jobs);
	}

	/** The app's log, a line an entry, oldest first. */
	appLogs(): string[] {
		const line = (method: string, { severity, args }: ILogEntry) =>
			`${method} ${severity}: ${args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ')}`;
		return this.server.logs
			.of(this.appId)
			.flatMap(({ method, entries }) => entries.map((entry) => line(method, entry)));
	}

	/** The installed app's id. */
	get appId(): string {
		const [app] = this.store.peek<{ id: string }>(collections.apps);
		if (!app) throw new Error('no app is installed');
		return app.id;
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

	/** Kills the app's process with SIGKILL; the engine starts another. */
	killApp(): void {
		this.server.killApp(this.appId);
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

function sentId(message: MessageDocument | undefined): string {
	if (!message) throw new Error('an app prevented the message');
	return message._id;
}
