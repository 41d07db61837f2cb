import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Assembly } from '../assembly.mts';
import type { Workspace } from '../workspaces.mts';
import { type Actions, actionsOf } from './actions.mts';
import type { ActionName, SettingsPage } from './asked.mts';
import { Board } from './board.mts';
import { type Bundle, bundle } from './bundle.mts';
import type { BoardChange, Sandbox } from './documents.mts';
import { Plays } from './plays.mts';
import { RapidProSide } from './rapidpro-side.mts';
import { FILES, RocketChatSide } from './rocketchat-side.mts';
import { Traffic } from './traffic.mts';

/** Larger files are nothing to try by hand. */
const BODY_MAX = 40 * 1024 * 1024;
/** How long a step of a scenario stays before the next one. */
const PAUSE_MS = 1200;

/** The page takes nothing from elsewhere but RapidPro's media, which lie on another port. */
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self' data:; connect-src 'self'; img-src 'self' data: http://127.0.0.1:*; media-src 'self' http://127.0.0.1:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML = new URL('./client/index.html', import.meta.url);
/** The app's own. */
const ICON = new URL('../../icon.png', import.meta.url);

/** An answer that is not what was asked for. */
class Refusal extends Error {
	constructor(
		readonly status: number,
		message: string,
	) {
		super(message);
	}
}

/** What is behind the page once everything has started. */
interface Backstage {
	assembly: Assembly;
	actions: Actions;
	traffic: Traffic;
	plays: Plays;
	rapidProSides: RapidProSide[];
}

/**
 * The page on which people see the bridge work and try it. It can be opened before there is anything to see. What is
 * shown goes to every browser as server-sent events; what people do comes as `POST /api/<action>` with JSON.
 */
export class Page {
	private readonly board = new Board();
	private readonly server: Server;
	private readonly pauseMs: number;
	private bundle?: Promise<Bundle>;
	private backstage?: Backstage;

	/** @param pauseMs between two steps of a scenario. */
	constructor({ pauseMs = PAUSE_MS }: { pauseMs?: number } = {}) {
		this.pauseMs = pauseMs;
		this.server = createServer((request, response) => {
			this.serve(request, response).catch((error: Error) => {
				const status = error instanceof Refusal ? error.status : 409;
				if (!response.headersSent) sendJson(response, status, { error: error.message });
				else response.destroy();
			});
		});
		this.board.put('sandbox', {
			id: 'sandbox',
			starting: 'Starting',
			connected: false,
			app: 'enabled',
			rapidPro: 'well',
			secondNode: 'off',
			clockAheadMs: 0,
		});
	}

	/** Listens on the loopback interface, on any free port for 0. Gives the address. */
	async listen(port: number): Promise<string> {
		this.bundle = bundle();
		await new Promise<void>((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', resolve);
		});
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Says what the page is waiting for. */
	starting(step: string): void {
		if (this.backstage === undefined) this.board.patch('sandbox', 'sandbox', { starting: step });
	}

	/** Everything has started: shows it, and lets people act. */
	open(assembly: Assembly, first: Pick<Sandbox, 'firstAgent' | 'firstContact'>): void {
		const { rocketChat, rapidPro, workspaces, trouble } = assembly;
		const { board } = this;
		const actions = actionsOf(assembly);
		new RocketChatSide(board, rocketChat);
		const traffic = new Traffic(board, rocketChat);
		const rapidProSides: RapidProSide[] = [];
		const show = (workspace: Workspace) => {
			rapidProSides.push(new RapidProSide(board, workspace));
			traffic.listenTo(workspace);
		};
		for (const workspace of workspaces.list) show(workspace);
		workspaces.added.listen(show);
		const plays = new Plays(board, assembly, this.pauseMs);
		trouble.changes.listen((troubles) => board.patch('sandbox', 'sandbox', troubles));
		this.backstage = { assembly, actions, traffic, plays, rapidProSides };
		board.patch('sandbox', 'sandbox', {
			starting: undefined,
			rocketChatUrl: rocketChat.url,
			rapidProUrl: rapidPro.url,
			appUrl: rocketChat.appUrl,
			connected: true,
			...first,
		});
	}

	/** How many entries the traffic holds. */
	get trafficLength(): number {
		return this.board.all('traffic').length;
	}

	/** Stops listening and cuts every connection. */
	async close(): Promise<void> {
		this.board.close();
		const closed = new Promise((resolve) => this.server.close(resolve));
		this.server.closeAllConnections();
		await closed;
	}

	private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		this.refuseStrangers(request);
		const { pathname: path, search } = new URL(request.url ?? '/', 'http://page');
		if (request.method === 'POST') return this.act(path, request, response);
		if (request.method !== 'GET') throw new Refusal(405, 'GET and POST only');
		switch (path) {
			case '/':
				return send(response, 'text/html; charset=utf-8', await readFile(HTML));
			case '/icon.png':
				return send(response, 'image/png', await readFile(ICON));
			case '/page.js':
				return send(response, 'text/javascript; charset=utf-8', (await this.bundled()).script);
			case '/page.css':
				return send(response, 'text/css; charset=utf-8', (await this.bundled()).style);
			case '/api/stream':
				return this.stream(response);
			case '/api/settings':
				return sendJson(response, 200, await this.settings());
		}
		if (path.startsWith('/api/traffic/')) return this.trafficDetail(path.slice('/api/traffic/'.length), response);
		if (path.startsWith(`${FILES}/file-upload/`)) return this.file(path.slice(FILES.length) + search, response);
		throw new Refusal(404, `There is nothing at ${path}`);
	}

