import type { Message, Model } from './model.mts';
import { json, type Question, type Reply } from './v2/reply.mts';

const MESSAGES = '/api/v2/messages.json';
const WORKSPACE = '/api/v2/workspace.json';

/**
 * The API of a RapidPro with ticketers, as far as it is asked for a contact's messages and for its workspace
 * (docs/reference/rapidpro.md#api-v2).
 */
export class HistoryApi {
	constructor(
		private readonly model: Model,
		private readonly token: () => string,
	) {}

	/** Only questions for messages. */
	canFail({ url }: Question): boolean {
		return url.pathname === MESSAGES;
	}

	/** Answers a request. */
	answer({ method, url }: Question, authorization: string | undefined, pageSize: number): Reply {
		if (authorization !== `Token ${this.token()}`) return json(401, { detail: 'Invalid token' });
		if (url.pathname !== MESSAGES && url.pathname !== WORKSPACE) return json(404, { detail: 'Not found.' });
		if (method !== 'GET') return json(405, { detail: `Method "${method}" not allowed.` });
		return json(200, url.pathname === WORKSPACE ? workspace : this.page(url, pageSize));
	}

	/** "newest created first"; `after` and `before` are inclusive; `next` leads to the next page of the same question. */
	private page(url: URL, pageSize: number): object {
		const { contact, after, before, cursor } = Object.fromEntries(url.searchParams);
		const within = ({ createdOn }: Message) =>
			(!after || createdOn >= new Date(after)) && (!before || createdOn <= new Date(before));
		const found = this.model.messages.filter((message) => message.contact.uuid === contact && within(message));
		found.sort((a, b) => b.createdOn.getTime() - a.createdOn.getTime());
		const start = Number(cursor ?? 0);
		const end = start + pageSize;
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
