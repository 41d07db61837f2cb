import { randomUUID } from 'node:crypto';
import type { Micros } from './micros.mts';

/** A person who writes to RapidPro. */
export interface Contact {
	/** The number that becomes `visitor.token`. */
	id: number;
	uuid: string;
	name: string;
	/** Such as `tel:+250788123123`, `mailto:ann@example.org`, `whatsapp:250788123123`. */
	urns: string[];
	status: 'active' | 'blocked' | 'stopped' | 'archived';
	/** As RapidPro writes it, such as `eng`; empty where it is not known. */
	language: string;
	fields: Record<string, string | null>;
	/** Besides "Open Tickets". */
	groups: Named[];
	notes: string[];
	createdAt: Micros;
	modifiedAt: Micros;
	lastSeenAt?: Micros;
}

/** How RapidPro refers to something. */
export interface Named {
	uuid: string;
	name: string;
}

/** Somebody with an account in RapidPro. */
export interface User {
	uuid: string;
	email: string;
	firstName: string;
	lastName: string;
	role: 'administrator' | 'editor' | 'agent' | 'viewer';
	createdAt: Micros;
}

/** What a ticket is about. */
export interface Topic {
	uuid: string;
	name: string;
	system: boolean;
	createdAt: Micros;
}

/** A conversation of a contact that was handed to Rocket.Chat. */
export interface Ticket {
	uuid: string;
	contact: Contact;
	status: 'open' | 'closed';
	/** The room's id as the app answered it; empty where the ticket is not a ticketer's. */
	externalId: string;
	topic: Topic;
	/** What the flow that opened it got from the app, or why it got nothing. */
	flowResult?: string;
	/** What the flow wrote about it; only older releases know it. */
	body?: string;
	assignee?: User;
	openedBy?: User;
	/** The flow that opened it. */
	openedIn?: Named;
	notes: string[];
	openedAt: Micros;
	/** Moves with the status, the assignee, the topic and notes, not with messages. */
	modifiedAt: Micros;
	closedAt?: Micros;
}

/** A file of a message, as RapidPro keeps it. */
export interface StoredFile {
	name: string;
	contentType: string;
	/** In bytes. */
	size: number;
	/** In RapidPro's storage. */
	url: string;
}

/** A contact's message on its way to Rocket.Chat: one a ticket. */
export interface Forwarding {
	state: 'waiting' | 'delivered' | 'failed';
	/** Why it failed, as RapidPro's log shows it. */
	error?: string;
}

/** A file of a contact's message. `type` may also be `geo` (then `url` is a position) or `unavailable`. */
export interface IncomingAttachment {
	type: string;
	url: string;
}

/** A message in a contact's history. */
export interface Message {
	contact: Contact;
	direction: 'in' | 'out';
	text: string;
	/** What an agent sent. */
	files: StoredFile[];
	/** What the contact sent: it lies in RapidPro's storage. */
	attachments: IncomingAttachment[];
	/** A contact's message is `pending` until RapidPro has handled it. */
	status: 'pending' | 'handled' | 'queued' | 'wired' | 'sent' | 'delivered' | 'errored' | 'failed';
	id: number;
	uuid: string;
	/** Only of a contact's message. */
	forwardings?: Forwarding[];
	createdOn: Date;
	/** When its status changed last. */
	modifiedAt?: Micros;
	sentAt?: Micros;
	visibility?: 'visible' | 'archived';
	/** Where it went or came from if not the contact's first; null where it could not be sent. */
	urn?: string | null;
	/** The flow that wrote it, or that handled it. */
	flow?: Named;
	/** For an agent's message: the ticket that it came through. */
	ticket?: Ticket;
}

/** A ticket was closed and the flows that start then were started, once for each of these. */
export interface ClosedEvent {
	ticket: Ticket;
	by: 'RapidPro' | 'Rocket.Chat';
	/** `@trigger.params` of the flow: the webhook's body, where Rocket.Chat closed. */
	params?: unknown;
}

const FIRST_CONTACT = 10_000;

