import { until } from '../../sandbox/until.mts';
import { notesIn, PATIENCE_MS } from './delivery.mts';
import { AGENT, type OpenTicket, type Stage } from './stage.mts';

/** What the agents of a ticket's room were told there: notices that only they saw, and messages of the app's user. */
export function toldIn(stage: Stage, ticket: Pick<OpenTicket, 'roomId'>): string {
	const notices = stage.rocketChat.notices().filter(({ roomId }) => roomId === ticket.roomId);
	return [...notices.map(({ text }) => text), ...notesIn(stage, ticket)].join('\n');
}

/** Waits until the agents of a ticket's room are told something that fits. */
export async function untilTold(stage: Stage, ticket: OpenTicket, words: RegExp = /./): Promise<string> {
	await until(`the agent is told ${words}`, () => words.test(toldIn(stage, ticket)), PATIENCE_MS).catch((error) => {
		throw new Error(`${error.message}; told was ${JSON.stringify(toldIn(stage, ticket))}`);
	});
	return toldIn(stage, ticket);
}

/** What the contact has written, as the room shows it: words, and names and addresses of files and links. */
export function shownIn(stage: Stage, { roomId }: Pick<OpenTicket, 'roomId'>): string[] {
	const written = stage.rocketChat.messages(roomId).filter(({ token, t }) => token !== undefined && t === undefined);
	return written.map(({ msg, attachments = [] }) =>
		[msg, ...attachments.map(({ title, title_link: link }) => `${title}<${link}>`)].filter(Boolean).join(' '),
	);
}

/** What the administrator reads in answer to `/tickets status`, in a room of his own. */
export async function statusAsTyped(stage: Stage): Promise<string> {
	const roomId = await stage.rocketChat.addChannel(`status-${stage.rocketChat.notices().length}`);
	const { username } = stage.rocketChat.admin;
	await stage.rocketChat.typeCommand(roomId, username, '/tickets status');
	const shown = stage.rocketChat.notices().filter((notice) => notice.roomId === roomId);
	return shown.map(({ text }) => text).join('\n');
}

/** What RapidPro reads at the endpoint `status`. */
export async function statusAsAsked(stage: Stage): Promise<Record<string, unknown>> {
	return (await stage.app.call('GET', 'status')).json as Record<string, unknown>;
}

/** The administrator does what makes the app try again at once. */
export async function tryAgain(stage: Stage): Promise<void> {
	await stage.rocketChat.typeCommand(
		await stage.rocketChat.addChannel('retry'),
		stage.rocketChat.admin.username,
		'/tickets retry',
	);
}

/** Waits until the app has tried to send something about a ticket so often. */
export function untilTried(stage: Stage, { ticketID }: OpenTicket, times = 1): Promise<unknown> {
	const answered = () => stage.rapidPro.receivedFor(ticketID).filter(({ answer }) => answer !== undefined).length;
	return until(`${times} attempts`, () => answered() >= times, PATIENCE_MS);
}

/** The agent closes a ticket's room. */
export function closes(stage: Stage, { roomId }: OpenTicket, comment = 'Done'): Promise<void> {
	return stage.rocketChat.closeRoom(roomId, { by: AGENT, comment });
}
