import { randomUUID } from 'node:crypto';

/** A person who writes to RapidPro. */
export interface Contact {
	/** The number that becomes `visitor.token`. */
	id: number;
	uuid: string;
	name: string;
	/** Such as `tel:+250788123123`, `mailto:ann@example.org`, `whatsapp:250788123123`. */
	urns: string[];
	status: 'active' | 'blocked';
}

/** A conversation of a contact that was handed to Rocket.Chat. */
export interface Ticket {
	uuid: string;
	contact: Contact;
	status: 'open' | 'closed';
	/** The room's id as the app answered it. */
	externalId: string;
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
	status: 'handled' | 'queued' | 'failed';
	/** Only of a contact's message. */
	forwardings?: Forwarding[];
	createdOn: Date;
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
	private nextContactId = FIRST_CONTACT;

	/** RapidPro is installed anew: nothing is there any more, and contacts are numbered from the beginning again. */
	startAnew(): void {
		for (const list of [this.contacts, this.tickets, this.messages, this.closedEvents]) list.length = 0;
		this.nextContactId = FIRST_CONTACT;
	}

	/** Adds a contact. Each gets an id of its own; what is left out is empty, as RapidPro allows. */
	addContact(details: Partial<Omit<Contact, 'id'>> = {}): Contact {
		const contact: Contact = {
			id: this.nextContactId++,
			uuid: randomUUID(),
			name: '',
			urns: [],
			status: 'active',
			...details,
		};
		this.contacts.push(contact);
		return contact;
	}

	/** Something was said between RapidPro and a contact. */
	addMessage(message: Pick<Message, 'contact' | 'direction' | 'text'> & Partial<Message>): void {
		const status = message.direction === 'in' ? 'handled' : 'queued';
		this.messages.push({ files: [], attachments: [], status, createdOn: new Date(), ...message });
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
		ticket.status = 'closed';
		this.closedEvents.push({ ticket, ...event });
	}
}
