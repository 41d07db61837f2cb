import { type Breakdown, BUSY_DATABASE } from './faults.mts';
import type { Model, StoredFile, Ticket } from './model.mts';

/** The webhooks that mailroom knows. */
export type EventType = 'agent-message' | 'close-room';

/** What the callback answers: a status and an object to be sent as JSON. */
export interface Verdict {
	status: number;
	body: Record<string, string>;
}

/** A request to the callback, unparsed. */
export interface CallbackRequest {
	method: string;
	path: string;
	authorization: string | undefined;
	body: string;
}

/** What the callback needs of the rest of RapidPro. */
export interface Surroundings {
	model: Model;
	secret: () => string;
	/** Whether a ticketer with this UUID is saved. */
	knowsTicketer: (uuid: string) => boolean;
	fetchFile: (url: string) => Promise<StoredFile>;
}

interface AgentMessageData {
	text?: string;
	attachments?: { type: string; url: string }[];
}

interface Event {
	type: string;
	ticketID: string;
	data?: AgentMessageData;
}

/** Ends the handling of an event with an error answer. */
class Refusal extends Error {
	constructor(
		readonly status: number,
		message: string,
	) {
		super(message);
	}
}

const PATH = '/mr/tickets/types/rocketchat/event_callback/';
const HANDLED: Verdict = { status: 200, body: { status: 'handled' } };

/** The path of a ticketer's callback. */
export function callbackPath(ticketerUuid: string): string {
	return PATH + ticketerUuid;
}

/** mailroom's `event_callback`: every row of the table in docs/reference/rapidpro.md#event-callback, in its order. */
export class EventCallback {
	constructor(private readonly surroundings: Surroundings) {}

	/** Handles one webhook. `breakdown` names what does not work inside RapidPro meanwhile. */
	async handle(request: CallbackRequest, breakdown?: Breakdown): Promise<Verdict> {
		try {
			return await this.judge(request, breakdown);
		} catch (error) {
			if (error instanceof Refusal) return { status: error.status, body: { error: error.message } };
			throw error;
		}
	}

	private async judge(request: CallbackRequest, breakdown?: Breakdown): Promise<Verdict> {
		const ticketerUuid = ticketerIn(request.path);
		if (request.method !== 'POST') throw new Refusal(405, `illegal method: ${request.method}`);
		if (breakdown === 'database' || !this.surroundings.knowsTicketer(ticketerUuid)) {
			throw new Refusal(404, `no such ticketer ${ticketerUuid}`);
		}
		if (request.authorization !== `Token ${this.surroundings.secret()}`) {
			return { status: 401, body: { status: 'unauthorized' } };
		}
		const event = parseEvent(request.body);
		const ticket = this.surroundings.model.ticket(event.ticketID);
		if (breakdown === 'ticket lookup' || ticket === undefined) {
			throw new Refusal(404, `no such ticket ${event.ticketID}`);
		}
		if (breakdown === 'org assets') throw new Refusal(400, 'error looking up org assets');
		const busy = BUSY_DATABASE.find((doing) => doing === breakdown);
		if (busy) throw new Refusal(400, `${busy}: pq: sorry, too many clients already`);
		await this.apply(event, ticket, breakdown);
		if (breakdown === 'HTTP logs') throw new Refusal(500, 'error writing HTTP logs: connection refused');
		return HANDLED;
	}

	private async apply(event: Event, ticket: Ticket, breakdown?: Breakdown): Promise<void> {
		switch (event.type) {
			case 'agent-message':
				return this.sendToContact(event, ticket, breakdown);
			case 'close-room':
				return this.surroundings.model.close(ticket, { by: 'Rocket.Chat', params: event });
			default:
				throw new Refusal(400, 'invalid event type');
		}
	}

	/** Text and files become one message, also where the ticket is closed, also where both are empty. */
	private async sendToContact({ data }: Event, ticket: Ticket, breakdown?: Breakdown): Promise<void> {
		if (data === undefined) throw new Refusal(400, 'unexpected end of JSON input');
		const files = await this.fetchFiles(data, breakdown);
		if (breakdown === 'inserting message') {
			throw new Refusal(400, 'error inserting outgoing message: connection refused');
		}
		this.surroundings.model.addMessage(outgoing(ticket, data.text ?? '', files));
	}

	private async fetchFiles({ attachments = [] }: AgentMessageData, breakdown?: Breakdown): Promise<StoredFile[]> {
		const files: StoredFile[] = [];
		for (const { type, url } of attachments) {
			const file = await this.surroundings.fetchFile(url).catch((error: Error) => {
				throw new Refusal(400, `error fetching ticket file '{${type} ${url}}': ${error.message}`);
			});
			if (breakdown === 'storing attachment') throw new Refusal(400, `error storing attachment ${url}`);
			files.push(file);
		}
		return files;
	}
}

function ticketerIn(path: string): string {
	const uuid = path.startsWith(PATH) ? path.slice(PATH.length) : '';
	if (!/^[a-f0-9-]+$/.test(uuid)) throw new Refusal(404, `not found: ${path}`);
	return uuid;
}

function parseEvent(body: string): Event {
	const event = parseObject(body);
	const missing = ['type', 'ticketID'].filter((field) => typeof event[field] !== 'string' || event[field] === '');
	if (missing.length > 0) {
		throw new Refusal(400, missing.map((field) => `field '${field}' is required`).join(', '));
	}
	return event as unknown as Event;
}

function parseObject(body: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(body);
		if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	} catch {
		// Answered below like any other body that is no object.
	}
	throw new Refusal(400, 'unable to unmarshal request body');
}

/** 200 does not mean delivered: a contact who cannot be reached gets a failed message (facts 2.6). */
function outgoing(ticket: Ticket, text: string, files: StoredFile[]) {
	const { contact } = ticket;
	const reachable = contact.status === 'active' && contact.urns.length > 0;
	return { contact, direction: 'out', text, files, status: reachable ? 'queued' : 'failed', ticket } as const;
}
