import type { EventType } from './callback.mts';

/** Inside RapidPro: what does not work while a webhook is handled (docs/reference/rapidpro.md#event-callback). */
export type Breakdown =
	| 'database' // no ticketer is found
	| 'ticket lookup' // no ticket is found
	| 'org assets'
	| BusyDatabase
	| 'storing attachment'
	| 'inserting message'
	| 'HTTP logs'; // after the event was handled

/** What mailroom was doing when its database had no connection left; the words are those of its answer. */
export type BusyDatabase =
	| 'error loading contact'
	| 'error looking up org #1: error loading environment for org 1'
	| 'error loading triggers for org 1'
	| 'error creating flow contact'
	| 'error creating outgoing message';

/** All of them. */
export const BUSY_DATABASE: readonly BusyDatabase[] = [
	'error loading contact',
	'error looking up org #1: error loading environment for org 1',
	'error loading triggers for org 1',
	'error creating flow contact',
	'error creating outgoing message',
];

/** A request to the API, such as `POST messages`. */
export type ApiEvent = `${string} ${string}`;

/** Which webhooks a fault hits. */
export interface Scope {
	/** How many, counted as they come. 1 unless told; `Infinity` until the faults are cleared. */
	times?: number;
	/** Only this type of webhook, or these requests to the API. */
	event?: EventType | ApiEvent;
	/** Only webhooks about this ticket. */
	ticketID?: string;
	/** Only webhooks whose text contains this. */
	says?: string;
	/** Of questions to the API: only those about the contact with this UUID. */
	contact?: string;
	/** Whether RapidPro does what the event says all the same. No, unless told. */
	handled?: boolean;
}

/** What RapidPro does in place of its own answer. */
export type Outcome =
	| { kind: 'answer'; status: number; body: string; headers: Record<string, string> }
	| { kind: 'hang' }
	| { kind: 'drop' }
	| { kind: 'delay'; ms: number }
	| { kind: 'breakdown'; where: Breakdown };

/** The misbehaviour that was ordered for one webhook. */
export interface Fault {
	outcome: Outcome;
	handled: boolean;
}

interface Order extends Fault {
	left: number;
	event: EventType | ApiEvent | undefined;
	/** The ticket, or the contact. */
	about: string | undefined;
	says: string | undefined;
}

/** Misbehaviour that a test orders in advance, used up in the order in which it was ordered. */
export class Faults {
	private orders: Order[] = [];

	/** RapidPro, or a proxy before it, answers this. A body that is not a string is sent as JSON. */
	answer(reply: { status: number; body?: unknown; headers?: Record<string, string> }, scope?: Scope): void {
		const { status, body = '', headers = {} } = reply;
		const text = typeof body === 'string' ? body : JSON.stringify(body);
		this.order({ kind: 'answer', status, body: text, headers }, scope);
	}

	/** The request is taken and never answered. */
	hang(scope?: Scope): void {
		this.order({ kind: 'hang' }, scope);
	}

	/** The connection is cut in place of an answer. */
	drop(scope?: Scope): void {
		this.order({ kind: 'drop' }, scope);
	}

	/** The event is handled as usual, but only after this many milliseconds. */
	delay(ms: number, scope?: Omit<Scope, 'handled'>): void {
		this.order({ kind: 'delay', ms }, scope);
	}

	/** Something inside RapidPro does not work. */
	breakDown(where: Breakdown, scope?: Omit<Scope, 'handled'>): void {
		this.order({ kind: 'breakdown', where }, scope);
	}

	/** All is well again. What hangs already goes on hanging. */
	clear(): void {
		this.orders = [];
	}

	/** The fault that hits this webhook, or question, about a ticket or contact, if there is one. It is used up by this call. */
	take(event: string, about: string, text = ''): Fault | undefined {
		const order = this.orders.find(
			({ left, ...only }) =>
				left > 0 &&
				(only.event ?? event) === event &&
				(only.about ?? about) === about &&
				text.includes(only.says ?? ''),
		);
		if (order !== undefined) order.left -= 1;
		return order;
	}

	private order(outcome: Outcome, { times = 1, event, ticketID, says, contact, handled = false }: Scope = {}): void {
		this.orders.push({ outcome, handled, left: times, event, about: ticketID ?? contact, says });
	}
}
