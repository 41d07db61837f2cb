import { read } from '../micros.mts';
import type { IncomingAttachment, Message, Ticket } from '../model.mts';
import { type Fields, fieldsIn } from './body.mts';
import { Form, invalid, list, noSuchObject, refuse, text } from './form.mts';
import { listing, page } from './paging.mts';
import { json, type Question, Refusal, type Reply } from './reply.mts';
import { messageResult } from './results.mts';
import { createdAt, type Store } from './store.mts';
import { uuidParam } from './uuid-param.mts';

const EXCLUSIVE = ['contact', 'folder', 'label', 'broadcast'];
const MAX_ATTACHMENTS = 10;

/** `GET messages.json`: the newest first; `after` and `before` are inclusive. */
export function getMessages({ url }: Question, store: Store, size: number): Reply {
	const params = url.searchParams;
	if (EXCLUSIVE.filter((name) => params.has(name)).length > 1) {
		throw Refusal.detail(400, `You may only specify one of the ${EXCLUSIVE.join(', ')} parameters`);
	}
	const matches = [visible, byId(params, store), byContact(params), byFolder(params), byTime(params)];
	const found = store.model.messages.filter((message) => matches.every((match) => match(message)));
	return json(
		200,
		listing(page(found, { url, size, at: createdAt }), (message) => messageResult(message, store)),
	);
}

type Match = (message: Message) => boolean;

const all: Match = () => true;
const none: Match = () => false;

/** A contact's message that is still being handled is not told, so neither is one whose webhook runs just now. */
const visible: Match = ({ direction, status }) => direction === 'out' || status !== 'pending';

/** A filter that the release does not know is ignored: the answer is everything. */
function byId(params: URLSearchParams, { traits }: Store): Match {
	if (traits.messageUuids) {
		const uuid = uuidParam(params, 'uuid', traits);
		return uuid === undefined ? all : (message) => message.uuid === uuid;
	}
	const id = params.get('id');
	if (id === null) return all;
	if (!/^\d+$/.test(id)) throw Refusal.detail(400, 'Value for id must be an integer');
	return (message) => message.id === Number(id);
}

function byContact(params: URLSearchParams): Match {
	const uuid = params.get('contact');
	return uuid === null ? all : ({ contact }) => contact.uuid === uuid;
}

const FOLDERS: Record<string, Match> = {
	inbox: ({ direction, flow, visibility }) => direction === 'in' && !flow && visibility !== 'archived',
	flows: ({ direction, flow, visibility }) => direction === 'in' && flow !== undefined && visibility !== 'archived',
	archived: ({ direction, visibility }) => direction === 'in' && visibility === 'archived',
	incoming: ({ direction }) => direction === 'in',
	outbox: ({ direction, status }) => direction === 'out' && (status === 'queued' || status === 'errored'),
	sent: ({ direction, status }) => direction === 'out' && ['wired', 'sent', 'delivered'].includes(status),
	failed: ({ direction, status }) => direction === 'out' && status === 'failed',
};

function byFolder(params: URLSearchParams): Match {
	const folder = params.get('folder');
	return folder === null ? all : (FOLDERS[folder.toLowerCase()] ?? none);
}

/** A bound that cannot be read lets nothing through. */
function byTime(params: URLSearchParams): Match {
	const [after, before] = ['after', 'before'].map((name) => {
		const bound = params.get(name);
		return bound === null ? undefined : (read(bound) ?? Number.NaN);
	});
	return (message) => {
		const at = createdAt(message);
		return (after === undefined || at >= after) && (before === undefined || at <= before);
	};
}

/** `POST messages.json`. 201 does not mean sent: for a contact who cannot be reached the message is failed at once. */
export function postMessage(question: Question, store: Store): Reply {
	const { contact, text: said = '', attachments = [], ticket } = checked(fieldsIn(question), store);
	const reachable = store.canReach(contact);
	const message = store.model.addMessage({
		contact,
		direction: 'out',
		text: said,
		attachments,
		status: reachable ? 'queued' : 'failed',
		urn: reachable ? undefined : null,
		ticket,
	});
	return json(201, messageResult(message, store));
}

function checked(fields: Fields, store: Store) {
	const form = new Form(fields);
	const contact = form.required('contact', (named) => store.contact(String(named)) ?? noSuchObject(named));
	const said = form.optional('text', text(store.traits.maxText)) ?? undefined;
	const one = (named: unknown) => attachment(named, store);
	const attachments = form.optional('attachments', list(one, MAX_ATTACHMENTS)) ?? undefined;
	const ticket = ticketIn(form, store);
	form.done();
	if (said === undefined && !attachments?.length) refuse('Must provide either text or attachments.');
	if (contact === undefined) throw new Error('a contact that is required is there once the form is done');
	return { contact, text: said, attachments, ticket };
}

/** Only media of this workspace: by UUID, or as `<type>:<url>`. */
function attachment(named: unknown, { uploads }: Store): IncomingAttachment {
	if (typeof named !== 'string') return invalid('Not a valid string.');
	const found = uploads.find(({ uuid, contentType, url }) => named === uuid || named === `${contentType}:${url}`);
	if (found === undefined) return noSuchObject(named);
	return { type: found.contentType, url: found.url };
}

function ticketIn(form: Form, { traits, model }: Store): Ticket | undefined {
	if (!traits.messagesHaveTickets) return undefined;
	return form.optional('ticket', (uuid) => model.ticket(String(uuid)) ?? noSuchObject(uuid)) ?? undefined;
}
