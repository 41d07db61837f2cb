import type { Contact, IncomingAttachment } from './model.mts';

/** What only Weni's fork of mailroom adds to `room`, and what a client of one's own may add. */
export interface RoomExtras {
	/** RFC 3339, seconds optional. */
	sessionStart?: string;
	priority?: unknown;
	department?: string;
	customFields?: Record<string, string>;
}

/** `visitor.token`: the contact's number. */
export function tokenOf(contact: Contact): string {
	return String(contact.id);
}

/**
 * The body of `room`; what is empty is left out, as Go's `omitempty` does
 * (docs/reference/rapidpro.md#opening-a-ticket).
 */
export function roomPayload(contact: Contact, ticketID: string, extras: RoomExtras): unknown {
	const { department, customFields, sessionStart, priority } = extras;
	const { email, phone } = addresses(contact.urns);
	return {
		visitor: {
			token: tokenOf(contact),
			contactUUID: orNothing(contact.uuid),
			department,
			name: orNothing(contact.name),
			email,
			phone,
			customFields,
		},
		ticketID,
		sessionStart,
		priority,
	};
}

/** The body of `visitor-message` (docs/reference/rapidpro.md#forwarding-a-message). */
export function messagePayload(contact: Contact, text: string, attachments: IncomingAttachment[]): unknown {
	return {
		visitor: { token: tokenOf(contact) },
		text: orNothing(text),
		attachments: attachments.length > 0 ? attachments : undefined,
	};
}

/** The body of `room.close`. */
export function closePayload(contact: Contact): unknown {
	return { visitor: { token: tokenOf(contact) } };
}

/** The last `mailto:` and the last `tel:` up to where both are found. */
function addresses(urns: string[]): { email?: string; phone?: string } {
	const found: { email?: string; phone?: string } = {};
	for (const urn of urns) {
		const path = urn.slice(urn.indexOf(':') + 1);
		if (urn.startsWith('mailto:')) found.email = path;
		if (urn.startsWith('tel:')) found.phone = path;
		if (found.email !== undefined && found.phone !== undefined) break;
	}
	return found;
}

function orNothing(text: string): string | undefined {
	return text === '' ? undefined : text;
}
