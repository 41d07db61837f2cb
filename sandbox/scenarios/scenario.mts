import type { Contact, RapidPro, ReceivedEvent, Ticket } from '../rapidpro/index.mts';
import type { RocketChat } from '../rocketchat/index.mts';
import type { Trouble } from '../trouble.mts';
import { until } from '../until.mts';
import type { Workspaces } from '../workspaces.mts';

/** Where a scenario plays: a Rocket.Chat with the app, and a RapidPro that is connected to it. */
export interface Place {
	rocketChat: RocketChat;
	rapidPro: RapidPro;
	/** All that are connected, the one above among them. */
	workspaces: Workspaces;
	trouble: Trouble;
}

/** Who watches a scenario. */
export interface Audience {
	/** The next step begins; resolves when the audience is ready for it. */
	step(title: string): Promise<void>;
	/** Whether a step had the effect that it should have. */
	check(good: boolean, text: string): void;
	/** The contact whom it is about. */
	meet(contact: Contact): void;
}

/** A conversation that plays itself and checks each step's effect on the other side. */
export interface Scenario {
	/** The name on the command line. */
	id: string;
	title: string;
	/** What there is to see, in one sentence. */
	summary: string;
	play(place: Place, audience: Audience): Promise<void>;
}

/** How long the effect of a step may take: the app tries again after 5 and 15 s. */
const PATIENCE_MS = 60_000;

/** A contact opens a ticket, and it is there. */
export async function openTicket({ rapidPro }: Place, contact: Contact): Promise<Ticket> {
	const { ticket, error } = await rapidPro.openTicket(contact);
	if (ticket === undefined) throw new Error(`RapidPro could not open a ticket: ${error}`);
	return ticket;
}

/** The username of the agent who has the ticket's room. */
export function agentOf({ rocketChat }: Place, ticket: Ticket): string {
	const username = rocketChat.room(ticket.externalId)?.servedBy?.username;
	if (username === undefined) throw new Error(`nobody serves room ${ticket.externalId}`);
	return username;
}

/** Waits until RapidPro has answered a webhook of this type. */
export function answered({ rapidPro }: Place, ticketID: string, type: string): Promise<ReceivedEvent> {
	return until(
		`a webhook ${type}`,
		() => rapidPro.receivedFor(ticketID).find(({ body, answer }) => body.type === type && answer !== undefined),
		PATIENCE_MS,
	);
}

/** Waits until the contact has as many messages of agents, and gives their texts. */
export async function received({ rapidPro }: Place, contact: Contact, count: number): Promise<string[]> {
	const texts = () =>
		rapidPro.model.messages.filter((it) => it.contact === contact && it.direction === 'out').map(({ text }) => text);
	await until(`${count} messages`, () => texts().length >= count, PATIENCE_MS);
	return texts();
}

/** Waits until the ticket is closed in RapidPro; says whether it came to that. */
export function closed(ticket: Ticket): Promise<boolean> {
	return until('the close', () => ticket.status === 'closed', PATIENCE_MS).catch(() => false);
}
