import { randomUUID } from 'node:crypto';
import type { Media } from '../media.mts';
import type { Micros } from '../micros.mts';
import type { Contact, Message, Model, Ticket } from '../model.mts';
import type { Release, Traits } from './release.mts';
import { TRAITS } from './release.mts';

/** A value that flows refer to as `@globals.<key>`. */
export interface Global {
	key: string;
	name: string;
	value: string;
	modifiedAt: Micros;
}

/** A file that was uploaded to be sent. */
export interface Upload {
	uuid: string;
	contentType: string;
	url: string;
	filename: string;
	size: number;
}

/** Flows and what belongs to them, as an import file has them. */
export interface Definitions {
	flows: { uuid: string; name: string }[];
	triggers: { flow: { uuid: string } }[];
	groups: object[];
}

/** What belongs to a workspace besides its contacts, tickets and messages. */
export class Store {
	readonly uuid = randomUUID();
	readonly traits: Traits;
	readonly globals: Global[] = [];
	readonly uploads: Upload[] = [];
	/** What was imported, as `definitions.json` tells it. */
	readonly definitions: Definitions = { flows: [], triggers: [], groups: [] };
	/** The group in which RapidPro keeps every contact with an open ticket. */
	readonly openTickets = { uuid: randomUUID(), name: 'Open Tickets' };
	/** Everything goes through it. */
	readonly channel = { uuid: randomUUID(), name: 'WhatsApp Main' };
	/** Contacts whom a flow holds just now: nothing can be done with their tickets meanwhile. */
	readonly locked = new Set<Contact>();
	name = 'Sandbox';
	/** A suspended workspace takes no POST. */
	suspended = false;

	constructor(
		readonly release: Release,
		readonly model: Model,
		readonly media: Media,
	) {
		this.traits = TRAITS[release];
	}

	/** The value of a global, empty as after an import where nobody has set it. */
	global(key: string): string {
		return this.globals.find((global) => global.key === key)?.value ?? '';
	}

	/** The contact with this UUID or, where it has a scheme, this URN. */
	contact(named: string): Contact | undefined {
		return this.model.contacts.find(({ uuid, urns }) => uuid === named || urns.includes(named));
	}

	/** Whether a message can be sent to the contact. */
	canReach({ status, urns }: Contact): boolean {
		return status === 'active' && urns.length > 0;
	}
}

/** When a message was created, fine enough that no two messages share it. */
export function createdAt({ createdOn, id }: Message): Micros {
	return createdOn.getTime() * 1000 + (id % 1000);
}

/** The key of a global with this name. */
export function keyOf(name: string): string {
	return name.toLowerCase().replace(/[^a-z0-9]+/g, '_');
}

/** How many of a topic's tickets have this status. */
export function count(tickets: readonly Ticket[], topicUuid: string, status: Ticket['status']): number {
	return tickets.filter((ticket) => ticket.topic.uuid === topicUuid && ticket.status === status).length;
}
