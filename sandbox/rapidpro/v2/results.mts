import { written } from '../micros.mts';
import type { Contact, Message, Ticket, Topic, User } from '../model.mts';
import { count, createdAt, type Global, type Store, type Upload } from './store.mts';

/** A message as the API tells it. The order of the keys is that of each release. */
export function messageResult(message: Message, { traits, channel }: Store): object {
	const { id, uuid, contact, direction, text, status, visibility = 'visible', attachments } = message;
	const sendable = direction === 'in' || message.urn !== null;
	const [first] = attachments;
	const broadcast = null;
	const common = {
		contact: named(contact),
		urn: sendable ? (message.urn ?? contact.urns[0] ?? null) : null,
		channel: sendable ? channel : null,
		direction,
		type: 'text',
		status,
		archived: visibility === 'archived',
		visibility,
		text,
		labels: [],
		flow: message.flow ?? null,
		attachments: attachments.map(({ type, url }) => ({ content_type: type, url })),
	};
	const times = {
		created_on: written(createdAt(message)),
		sent_on: message.sentAt === undefined ? null : written(message.sentAt),
		modified_on: written(message.modifiedAt ?? createdAt(message) + 4),
		media: direction === 'out' && first ? `${first.type}:${first.url}` : null,
	};
	return traits.messageUuids
		? { uuid, ...common, quick_replies: [], ...times, id, broadcast }
		: { id, broadcast, ...common, ...times };
}

export function ticketResult(ticket: Ticket, { traits }: Store): object {
	const { uuid, contact, status, topic, body = '', assignee, openedAt, modifiedAt, closedAt } = ticket;
	return {
		uuid,
		contact: named(contact),
		status,
		topic: named(topic),
		body: traits.ticketBodies ? body : null,
		assignee: assignee ? { email: assignee.email, name: nameOf(assignee) } : null,
		opened_on: written(openedAt),
		opened_by: ticket.openedBy ? { email: ticket.openedBy.email, name: nameOf(ticket.openedBy) } : null,
		opened_in: ticket.openedIn ?? null,
		modified_on: written(modifiedAt),
		closed_on: closedAt === undefined ? null : written(closedAt),
	};
}

export function contactResult(contact: Contact, { traits, model, openTickets }: Store): object {
	const { uuid, name, status, language, urns, fields, notes, createdAt: created, modifiedAt } = contact;
	const open = model.openTickets(contact).length > 0;
	const told = notes.map((text) => ({ text, created_on: written(modifiedAt), created_by: null }));
	return {
		uuid,
		name: name || null,
		status,
		language: language || null,
		urns,
		groups: open ? [...contact.groups, openTickets] : contact.groups,
		...(traits.contactNotes ? { notes: told } : {}),
		fields,
		flow: null,
		created_on: written(created),
		modified_on: written(modifiedAt),
		last_seen_on: contact.lastSeenAt === undefined ? null : written(contact.lastSeenAt),
		blocked: status === 'blocked',
		stopped: status === 'stopped',
	};
}

export function userResult(user: User, { traits }: Store): object {
	const { uuid, email, firstName: first_name, lastName: last_name, role } = user;
	const created_on = written(user.createdAt);
	if (!traits.userDetails) return { email, first_name, last_name, role, created_on };
	return { uuid, name: nameOf(user), email, role, team: null, created_on, avatar: null, first_name, last_name };
}

export function topicResult({ uuid, name, system, createdAt: created }: Topic, { model }: Store): object {
	const counts = { open: count(model.tickets, uuid, 'open'), closed: count(model.tickets, uuid, 'closed') };
	return { uuid, name, counts, system, created_on: written(created) };
}

export function globalResult({ key, name, value, modifiedAt }: Global): object {
	return { key, name, value, modified_on: written(modifiedAt) };
}

export function uploadResult({ uuid, contentType, url, filename, size }: Upload): object {
	return { uuid, content_type: contentType, url, filename, size };
}

export function workspaceResult({ uuid, name }: Store): object {
	return {
		uuid,
		name,
		country: 'RW',
		languages: ['eng'],
		timezone: 'Africa/Kigali',
		date_style: 'day_first',
		anon: false,
		credits: { used: -1, remaining: -1 },
		primary_language: 'eng',
	};
}

function named({ uuid, name }: { uuid: string; name: string }): object {
	return { uuid, name };
}

function nameOf({ firstName, lastName }: User): string {
	return `${firstName} ${lastName}`.trim();
}
