import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from './api.mts';
import type { EventCallback, Verdict } from './callback.mts';
import type { Answer, Exchange, ExchangeLog, HeaderList } from './exchanges.mts';
import type { Fault, Faults } from './faults.mts';
import type { Media } from './media.mts';
import { bodyOf } from './request-body.mts';

/** mailroom refuses longer requests. */
const MAX_REQUEST_BYTES = 50 * 1024 * 1024;

/** A webhook as it came in. */
export interface ReceivedEvent {
	method: string;
	path: string;
	/** Names are lower-case. */
	headers: Record<string, string>;
	/** The bytes as text, to compare exactly. */
	rawBody: string;
	/** The parsed body; an empty object where it is no JSON object. */
	body: {
		type?: string;
		ticketID?: string;
		visitor?: { token?: string };
		data?: { text?: string; attachments?: { type: string; url: string }[] };
	};
	receivedAt: Date;
	/** Absent until it is given, and for good where RapidPro hangs or drops the connection. */
	answer?: Answer;
}

/** RapidPro's public address: serves media and the API, takes webhooks, misbehaves as ordered, and remembers all of it. */
export class WebhookServer {
	readonly received: ReceivedEvent[] = [];
	private readonly server: Server;

	constructor(
		private readonly callback: EventCallback,
		private readonly api: Api,
		private readonly faults: Faults,
		private readonly log: ExchangeLog,
		media: Media,
	) {
		this.server = createServer((request, response) => {
			if (media.covers(request.method, request.url)) return media.serve(request.url ?? '', response);
			const served = Api.serves(request.url ?? '') ? this.api.serve(request, response) : this.serve(request, response);
			served.catch(() => response.destroy());
		});
	}

	/** Listens on this port of the loopback interface, on any free one for 0. Gives the address. */
	async listen(port: number): Promise<string> {
		await new Promise<void>((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', resolve);
		});
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Stops listening and cuts every connection. */
	async close(): Promise<void> {
		const closed = new Promise((resolve) => this.server.close(resolve));
		this.server.closeAllConnections();
		await closed;
	}

	private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const event = await readEvent(request);
		this.received.push(event);
		const exchange = this.log.begin({
			initiator: 'app',
			purpose: event.body.type ?? 'unknown webhook',
			method: event.method,
			url: event.path,
			headers: pairs(request.rawHeaders),
			body: event.rawBody,
		});
		const fault = this.faults.take(event.body.type ?? '', event.body.ticketID ?? '', event.body.data?.text);
		if (fault === undefined) return this.answer(event, exchange, response, await this.handle(event));
		await this.misbehave(fault, event, exchange, response);
	}

	private async misbehave(
		{ outcome, handled }: Fault,
		event: ReceivedEvent,
		exchange: Exchange,
		response: ServerResponse,
	): Promise<void> {
		if (handled) await this.handle(event);
		switch (outcome.kind) {
			case 'hang':
				response.once('close', () => this.log.end(exchange, { error: 'the app gave up waiting' }));
				return;
			case 'drop':
				this.log.end(exchange, { error: 'RapidPro dropped the connection' });
				response.destroy();
				return;
			case 'delay':
				await sleep(outcome.ms);
				return this.answer(event, exchange, response, await this.handle(event));
			case 'breakdown':
				return this.answer(event, exchange, response, await this.callback.handle(asked(event), outcome.where));
			case 'answer':
				return this.send(event, exchange, response, outcome);
		}
	}

	private async handle(event: ReceivedEvent): Promise<Verdict> {
		return this.callback.handle(asked(event));
	}

	private answer(event: ReceivedEvent, exchange: Exchange, response: ServerResponse, verdict: Verdict): void {
		const headers = { 'content-type': 'application/json' };
		this.send(event, exchange, response, { status: verdict.status, headers, body: JSON.stringify(verdict.body) });
	}

	private send(event: ReceivedEvent, exchange: Exchange, response: ServerResponse, answer: Answer): void {
		const { status, headers, body } = answer;
		event.answer = { status, headers, body };
		this.log.end(exchange, { answer: event.answer });
		response.writeHead(status, headers).end(body);
	}
}

async function readEvent(request: IncomingMessage): Promise<ReceivedEvent> {
	const rawBody = (await bodyOf(request, MAX_REQUEST_BYTES)).toString('utf8');
	const headers = Object.entries(request.headersDistinct);
	return {
		method: request.method ?? '',
		path: request.url ?? '',
		headers: Object.fromEntries(headers.map(([name, values]) => [name, (values ?? []).join(', ')])),
		rawBody,
		body: objectIn(rawBody),
		receivedAt: new Date(),
	};
}

function objectIn(text: string): ReceivedEvent['body'] {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null ? value : {};
	} catch {
		return {};
	}
}

function asked({ method, path, headers, rawBody }: ReceivedEvent) {
	return { method, path, authorization: headers.authorization, body: rawBody };
}

function pairs(rawHeaders: string[]): HeaderList {
	const names = rawHeaders.filter((_, index) => index % 2 === 0);
	return names.map((name, index) => [name, rawHeaders[index * 2 + 1] ?? ''] as const);
}
