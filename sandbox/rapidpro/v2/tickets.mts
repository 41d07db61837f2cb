import { setTimeout as sleep } from 'node:timers/promises';
import type { Ticket } from '../model.mts';
import { fieldsIn } from './body.mts';
import { Form, invalid, list, noSuchObject, refuse, text } from './form.mts';
import { listing, page } from './paging.mts';
import { json, NO_CONTENT, type Question, type Reply, ServerError } from './reply.mts';
import { ticketResult } from './results.mts';
import type { Store } from './store.mts';
import { isUuid } from './uuid-param.mts';

const LOOK_MS = 20;

/** `GET tickets.json`: the newest modified first. There is no filter by status, and others are ignored. */
export function getTickets({ url }: Question, store: Store, size: number): Reply {
	const { searchParams: params } = url;
	const uuid = params.get('uuid') ?? params.get('ticket');
	const contact = params.get('contact');
	if (uuid !== null && !isUuid(uuid)) throw new ServerError('a malformed UUID reaches the database');
	const found = store.model.tickets.filter(
		(ticket) => (uuid ?? ticket.uuid) === ticket.uuid && (contact ?? ticket.contact.uuid) === ticket.contact.uuid,
	);
	const reverse = ['1', 'true', 'y', 'yes'].includes((params.get('reverse') ?? '').toLowerCase());
	const shown = page(found, { url, size, at: ({ modifiedAt }) => modifiedAt, reverse });
	return json(
		200,
		listing(shown, (ticket) => ticketResult(ticket, store)),
	);
}

const ACTIONS = ['assign', 'add_note', 'change_topic', 'close', 'reopen'] as const;
type Action = (typeof ACTIONS)[number];

/**
 * `POST ticket_actions.json`. 200 with `failures` names the tickets that stayed as they were: there was nothing to do, or
 * the contact was locked all the time. 9.0 tells neither.
 *
 * @param lockWaitMs how long to wait for a contact that a flow holds.
 */
export async function postTicketActions(question: Question, store: Store, lockWaitMs: number): Promise<Reply> {
	const { tickets, act } = checked(question, store);
	const failures: string[] = [];
	for (const ticket of tickets) {
		const free = await unlocked(ticket, store, lockWaitMs);
		if (!free || !act(ticket)) failures.push(ticket.uuid);
	}
	return failures.length > 0 && store.traits.tellsFailures ? json(200, { failures }) : NO_CONTENT;
}

async function unlocked({ contact }: Ticket, { locked }: Store, waitMs: number): Promise<boolean> {
	const deadline = Date.now() + waitMs;
	while (locked.has(contact)) {
		if (Date.now() >= deadline) return false;
		await sleep(LOOK_MS);
	}
	return true;
}

/** Does one action to a ticket; tells whether that changed it. */
type Act = (ticket: Ticket) => boolean;

function checked(question: Question, store: Store): { tickets: Ticket[]; act: Act } {
	const { model, traits } = store;
	const form = new Form(fieldsIn(question));
	const tickets = form.required(
		'tickets',
		list((uuid) => model.ticket(String(uuid)) ?? noSuchObject(uuid), 100),
	);
	const action = form.required('action', actionIn);
	const assignee = form.optional(
		'assignee',
		(email) =>
			model.users.find((user) => user.email.toLowerCase() === String(email).toLowerCase()) ?? noSuchObject(email),
		{ nullable: true },
	);
	const topic = form.optional(
		'topic',
		(uuid) => model.topics.find((known) => known.uuid === uuid) ?? noSuchObject(uuid),
	);
	const note = form.optional('note', text(traits.maxNote));
	form.done();
	const change = (ticket: Ticket, changed: Partial<Ticket>) => {
		model.change(ticket, changed);
		return true;
	};
	const acts: Record<Action, () => Act> = {
		assign: () => {
			if (assignee === undefined) refuse('For action "assign" you must specify the assignee');
			const next = assignee ?? undefined;
			return (ticket) => ticket.assignee !== next && change(ticket, { assignee: next });
		},
		add_note: () => {
			if (!note) refuse('For action "add_note" you must specify the note');
			return (ticket) => change(ticket, { notes: [...ticket.notes, note] });
		},
		change_topic: () => {
			if (!topic) refuse('For action "change_topic" you must specify the topic');
			return (ticket) => ticket.topic !== topic && change(ticket, { topic });
		},
		close: () => (ticket) => {
			if (ticket.status === 'closed') return false;
			model.close(ticket, { by: 'Rocket.Chat' });
			return true;
		},
		reopen: () => (ticket) => {
			if (ticket.status === 'open' || model.openTickets(ticket.contact).length > 0) return false;
			return change(ticket, { status: 'open', closedAt: undefined });
		},
	};
	if (tickets === undefined || action === undefined) throw new Error('what is required is there once the form is done');
	return { tickets, act: acts[action]() };
}

function actionIn(value: unknown): Action {
	return ACTIONS.find((action) => action === value) ?? invalid(`"${value}" is not a valid choice.`);
}
