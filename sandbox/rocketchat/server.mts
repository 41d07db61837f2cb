import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Feed } from '../feed.mts';
import { Activity } from './activity.mts';
import { AppApis } from './apis.mts';
import { sandboxBridges } from './bridges/all.mts';
import { SandboxCommandBridge } from './bridges/commands.mts';
import { type Broadcast, Broadcasts } from './broadcasts.mts';
import { clock, type Pace } from './clock.mts';
import { Converters } from './converters.mts';
import { DenoRuntime } from './engine/deno/runtime.mts';
import { InProcessRuntime } from './engine/inProcess/runtime.mts';
import type { SandboxAppManager } from './engine/manager.mts';
import type { AppRuntime } from './engine/runtime.mts';
import { LogStorage, MetadataStorage, SourceStorage } from './engine/storages.mts';
import { AppEvents } from './events.mts';
import { Faults } from './faults.mts';
import { fileRouter } from './fileRoute.mts';
import { Files } from './files.mts';
import { generation } from './generation.mts';
import { Messages } from './messages.mts';
import type { News, Notice } from './news.mts';
import { LivechatRooms } from './omnichannel/rooms.mts';
import { Routing } from './omnichannel/routing.mts';
import { Visitors } from './omnichannel/visitors.mts';
import type { Delays } from './random.mts';
import { restRouter } from './rest.mts';
import { RoundTrips } from './roundTrips.mts';
import { Scheduler } from './scheduler.mts';
import { Sessions } from './sessions.mts';
import { ServerSettings } from './settings.mts';
import type { Store } from './store.mts';
import { Users } from './users.mts';

/** What a node is made with. */
export interface ServerOptions {
	store: Store;
	delays: Delays;
	admin: { username: string; password: string };
	port: number;
	siteUrl?: string;
	/** Whether {@link Server.setPace} will be called: the apps' processes must look at the time again and again. */
	clockMoves?: boolean;
	/** The Node that apps run in, as on servers after 8.8, in place of Deno. */
	appNode?: string;
	log: (line: string) => void;
	/** Tells the other nodes that share the store; nobody by default. */
	broadcast?: (broadcast: Broadcast) => void;
}

/** One Rocket.Chat node: the real engine over our bridges, Express in front, a store behind that it may share. */
export class Server {
	readonly store: Store;
	readonly log: (line: string) => void;
	readonly activity = new Activity();
	readonly faults = new Faults();
	readonly roundTrips = new RoundTrips();
	readonly notices: Notice[] = [];
	readonly news = new Feed<News>();
	readonly settings: ServerSettings;
	readonly users: Users;
	readonly sessions: Sessions;
	readonly events: AppEvents;
	readonly converters: Converters;
	readonly messages: Messages;
	readonly routing: Routing;
	readonly visitors: Visitors;
	readonly livechat: LivechatRooms;
	readonly files: Files;
	readonly scheduler: Scheduler;
	readonly logs = new LogStorage(this.news);
	private readonly sources: SourceStorage;
	readonly apis: AppApis;
	readonly commands: SandboxCommandBridge;
	readonly broadcasts: Broadcasts;
	readonly runtime: AppRuntime;
	private readonly options: ServerOptions;
	private manager?: SandboxAppManager;
	private http?: HttpServer;

	constructor(options: ServerOptions) {
		const { store, delays, log } = options;
		this.options = options;
		this.store = store;
		this.log = log;
		this.settings = new ServerSettings(store);
		this.sources = new SourceStorage(store);
		this.users = new Users(store);
		this.sessions = new Sessions(this.users, options.admin);
		this.events = new AppEvents(delays, this.activity);
		this.converters = new Converters(store);
		this.messages = new Messages(store, this.events, this.converters, this.settings);
		this.routing = new Routing(store, this.settings);
		this.visitors = new Visitors(store, this.settings);
		const { settings, events, converters, messages, routing } = this;
		this.livechat = new LivechatRooms({ store, settings, events, converters, messages, routing });
		this.files = new Files(store, settings, messages, this.users, this.livechat);
		this.scheduler = new Scheduler(store, this.activity);
		this.apis = new AppApis(this.sessions);
		this.commands = new SandboxCommandBridge({ converters, activity: this.activity });
		this.broadcasts = new Broadcasts(options.broadcast ?? (() => {}), delays, this.activity);
		this.runtime = generation.appsInProcess
			? new InProcessRuntime(this, options.clockMoves ?? false)
			: new DenoRuntime(this, log, options.clockMoves ?? false, options.appNode);
	}

