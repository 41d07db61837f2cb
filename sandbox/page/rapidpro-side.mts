import type { Contact, Message, Ticket } from '../rapidpro/index.mts';
import { idIn, type Workspace } from '../workspaces.mts';
import type { Board } from './board.mts';
import type { Collections, Delivery, FileLink, PhoneMessage } from './documents.mts';

/** Keeps what RapidPro holds on the board. */
export class RapidProSide {
	private readonly board: Board;
	private readonly workspace: Workspace;
	/** When a message was first seen here. */
	private readonly seenAt = new WeakMap<Message, number>();

	constructor(board: Board, workspace: Workspace) {
		this.board = board;
		this.workspace = workspace;
		const { rapidPro } = workspace;
		// RapidPro's model changes with an exchange or by somebody's hand, who then calls `look`.
		rapidPro.exchanges.onBegin(() => this.lookSoon());
		rapidPro.exchanges.onEnd(() => this.lookSoon());
		this.look();
	}

	/** Puts on the board what has changed. */
	look(): void {
		const { contacts, tickets, messages } = this.workspace.rapidPro.model;
		for (const contact of contacts) this.show('contacts', this.contactDocument(contact));
		for (const ticket of tickets) this.show('tickets', this.ticketDocument(ticket));
		for (const [index, message] of messages.entries()) this.show('phoneMessages', this.messageDocument(message, index));
	}

	/** After what goes with the exchange has happened, too. */
	private lookSoon(): void {
		setImmediate(() => this.look());
	}

	private show<Name extends 'contacts' | 'tickets' | 'phoneMessages'>(name: Name, document: Collections[Name]): void {
		const shown = this.board.get(name, document.id);
		if (JSON.stringify(shown) !== JSON.stringify(document)) this.board.put(name, document);
	}

	private contactDocument(contact: Contact): Collections['contacts'] {
		const { id, name, urns } = contact;
		const path = (scheme: string) => urns.find((urn) => urn.startsWith(`${scheme}:`))?.slice(scheme.length + 1);
		return {
			id: idIn(this.workspace, contact),
			name: name || `Contact ${id}`,
			phone: path('tel'),
			email: path('mailto'),
			workspace: this.workspace.name,
		};
	}

	private ticketDocument({ uuid, contact, externalId, status, flowResult }: Ticket): Collections['tickets'] {
		const open = status === 'open';
		return { id: uuid, contact: idIn(this.workspace, contact), room: externalId, open, flowResult };
	}

	private messageDocument(message: Message, index: number): PhoneMessage {
		const at = this.seenAt.get(message) ?? Date.now();
		this.seenAt.set(message, at);
		return {
			id: `${this.workspace.name ?? ''} ${index}`,
			contact: idIn(this.workspace, message.contact),
			from: message.direction === 'in' ? 'contact' : 'agent',
			text: message.text,
			files: filesOf(message, this.workspace.rapidPro.url),
			at,
			delivery: deliveryOf(message, this.workspace.rapidPro.hasNoTicketers),
		};
	}
}

function filesOf({ attachments = [], files }: Message, rapidProUrl: string): FileLink[] {
	return [
		...attachments.map(({ type, url }) => ({
			name: decodeURIComponent(url.split('/').at(-1) ?? ''),
			type,
			// Some releases leave their own address out.
			url: url.startsWith('/') ? rapidProUrl + url : url,
		})),
		...files.map(({ name, contentType, size, url }) => ({ name, type: contentType, url, size })),
	];
}

function deliveryOf({ direction, status, forwardings = [] }: Message, isRead: boolean): Delivery {
	if (direction === 'out') {
		return status === 'failed' ? { state: 'failed', reason: 'The contact cannot be reached' } : { state: 'delivered' };
	}
	// The app reads it, or not: RapidPro does not know.
	if (isRead) return { state: status === 'pending' ? 'waiting' : 'delivered' };
	if (forwardings.length === 0) return { state: 'delivered', reason: 'Kept by RapidPro: no ticket is open' };
	const failed = forwardings.find(({ state }) => state === 'failed');
	if (failed !== undefined) return { state: 'failed', reason: failed.error };
	return { state: forwardings.every(({ state }) => state === 'delivered') ? 'delivered' : 'waiting' };
}
