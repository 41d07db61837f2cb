import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contact, RapidPro, type RapidProOptions, type ReceivedEvent } from '../../sandbox/rapidpro/index.mts';
import { generation } from '../../sandbox/rocketchat/generation.mts';
import { RocketChat, type RocketChatOptions } from '../../sandbox/rocketchat/index.mts';
import { until } from '../../sandbox/until.mts';
import { AppClient } from './app-client.mts';

/** The human agent on every stage. */
export const AGENT = 'agnes';

/** For what kills the app's process again and again: up to 6.8 it has none of its own, and 7.0 gives up after a while. */
export const RESTARTS = {
	skip: generation.restarts < 10 && `an app is started anew ${generation.restarts} times here`,
};

/** For what only the app's log tells. */
export const LOGGED = { skip: !generation.logsComplete && 'the engine loses lines of the log' };

export interface StageOptions {
	/** The package to install; the one under test unless told. */
	zip?: string;
	rocketChat?: RocketChatOptions;
	rapidPro?: RapidProOptions;
}

/** A ticket that is open on both sides. */
export interface OpenTicket {
	contact: Contact;
	ticketID: string;
	/** RapidPro's `visitor.token`. */
	token: string;
	roomId: string;
}

/**
 * Rocket.Chat with the packaged app, a RapidPro that is connected to it, one agent online, and a client for
 * the app's API. Test files share one among their tests, so each test works with contacts of its own.
 */
export class Stage {
	private constructor(
		readonly rocketChat: RocketChat,
		readonly rapidPro: RapidPro,
		readonly app: AppClient,
	) {}

	/** Starts everything, installs the package and connects RapidPro. */
	static async open(options: StageOptions = {}): Promise<Stage> {
		const rocketChat = await RocketChat.start(options.rocketChat);
		const rapidPro = await RapidPro.start(options.rapidPro);
		await rocketChat.addAgent({ username: AGENT, name: 'Agnes Agent', online: true });
		await rocketChat.installApp(options.zip ?? packagedZip());
		await rocketChat.setAppSetting('app_secret', rapidPro.secret);
		await rapidPro.connect(rocketChat.appUrl);
		return new Stage(rocketChat, rapidPro, new AppClient(rocketChat.appUrl, rapidPro.secret));
	}

	/** Stops everything that was started; what hangs at RapidPro is cut off, so that the app comes to rest. */
	async close(): Promise<void> {
		this.app.close();
		await this.rapidPro.stop();
		await this.rocketChat.settled();
		await this.rocketChat.stop();
	}

	/** Resolves when Rocket.Chat is at rest. */
	settled(): Promise<void> {
		return this.rocketChat.settled();
	}

	/** A contact, new unless given, opens a ticket, and that succeeds. */
	openTicket(contact: Contact = this.rapidPro.addContact({ name: 'Ann' })): Promise<OpenTicket> {
		return openTicket(this.rapidPro, contact);
	}

	/** Waits for the webhook number `count` about a ticket. */
	webhook(ticketID: string, count = 1): Promise<ReceivedEvent> {
		return until(`webhook ${count} about ticket ${ticketID}`, () => this.rapidPro.receivedFor(ticketID)[count - 1]);
	}

	/**
	 * Asserts that `act` makes no webhook at all.
	 *
	 * Waits until Rocket.Chat is at rest, then has an agent write in a ticket of its own: that arrives, and
	 * nothing before it.
	 */
	async assertNothingLeaves(act: () => Promise<unknown>): Promise<void> {
		const sentinel = await this.openTicket();
		await this.rocketChat.settled();
		const before = this.rapidPro.received.length;
		await act();
		await this.rocketChat.settled();
		await this.rocketChat.agentWrites(sentinel.roomId, AGENT, 'sentinel');
		await this.webhook(sentinel.ticketID);
		const arrived = this.rapidPro.received.slice(before).map(({ body }) => body);
		assert.deepEqual(arrived, [
			{
				type: 'agent-message',
				ticketID: sentinel.ticketID,
				visitor: { token: sentinel.token },
				data: { text: 'sentinel' },
			},
		]);
	}
}

/** A contact opens a ticket, and that succeeds. */
export async function openTicket(rapidPro: RapidPro, contact: Contact): Promise<OpenTicket> {
	const { ticketID, ticket, error } = await rapidPro.openTicket(contact);
	assert.ok(ticket, error);
	return { contact, ticketID, token: String(contact.id), roomId: ticket.externalId };
}

/** The package under test: `APP_ZIP`, else the one in `dist`. */
export function packagedZip(): string {
	const named = process.env.APP_ZIP;
	if (named !== undefined) return named;
	const dist = fileURLToPath(new URL('../../dist', import.meta.url));
	const zip = existsSync(dist) ? readdirSync(dist).find((name) => name.endsWith('.zip')) : undefined;
	if (zip === undefined) throw new Error('there is no package to test: run `npm run package`, or name one in APP_ZIP');
	return join(dist, zip);
}