	/** Starts engine, scheduler and HTTP; apps that the store knows are loaded and enabled again. */
	async start(): Promise<void> {
		if (process.env.NODE_ENV === 'test') throw new Error('with NODE_ENV=test the engine would grant every permission');
		await this.settings.load();
		await this.ensureAdmin();
		this.manager = await this.runtime.start({
			metadataStorage: new MetadataStorage(this.store),
			logStorage: this.logs,
			sourceStorage: this.sources,
			bridges: sandboxBridges(this),
		});
		this.apis.connect(this.manager);
		this.commands.connect(this.manager);
		this.broadcasts.connect(this.manager, this.sources);
		await this.listen();
		await this.manager.load();
		this.events.connect(this.manager);
		await this.manager.enableAll();
		this.scheduler.start();
	}

	private async ensureAdmin(): Promise<void> {
		const username = this.adminName;
		if (!(await this.users.byUsername(username))) await this.users.create({ username, roles: ['admin', 'user'] });
	}

	private async listen(): Promise<void> {
		const app = express();
		// Error pages without stacks, as a server in production has them.
		app.set('env', 'production');
		app.use((_request, response, next) => {
			// Two security headers on everything (docs/reference/rocketchat.md#app-http-apis).
			response.set({ 'X-XSS-Protection': '1', 'X-Content-Type-Options': 'nosniff' });
			next();
		});
		app.use('/api/apps', this.apis.router());
		app.use(
			restRouter({ manager: this.appManager, sessions: this.sessions, settings: this.settings, logs: this.logs }),
		);
		app.use('/file-upload', fileRouter(this.files, this.sessions));
		await new Promise<void>((resolve, reject) => {
			this.http = app.listen(this.options.port, '127.0.0.1', resolve).on('error', reject);
		});
		this.settings.set('Site_Url', this.options.siteUrl ?? this.url);
	}

	/** Takes over a time that was moved elsewhere, and tells the apps' processes. */
	async setPace(pace: Pace): Promise<void> {
		clock.pace = pace;
		await this.runtime.setPace(pace);
	}

	/** Shows a notice to the agents. */
	showNotice(notice: Notice): void {
		this.notices.push(notice);
		this.news.tell({ kind: 'noticed', notice });
	}

	/** Stops all that {@link start} started. */
	async stop(): Promise<void> {
		await this.scheduler.stop();
		await this.stopListening();
		await this.stopApps();
		await this.settings.flushed();
		await this.runtime.stop();
	}

	private async stopListening(): Promise<void> {
		const { http } = this;
		if (http === undefined) return;
		await new Promise((resolve) => {
			http.close(resolve);
			// Node 14 has no such method.
			http.closeAllConnections?.();
		});
	}

	/** Ends the apps and leaves their stored status as it is: they come back at the next start. */
	private async stopApps(): Promise<void> {
		const apps = (await this.manager?.get()) ?? [];
		await Promise.all(apps.map((app) => this.runtime.end(app)));
		this.manager?.release();
	}

	/** Kills an app's process. */
	killApp(appId: string): Promise<void> {
		return this.runtime.kill(this.appManager.getOneById(appId));
	}

	/** See {@link AppRuntime.pid}. */
	appPid(appId: string): number | undefined {
		return this.runtime.pid(this.appManager.getOneById(appId));
	}

	get adminName(): string {
		return this.options.admin.username;
	}

	/** The engine. */
	get appManager(): SandboxAppManager {
		if (!this.manager) throw new Error('the server is not started');
		return this.manager;
	}

	/** The name that an app gave itself. */
	appName(appId: string): string {
		return this.appManager.getOneById(appId)?.getName() ?? appId;
	}

	/** `http://127.0.0.1:<port>` */
	get url(): string {
		const address = this.http?.address() as AddressInfo | undefined;
		if (!address) throw new Error('the server does not listen');
		return `http://127.0.0.1:${address.port}`;
	}
}
