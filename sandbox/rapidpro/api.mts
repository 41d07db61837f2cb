import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, ExchangeLog } from './exchanges.mts';
import type { ApiEvent, Fault, Faults } from './faults.mts';
import { bodyOf } from './request-body.mts';
import type { Question, Reply } from './v2/reply.mts';

const PREFIX = '/api/v2/';
const PAGE_SIZE = 250;
const MAX_REQUEST_BYTES = 60 * 1024 * 1024;

/** Answers requests for one release of RapidPro. */
export interface Responder {
	/** Whether faults that were ordered hit this request. */
	canFail(question: Question): boolean;
	answer(question: Question, authorization: string | undefined, pageSize: number): Reply | Promise<Reply>;
}

/** What the API needs of the rest of RapidPro. */
export interface ApiSurroundings {
	responder: Responder;
	faults: Faults;
	log: ExchangeLog;
}

/** RapidPro's API as it is reached over HTTP: it may misbehave as ordered, else the release's responder answers. */
export class Api {
	/** How many items a page holds. */
	pageSize = PAGE_SIZE;

	constructor(private readonly on: ApiSurroundings) {}

	/** Whether a request is for the API. */
	static serves(path: string): boolean {
		return path.startsWith('/api/');
	}

	/** Answers a request, or misbehaves as ordered. */
	async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const question = await read(request);
		const exchange = this.on.log.begin({
			initiator: 'app',
			purpose: purposeOf(question),
			method: question.method,
			url: request.url ?? '',
			headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const),
			body: textIn(question) ?? `(${question.body.length} bytes)`,
		});
		const answer = () => this.on.responder.answer(question, request.headers.authorization, this.pageSize);
		const fault = this.on.responder.canFail(question) ? this.fault(question) : undefined;
		if (fault?.handled) await answer();
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
				return this.send(exchange, response, await answer());
			default:
				return this.send(exchange, response, await answer());
		}
	}

	private fault(question: Question): Fault | undefined {
		const event: ApiEvent = `${question.method} ${question.resource}`;
		return this.on.faults.take(event, contactIn(question), textIn(question));
	}

	private send(exchange: Exchange, response: ServerResponse, { status, headers = {}, body }: Reply): void {
		const all = { 'content-type': 'application/json', ...headers };
		this.on.log.end(exchange, { answer: { status, headers: all, body } });
		response.writeHead(status, all).end(body);
	}
}

async function read(request: IncomingMessage): Promise<Question> {
	const url = new URL(request.url ?? '', `http://${request.headers.host}`);
	return {
		method: request.method ?? '',
		resource: url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length).replace(/\.json$/, '') : '',
		url,
		contentType: request.headers['content-type'] ?? '',
		body: await bodyOf(request, MAX_REQUEST_BYTES),
	};
}

/** A body that can be shown; a form with files cannot. */
function textIn({ contentType, body }: Question): string | undefined {
	return contentType.startsWith('multipart/') ? undefined : body.toString('utf8');
}

function purposeOf({ method, resource }: Question): string {
	if (resource === 'workspace') return 'read the workspace';
	return method === 'GET' ? `read ${resource}` : `post ${resource}`.replace('_', ' ');
}

/** The contact whom a request is about, where it says so. */
function contactIn({ url, contentType, body }: Question): string {
	const named = url.searchParams.get('contact');
	if (named !== null) return named;
	if (!contentType.startsWith('application/json')) return '';
	try {
		return String(JSON.parse(body.toString('utf8'))?.contact ?? '');
	} catch {
		return '';
	}
}
