import type { Media } from '../media.mts';
import type { Model, User } from '../model.mts';
import { getContacts, postContact, postContactActions } from './contacts.mts';
import { postMedia } from './media.mts';
import { getMessages, postMessage } from './messages.mts';
import type { Release } from './release.mts';
import { html, json, type Question, Refusal, type Reply, SERVER_ERROR, ServerError } from './reply.mts';
import { workspaceResult } from './results.mts';
import { Store } from './store.mts';
import { Throttle, type ThrottleScope } from './throttle.mts';
import { getTickets, postTicketActions } from './tickets.mts';
import {
	getDefinitions,
	getFlows,
	getGlobals,
	getGroups,
	getTopics,
	getUsers,
	postGlobal,
	postTopic,
} from './workspace.mts';

/** RapidPro waits this long for a contact that a flow holds. */
const LOCK_WAIT_MS = 10_000;
const NOT_FOUND = html(
	404,
	'\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  <h1>Not Found</h1>' +
		'<p>The requested resource was not found on this server.</p>\n</body>\n</html>\n',
);

type Endpoint = (question: Question, store: Store, size: number) => Reply | Promise<Reply>;

/**
 * The API of a RapidPro without ticketers, held to the answers of the real servers by recorded.test.mts
 * (docs/reference/rapidpro.md#without-ticketing-services).
 */
export class ApiV2 {
	readonly store: Store;
	readonly throttle: Throttle;
	/** The role that the token's user has by now. RapidPro refuses a token whose user has lost the role. */
	role: User['role'] = 'administrator';
	lockWaitMs = LOCK_WAIT_MS;
	private readonly endpoints: Record<string, Record<string, Endpoint>> = {
		workspace: { GET: (_question, store) => json(200, workspaceResult(store)) },
		tickets: { GET: getTickets },
		ticket_actions: { POST: (question, store) => postTicketActions(question, store, this.lockWaitMs) },
		messages: { GET: getMessages, POST: postMessage },
		media: { POST: postMedia },
		contacts: { GET: getContacts, POST: postContact },
		contact_actions: { POST: postContactActions },
		topics: { GET: getTopics, POST: postTopic },
		users: { GET: getUsers },
		globals: { GET: getGlobals, POST: postGlobal },
		groups: { GET: getGroups },
		flows: { GET: getFlows },
		definitions: { GET: getDefinitions },
	};

	constructor(
		release: Release,
		model: Model,
		media: Media,
		private readonly token: () => string,
	) {
		this.store = new Store(release, model, media);
		this.throttle = new Throttle(this.store.traits.rate);
	}

	/** Whatever is asked for. */
	canFail(): boolean {
		return true;
	}

	/** Answers a request whose body was read. */
	async answer(question: Question, authorization: string | undefined, pageSize: number): Promise<Reply> {
		try {
			return await this.serve(question, authorization, pageSize);
		} catch (error) {
			if (error instanceof Refusal) {
				const reply = json(error.status, error.body);
				return { ...reply, headers: { ...reply.headers, ...error.headers } };
			}
			if (error instanceof ServerError) return SERVER_ERROR;
			throw error;
		}
	}

	private async serve(question: Question, authorization: string | undefined, pageSize: number): Promise<Reply> {
		const methods = this.endpoints[question.resource];
		if (methods === undefined) return NOT_FOUND;
		if (!question.url.pathname.endsWith('.json')) return this.explorer();
		this.authenticate(authorization);
		this.throttle.take(scopeOf(question.resource));
		const endpoint = methods[question.method];
		if (endpoint === undefined) throw Refusal.detail(405, `Method "${question.method}" not allowed.`);
		if (this.store.suspended && question.method === 'POST' && question.resource !== 'media') throw suspended();
		return endpoint(question, this.store, pageSize);
	}

	/** Always 403, never 401. */
	private authenticate(authorization = ''): void {
		const [keyword = '', ...parts] = authorization.split(/\s+/).filter((part) => part !== '');
		const refuse = (detail: string) => {
			throw Refusal.detail(403, detail);
		};
		if (keyword.toLowerCase() !== 'token') refuse('Authentication credentials were not provided.');
		if (parts.length === 0) refuse('Invalid token header. No credentials provided.');
		if (parts.length > 1) refuse('Invalid token header. Token string should not contain spaces.');
		const allowed = this.role === 'administrator' || this.role === 'editor';
		if (parts[0] !== this.token() || !allowed) refuse('Invalid token');
	}

	/** Without `.json` 26.3 shows its explorer, and 9.0 breaks. */
	private explorer(): Reply {
		return this.store.release === '26.3'
			? html(200, '<!DOCTYPE HTML>\n<html lang="en-us"><head><title>API Explorer</title></head></html>')
			: html(500, '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head></html>');
	}
}

function scopeOf(resource: string): ThrottleScope {
	return resource === 'messages' || resource === 'contacts' ? `v2.${resource}` : 'v2';
}

function suspended(): Refusal {
	const words = 'Sorry, your workspace is currently suspended. To enable sending messages, please contact support.';
	return new Refusal(400, { non_field_errors: [words] });
}