/** What RapidPro's database holds. */
export class Model {
	readonly contacts: Contact[] = [];
	readonly tickets: Ticket[] = [];
	readonly messages: Message[] = [];
	readonly closedEvents: ClosedEvent[] = [];
	readonly users: User[] = [];
	readonly topics: Topic[] = [];
	private nextContactId = FIRST_CONTACT;
	private nextMessageId = 1;
	private lastMoment = 0;

	constructor() {
		this.addTopic('General', true);
	}

	/** Now, and no other moment is the same. */
	moment(): Micros {
		this.lastMoment = Math.max(this.lastMoment + 1, Date.now() * 1000 + (this.lastMoment % 1000));
		return this.lastMoment;
	}

	/** RapidPro is installed anew: nothing is there any more, and contacts are numbered from the beginning again. */
	startAnew(): void {
		for (const list of [this.contacts, this.tickets, this.messages, this.closedEvents]) list.length = 0;
		this.nextContactId = FIRST_CONTACT;
	}

	/** Adds a contact. Each gets an id of its own; what is left out is empty, as RapidPro allows. */
	addContact(details: Partial<Omit<Contact, 'id'>> = {}): Contact {
		const now = this.moment();
		const contact: Contact = {
			id: this.nextContactId++,
			uuid: randomUUID(),
			name: '',
			urns: [],
			status: 'active',
			language: '',
			fields: {},
			groups: [],
			notes: [],
			createdAt: now,
			modifiedAt: now,
			...details,
		};
		this.contacts.push(contact);
		return contact;
	}

	/** Something was said between RapidPro and a contact. */
	addMessage(said: Pick<Message, 'contact' | 'direction' | 'text'> & Partial<Message>): Message {
		const status = said.direction === 'in' ? 'handled' : 'queued';
		const [id, uuid] = [this.nextMessageId++, randomUUID()];
		const message: Message = { id, uuid, files: [], attachments: [], status, createdOn: new Date(), ...said };
		this.messages.push(message);
		return message;
	}

	/** Adds a user of RapidPro. */
	addUser(user: Omit<User, 'uuid' | 'createdAt'>): User {
		const added = { uuid: randomUUID(), ...user, createdAt: this.moment() };
		this.users.push(added);
		return added;
	}

	/** Adds a topic. */
	addTopic(name: string, system = false): Topic {
		const topic = { uuid: randomUUID(), name, system, createdAt: this.moment() };
		this.topics.push(topic);
		return topic;
	}

	/** Stores a ticket, open and about the topic that is always there, unless told. */
	addTicket(details: Pick<Ticket, 'contact'> & Partial<Ticket>): Ticket {
		const now = this.moment();
		const [topic] = this.topics as [Topic];
		const ticket: Ticket = {
			uuid: randomUUID(),
			status: 'open',
			externalId: '',
			topic,
			notes: [],
			openedAt: now,
			modifiedAt: now,
			...details,
		};
		this.tickets.push(ticket);
		return ticket;
	}

	/** Changes a ticket. */
	change(ticket: Ticket, change: Partial<Ticket>): void {
		Object.assign(ticket, change, { modifiedAt: this.moment() });
	}

	/** The ticket with this UUID, once it is stored. */
	ticket(uuid: string): Ticket | undefined {
		return this.tickets.find((ticket) => ticket.uuid === uuid);
	}

	/**
	 * The contact's open tickets, oldest first. More than one is possible
	 * (docs/reference/rapidpro.md#opening-a-ticket).
	 */
	openTickets(contact: Contact): Ticket[] {
		return this.tickets.filter((ticket) => ticket.contact === contact && ticket.status === 'open');
	}

	/** Closes a ticket and starts its flows, also if it was closed before: Weni's fork does (facts 2.6). */
	close(ticket: Ticket, event: Omit<ClosedEvent, 'ticket'>): void {
		const closedAt = this.moment();
		this.change(ticket, { status: 'closed', closedAt });
		this.closedEvents.push({ ticket, ...event });
	}
}