	/** Other sites must not make a visitor's browser act here: neither by a form nor under a name of their own. */
	private refuseStrangers({ method, headers }: IncomingMessage): void {
		const host = headers.host?.replace(/:\d+$/, '');
		if (host !== '127.0.0.1' && host !== 'localhost') throw new Refusal(403, 'Open the page at 127.0.0.1');
		if (method === 'POST' && !headers['content-type']?.startsWith('application/json')) {
			throw new Refusal(415, 'The body must be JSON, with that Content-Type');
		}
	}

	private bundled(): Promise<Bundle> {
		if (this.bundle === undefined) throw new Error('the page does not listen yet');
		return this.bundle;
	}

	private get stage(): Backstage {
		if (this.backstage === undefined) throw new Refusal(503, 'The sandbox is still starting');
		return this.backstage;
	}

	/** First everything, then whatever changes. */
	private stream(response: ServerResponse): void {
		response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
		const tell = (event: string, changes: BoardChange[]) => {
			response.write(`event: ${event}\ndata: ${JSON.stringify(changes)}\n\n`);
		};
		tell('everything', this.board.snapshot());
		const stop = this.board.changes.listen((changes) => tell('changes', changes));
		response.once('close', stop);
	}

	private async act(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { actions, plays, traffic, rapidProSides } = this.stage;
		const name = path.slice('/api/'.length);
		const asked = JSON.parse((await bodyOf(request)) || '{}');
		if (name === 'play') plays.start(asked.scenario);
		else if (name === 'traffic/clear') traffic.clear();
		else if (!Object.hasOwn(actions, name)) throw new Refusal(404, `There is no action ${name}`);
		else {
			const done = actions[name as ActionName](asked as never).finally(() => {
				for (const side of rapidProSides) side.look();
			});
			return sendJson(response, 200, (await done) ?? {});
		}
		sendJson(response, 200, {});
	}

	/** What the administrator sees on the app's page, and what RapidPro shows beside it. */
	private async settings(): Promise<SettingsPage> {
		const { rocketChat, rapidPro } = this.stage.assembly;
		const { url: address, apiToken: token, hasNoTicketers, secret } = rapidPro;
		const api = hasNoTicketers ? { address, token } : undefined;
		return { ...(await rocketChat.appPage()), appUrl: rocketChat.appUrl, secret, api };
	}

	private trafficDetail(id: string, response: ServerResponse): void {
		const detail = this.stage.traffic.detail(id);
		if (detail === undefined) throw new Refusal(404, 'This entry is gone');
		sendJson(response, 200, detail);
	}

	/** A file as the agent's browser gets it, which is logged in at Rocket.Chat. */
	private async file(link: string, response: ServerResponse): Promise<void> {
		const file = await this.stage.assembly.rocketChat.file(link);
		response.writeHead(file.status, {
			'Content-Type': file.headers.get('content-type') ?? 'application/octet-stream',
			'Content-Security-Policy': "default-src 'none'; sandbox",
			'X-Content-Type-Options': 'nosniff',
		});
		response.end(new Uint8Array(await file.arrayBuffer()));
	}
}

function send(response: ServerResponse, type: string, body: Uint8Array): void {
	response.writeHead(200, {
		'Content-Type': type,
		'Cache-Control': 'no-cache',
		'Content-Security-Policy': POLICY,
		'X-Content-Type-Options': 'nosniff',
	});
	response.end(body);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
	response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request) {
		size += (chunk as Buffer).length;
		if (size > BODY_MAX) throw new Refusal(413, 'That is too large to try here');
		chunks.push(chunk as Buffer);
	}
	return Buffer.concat(chunks).toString('utf8');
}
