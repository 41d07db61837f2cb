import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, ExchangeLog } from './exchanges.mts';
import type { Faults } from './faults.mts';
import type { Message, Model } from './model.mts';

const MESSAGES = '/api/v2/messages.json';
const WORKSPACE = '/api/v2/workspace.json';
const PAGE_SIZE = 250;

/** What the API needs of the rest of RapidPro. */
export interface ApiSurroundings {
	model: Model;
	/** The token of an administrator. */
	token: () => string;
	faults: Faults;
	log: ExchangeLog;
}

interface ApiAnswer {
	status: number;
	headers?: Record<string, string>;
	body: string;
}

/**
 * RapidPro's API, as far as it is asked for a contact's messages and for its workspace
 * (docs/reference/rapidpro.md#api-v2).
 */
export class Api {
	/** How many messages a page holds. */
	pageSize = PAGE_SIZE;

	constructor(private readonly on: ApiSurroundings) {}

	/** Whether a request is for the API. */
	static serves(path: string): boolean {
		return path.startsWith('/api/');
	}

	/** Answers a request, or misbehaves as ordered. */
	async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const exchange = this.on.log.begin({
			initiator: 'app',
			purpose: isAbout(WORKSPACE, request) ? 'read the workspace' : 'read messages',
			method: request.method ?? '',
			url: request.url ?? '',
			headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const),
			body: '',
		});
		const fault = isAbout(MESSAGES, request) ? this.on.faults.take('messages', contactIn(request)) : undefined;
		const { outcome } = fault ?? {};
		switch (outcome?.kind) {
			case 'hang':
				response.once('close', () => this.on.log.end(exchange, { error: 'the app gave up waiting' }));
				return;
			case 'drop':
				this.on.log.end(exchange, { error: 'RapidPro dropped the connection' });
				response.destroy();
				return;
			case 'answer':
				return this.send(exchange, response, outcome);
			case 'delay':
				await sleep(outcome.ms);
				return this.send(exchange, response, this.answer(request));
			default:
				return this.send(exchange, response, this.answer(request));
		}
	}

	private send(exchange: Exchange, response: ServerResponse, { status, headers = {}, body }: ApiAnswer): void {
		const all = { 'content-type': 'application/json', ...headers };
		this.on.log.end(exchange, { answer: { status, headers: all, body } });
		response.writeHead(status, all).end(body);
	}

	private answer(request: IncomingMessage): ApiAnswer {
		const url = new URL(request.url ?? '', `http://${request.headers.host}`);
		if (request.headers.authorization !== `Token ${this.on.token()}`) return json(401, { detail: 'Invalid token' });
		if (url.pathname !== MESSAGES && url.pathname !== WORKSPACE) return json(404, { detail: 'Not found.' });
		if (request.method !== 'GET') return json(405, { detail: `Method "${request.method}" not allowed.` });
		return json(200, url.pathname === WORKSPACE ? workspace : this.page(url));
	}

	/** "newest created first"; `after` and `before` are inclusive; `next` leads to the next page of the same question. */
	private page(url: URL): object {
		const { contact, after, before, cursor } = Object.fromEntries(url.searchParams);
		const within = ({ createdOn }: Message) =>
			(!after || createdOn >= new Date(after)) && (!before || createdOn <= new Date(before));
		const found = this.on.model.messages.filter((message) => message.contact.uuid === contact && within(message));
		found.sort((a, b) => b.createdOn.getTime() - a.createdOn.getTime());
		const start = Number(cursor ?? 0);
		const end = start + this.pageSize;
		const next = new URL(url);
		next.searchParams.set('cursor', String(end));
		return {
			next: end < found.length ? next.href : null,
			previous: null,
			results: found.slice(start, end).map(resultOf),
		};
	}
}

/** "uuid, name, country, languages, timezone, date_style, anon, …" */
const workspace = {
	uuid: '6a44ca78-a4c2-4862-a7d3-2932f9b3a7c3',
	name: 'Sandbox',
	country: 'RW',
	languages: ['eng'],
	timezone: 'Africa/Kigali',
	date_style: 'day_first',
	anon: false,
};

function isAbout(path: string, request: IncomingMessage): boolean {
	return new URL(request.url ?? '', 'http://rapidpro').pathname === path;
}

function contactIn(request: IncomingMessage): string {
	return new URL(request.url ?? '', 'http://rapidpro').searchParams.get('contact') ?? '';
}

function resultOf({ contact, direction, text, status, attachments, createdOn }: Message): object {
	return {
		contact: { uuid: contact.uuid, name: contact.name },
		urn: contact.urns[0] ?? null,
		direction,
		type: 'text',
		status,
		visibility: 'visible',
		text,
		attachments: attachments.map(({ type, url }) => ({ content_type: type, url })),
		quick_replies: [],
		labels: [],
		flow: null,
		// RapidPro writes microseconds.
		created_on: createdOn.toISOString().replace('Z', '000Z'),
		sent_on: null,
		modified_on: createdOn.toISOString(),
	};
}

function json(status: number, body: object): ApiAnswer {
	return { status, body: JSON.stringify(body) };
}
