import assert from 'node:assert/strict';
import type { RapidPro } from '../../sandbox/rapidpro/index.mts';
import type { MessageDocument } from '../../sandbox/rocketchat/documents.mts';
import { until } from '../../sandbox/until.mts';
import { AGENT, type OpenTicket, type Stage } from './stage.mts';

/** What is needed of a stage to see what became of messages. */
export interface Scene {
	readonly rapidPro: RapidPro;
	/** Resolves when Rocket.Chat is at rest. */
	settled(): Promise<void>;
}

/**
 * How much faster the app's time runs where a test must wait for its delays: seconds of a retry, 40 s of a lease, a
 * minute between two sweeps (crate/src/outbound/retry_policy.rs, store/outbox_record.rs, maintenance/sweep.rs). Its deadlines shrink as much, so a slower server
 * is given a slower time in `CLOCK_SPEED`.
 */
export const FAST = { clockSpeed: Number(process.env.CLOCK_SPEED ?? 20) };

/** Longer than what is stuck may take: twenty minutes of the app's time, on a busy machine; in milliseconds outside. */
export const PATIENCE_MS = Math.max(120_000, (20 * 60_000) / FAST.clockSpeed);

/** What stands for RapidPro while it is down: its proxy. */
export const DOWN = { status: 502, body: '<html>Bad Gateway</html>' };
/** How long a fault lasts that a test ends itself. */
export const FOR_EVER = { times: Number.POSITIVE_INFINITY };

/** The texts that RapidPro has sent on to a ticket's contact, in that order. */
export function deliveredTo(stage: Scene, { contact }: OpenTicket): string[] {
	const { messages } = stage.rapidPro.model;
	return messages
		.filter((message) => message.contact === contact && message.direction === 'out')
		.map(({ text }) => text);
}

/** How often a ticket's close came through to RapidPro. */
export function closesOf(stage: Scene, { ticketID }: OpenTicket): number {
	return stage.rapidPro.model.closedEvents.filter(({ ticket }) => ticket.uuid === ticketID).length;
}

/** Waits until RapidPro has these texts and no others, in this order. */
export async function untilDelivered(stage: Scene, ticket: OpenTicket, texts: string[]): Promise<void> {
	const delivered = () => deliveredTo(stage, ticket);
	await until(`${texts.length} messages`, () => delivered().length >= texts.length, PATIENCE_MS).catch((error) => {
		throw new Error(`${error.message}; there are ${JSON.stringify(delivered())}`);
	});
	assert.deepEqual(delivered(), texts);
}

/** Waits until RapidPro has these texts in this order, and then the close, once. */
export async function untilDeliveredAndClosed(stage: Scene, ticket: OpenTicket, texts: string[]): Promise<void> {
	await until('the close', () => closesOf(stage, ticket) > 0, PATIENCE_MS).catch((error) => {
		throw new Error(`${error.message}; there are ${JSON.stringify(deliveredTo(stage, ticket))}`);
	});
	assert.deepEqual(deliveredTo(stage, ticket), texts);
	await stage.settled();
	assert.equal(closesOf(stage, ticket), 1);
	const types = stage.rapidPro.receivedFor(ticket.ticketID).map(({ body }) => body.type);
	assert.equal(types.indexOf('close-room'), types.length - types.filter((type) => type === 'close-room').length);
}

/**
 * The agent writes these, each after the app has taken up the one before: in a fast time it would not wait long enough
 * for an event that another one has overtaken.
 */
export async function agentSays(stage: Stage, { roomId }: OpenTicket, texts: string[]): Promise<void> {
	for (const text of texts) {
		const id = await stage.rocketChat.agentWrites(roomId, AGENT, text);
		await until(`“${text}” is taken up`, () => stage.rocketChat.persistence().some(({ data }) => data.entry === id));
	}
}

/** What the app's user has written in a room, for agents to read. */
export function notesIn(stage: Stage, { roomId }: Pick<OpenTicket, 'roomId'>): string[] {
	const byApp = stage.rocketChat.messages(roomId).filter(({ u, t }) => u.username.endsWith('.bot') && t === undefined);
	return byApp.map(({ msg }) => msg);
}

/** Of a room's messages those that show what was said before the ticket, or say that it could not be had. */
export function historyIn(messages: MessageDocument[]): MessageDocument[] {
	return messages.filter(({ msg, t }) => t === undefined && msg.startsWith('*Earlier messages'));
}
