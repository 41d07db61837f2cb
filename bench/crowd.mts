import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { collections } from '../sandbox/rocketchat/documents.mts';
import type { Document } from '../sandbox/rocketchat/index.mts';
import { decode, encode } from '../sandbox/rocketchat/storedJson.mts';
import type { Subject } from './subject.mts';

/** How many tickets are open, step by step. */
export const CROWDS = [10, 1_000, 100_000];
/** How many of their messages wait for RapidPro in the end. */
export const QUEUED = 10_000;

/** The collections in which a ticket leaves something that is ever looked for: all but that of messages. */
const KEPT: string[] = [collections.persistence, collections.rooms, collections.visitors, collections.inquiries];
/** RapidPro's name for the contact whose ticket is copied. */
const CONTACT = 'contact-of-the-crowd';

type Written = { collection: string; document: Document }[];

/**
 * Open tickets by the hundred thousand: one is opened properly, and what Rocket.Chat and the app have stored of it is
 * copied under other names. Knows nothing of what the app's records say.
 */
export class Crowd {
	private size = 0;

	private constructor(
		private readonly subject: Subject,
		private readonly ticket: Written,
		private readonly message: Written,
		/** Whatever tells one ticket from another. */
		private readonly names: RegExp,
	) {}

	/** Watches what a ticket writes, and a message of its agent that RapidPro does not take for an hour. */
	static async of(subject: Subject): Promise<Crowd> {
		const ticketID = randomUUID();
		let roomId = '';
		const ticket = await written(subject, async () => {
			roomId = await subject.openFor(CONTACT, ticketID);
		});
		subject.rapidPro.faults.answer({ status: 503, headers: { 'retry-after': '3600' } }, { ticketID });
		const message = await written(subject, () => subject.agentWrites({ roomId }));
		const [visitor] = ticket.filter(({ collection }) => collection === collections.visitors);
		const { token, username } = visitor.document;
		const ids = [...ticket, ...message].map(({ document }) => document._id);
		const names = new RegExp([...new Set([ticketID, CONTACT, token, username, ...ids])].join('|'), 'g');
		const isOfTicket = ({ document }: Written[number]) => encode({ ...document, _id: '' }).search(names) >= 0;
		const isRecord = ({ collection }: Written[number]) => collection === collections.persistence;
		return new Crowd(subject, ticket.filter(isOfTicket), message.filter(isOfTicket).filter(isRecord), names);
	}

	/** Lets it grow to so many tickets. */
	async grow(size: number): Promise<void> {
		for (; this.size < size; this.size++) await this.copy(this.ticket, this.size);
	}

	/** A message of each of the first `count` tickets waits. */
	async queue(count: number): Promise<void> {
		for (let number = 0; number < count; number++) await this.copy(this.message, number);
	}

	private async copy(documents: Written, number: number): Promise<void> {
		// Now and then somebody else must have a turn, or the app takes the server for dead.
		if (number % 100 === 0) await setImmediate();
		for (const { collection, document } of documents) {
			const copy = decode<Document>(encode(document).replace(this.names, (name) => `${name}-${number}`));
			await this.subject.rocketChat.addDocument(collection, copy);
		}
	}
}

/** The documents that `act` leaves behind. */
async function written(subject: Subject, act: () => Promise<unknown>): Promise<Written> {
	const documents = new Map<string, Written[number]>();
	const stop = subject.rocketChat.changes.listen(({ collection, id, document }) => {
		if (document && KEPT.includes(collection)) documents.set(id, { collection, document });
		else documents.delete(id);
	});
	await act();
	await subject.rocketChat.settled();
	stop();
	return [...documents.values()];
}
