import { setTimeout as sleep } from 'node:timers/promises';
import type { Contact, IncomingAttachment, Message, Ticket, Topic, User } from './model.mts';
import { createdAt, type Definitions, type Store } from './v2/store.mts';

/** How a ticket is opened. */
export interface OpenOptions {
	topic?: Topic;
	assignee?: User;
	/** How long the flow goes on, and holds the contact, until the ticket is stored. */
	storeAfterMs?: number;
}

/** How a contact writes. */
export interface WriteOptions {
	attachments?: IncomingAttachment[];
	/** How long RapidPro handles the message until the API shows it. */
	visibleAfterMs?: number;
}

/** What happens in a RapidPro without ticketers: its flows, its contacts, its users. */
export class Flows {
	constructor(private readonly store: Store) {}

	/**
	 * A flow opens a ticket, or a user does on RapidPro's own screen. The contact is held until it is stored
	 * (docs/reference/rapidpro.md#flows-and-their-import).
	 */
	async open(contact: Contact, { topic, assignee, storeAfterMs = 0 }: OpenOptions = {}): Promise<Ticket> {
		const { model, locked } = this.store;
		locked.add(contact);
		try {
			if (storeAfterMs > 0) await sleep(storeAfterMs);
			return model.addTicket({ contact, assignee, ...(topic && { topic }) });
		} finally {
			locked.delete(contact);
		}
	}

	/** The contact writes. The message is not told by the API as long as it is being handled. */
	async contactWrites(contact: Contact, text: string, options: WriteOptions = {}): Promise<Message> {
		const { attachments = [], visibleAfterMs = 0 } = options;
		const status = visibleAfterMs > 0 ? 'pending' : 'handled';
		const message = this.store.model.addMessage({ contact, direction: 'in', text, attachments, status });
		contact.lastSeenAt = createdAt(message);
		if (visibleAfterMs > 0) await sleep(visibleAfterMs);
		message.status = 'handled';
		return message;
	}

	/** RapidPro itself writes to the contact: a flow, a broadcast, or a user on its own screen. */
	says(contact: Contact, text: string, details: Partial<Message> = {}): Message {
		return this.store.model.addMessage({ contact, direction: 'out', text, status: 'wired', ...details });
	}

	/** A user of RapidPro, or a flow, closes the ticket. */
	close(ticket: Ticket): void {
		this.store.model.close(ticket, { by: 'RapidPro' });
	}

	/** A user of RapidPro opens the ticket again. */
	reopen(ticket: Ticket): void {
		this.store.model.change(ticket, { status: 'open', closedAt: undefined });
	}

	/** A user of RapidPro assigns the ticket, to nobody where none is told. */
	assign(ticket: Ticket, assignee?: User): void {
		this.store.model.change(ticket, { assignee });
	}

	/** A user of RapidPro gives the ticket another topic. */
	changeTopic(ticket: Ticket, topic: Topic): void {
		this.store.model.change(ticket, { topic });
	}

	/** What the channel tells of a message that was sent. */
	turns(message: Message, status: Message['status']): void {
		message.status = status;
		message.modifiedAt = this.store.model.moment();
	}

	/**
	 * Imports a file of flows: those of the same name are replaced, missing globals are made, blank
	 * (docs/reference/rapidpro.md#flows-and-their-import).
	 */
	import(file: Definitions): void {
		const { definitions, model, globals } = this.store;
		const names = new Set(file.flows.map(({ name }) => name));
		const replaced = new Set(definitions.flows.filter(({ name }) => names.has(name)).map(({ uuid }) => uuid));
		definitions.flows = [...definitions.flows.filter(({ name }) => !names.has(name)), ...file.flows];
		definitions.triggers = [...definitions.triggers.filter(({ flow }) => !replaced.has(flow.uuid)), ...file.triggers];
		definitions.groups = file.groups;
		for (const [, key = ''] of JSON.stringify(file).matchAll(/@globals\.([a-z0-9_]+)/g)) {
			if (globals.some((global) => global.key === key)) continue;
			globals.push({ key, name: key.replaceAll('_', ' '), value: '', modifiedAt: model.moment() });
		}
	}
}
