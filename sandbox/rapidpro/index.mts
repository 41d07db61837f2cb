import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorIn, roomIn } from './answers.mts';
import { Api } from './api.mts';
import { callbackPath, EventCallback } from './callback.mts';
import { baseUrl, putSettings } from './django.mts';
import { type Answer, ExchangeLog } from './exchanges.mts';
import { Faults } from './faults.mts';
import { type FileCredentials, fetchFile } from './fetch-file.mts';
import { Flows } from './flows.mts';
import { HistoryApi } from './history-api.mts';
import { MAILROOM_PATIENCE, MailroomClient, type Patience } from './mailroom-client.mts';
import { Media } from './media.mts';
import { type Contact, type Forwarding, type IncomingAttachment, Model, type Ticket } from './model.mts';
import { closePayload, messagePayload, type RoomExtras, roomPayload } from './payloads.mts';
import { NoAnswer, Transport } from './transport.mts';
import { ApiV2 } from './v2/index.mts';
import type { Release } from './v2/release.mts';
import { type ReceivedEvent, WebhookServer } from './webhook-server.mts';

export type { Answer, Exchange } from './exchanges.mts';
export type { FlowOpening, FlowOptions } from './flows.mts';
export type { Contact, Forwarding, IncomingAttachment, Message, Ticket } from './model.mts';
export type { RoomExtras } from './payloads.mts';
export { Redirector, STRANGERS, STRIPPED, type StrangersAnswer } from './strangers.mts';
export { NoAnswer } from './transport.mts';
export type { Release } from './v2/release.mts';
export type { ReceivedEvent } from './webhook-server.mts';

export interface RapidProOptions {
	/** Where webhooks are taken, on the loopback interface; any free port unless told. */
	port?: number;
	/** What the app's setting App Secret must hold; 32 random characters unless told. */
	secret?: string;
	/** How patient mailroom's client is: mailroom's own figures unless told. */
	patience?: Partial<Patience>;
	/** With what agents' files are fetched from Rocket.Chat. */
	fileCredentials?: FileCredentials;
	/** A RapidPro of this release, without ticketers: it has `workspace`, and the app comes to its API. */
	release?: Release;
}

/** What became of an attempt to open a ticket. */
export interface Opening {
	/** The UUID that RapidPro gave out; no ticket has it where opening failed. */
	ticketID: string;
	/** Absent where no answer came. */
	answer?: Answer;
	/** Absent where opening failed. */
	ticket?: Ticket;
	/** Why it failed, as RapidPro's log shows it. */
	error?: string;
}

interface WithoutTicketers {
	api: ApiV2;
	flows: Flows;
}

/**
 * A stand-in for RapidPro with its mailroom and one ticketer of type Rocket.Chat.
 *
 * It speaks to the app as mailroom does (docs/reference/rapidpro.md) and takes the app's webhooks.
 */
export class RapidPro {
	readonly model = new Model();
	readonly exchanges: ExchangeLog;
	readonly faults: Faults;
	/** Where files lie that contacts send. */
	readonly media: Media;
	/** Misbehaviour of the API, apart from that of the webhooks' address. */
	readonly apiFaults = new Faults();
	readonly api: Api;
	/** What the app's setting RapidPro API token must hold; may be changed. */
	apiToken = randomBytes(20).toString('hex');
	private readonly withoutTicketers: WithoutTicketers | undefined;
	private readonly ticketerUuid = randomUUID();
	private readonly transport: Transport;
	private readonly client: MailroomClient;
	private readonly server: WebhookServer;
	private address = '';
	private app: string | undefined;

	private constructor(
		/** Shared with the app; may be changed, as by an administrator. */
		public secret: string,
		patience: Patience,
		fileCredentials: FileCredentials,
		release: Release | undefined,
	) {
		this.exchanges = new ExchangeLog();
		this.faults = new Faults();
		this.transport = new Transport(this.exchanges);
		this.client = new MailroomClient(this.transport, patience);
		this.media = new Media(() => this.url);
		const callback = new EventCallback({
			model: this.model,
			secret: () => this.secret,
			knowsTicketer: (uuid) => uuid === this.ticketerUuid && this.app !== undefined,
			fetchFile: (url) =>
				fetchFile(url, {
					credentials: fileCredentials,
					backoffsMs: patience.backoffsMs,
					log: this.exchanges,
					media: this.media,
				}),
		});
		const token = () => this.apiToken;
		if (release !== undefined) {
			const api = new ApiV2(release, this.model, this.media, token);
			this.withoutTicketers = { api, flows: new Flows(api.store, this.transport) };
		}
		this.api = new Api({
			responder: this.withoutTicketers?.api ?? new HistoryApi(this.model, token),
			faults: this.apiFaults,
			log: this.exchanges,
		});
		this.server = new WebhookServer(callback, this.api, this.faults, this.exchanges, this.media);
	}

	/** Starts listening for webhooks. */
	static async start(options: RapidProOptions = {}): Promise<RapidPro> {
		const {
			port = 0,
			secret = randomBytes(16).toString('hex'),
			patience = {},
			fileCredentials = { userId: '', authToken: '' },
			release,
		} = options;
		const rapidPro = new RapidPro(secret, { ...MAILROOM_PATIENCE, ...patience }, fileCredentials, release);
		rapidPro.address = await rapidPro.server.listen(port);
		return rapidPro;
	}

	/** The API's own state and limits. Only of a RapidPro without ticketers. */
	get apiV2(): ApiV2 {
		return this.side.api;
	}

	/** What its flows, contacts and users do. Only of a RapidPro without ticketers. */
	get flows(): Flows {
		return this.side.flows;
	}

	/** Whether the app comes to its API, as it has no ticketers. */
	get hasNoTicketers(): boolean {
		return this.withoutTicketers !== undefined;
	}

	/** Nobody listens any more: connections are refused until {@link comeBack}. */
	async goDown(): Promise<void> {
		await this.server.close();
	}

	/** It listens again where it did. */
	async comeBack(): Promise<void> {
		await this.server.listen(Number(new URL(this.address).port));
	}

	private get side(): WithoutTicketers {
		if (this.withoutTicketers === undefined) throw new Error('this RapidPro has ticketers: start it with a release');
		return this.withoutTicketers;
	}

	/** Where it listens. */
	get url(): string {
		return this.address;
	}

	/** Where the app is to send its webhooks. */
	get callbackUrl(): string {
		return this.url + callbackPath(this.ticketerUuid);
	}

	/** The app's webhooks in the order in which they came. */
	get received(): ReceivedEvent[] {
		return this.server.received;
	}

	/** The webhooks about one ticket, in the order in which they came. */
	receivedFor(ticketID: string): ReceivedEvent[] {
		return this.received.filter((event) => event.body.ticketID === ticketID);
	}

	/** Saves the ticketer as RapidPro's form does: only after the app took the callback URL with exactly 204. */
	async connect(appUrl: string): Promise<Answer> {
		const base = baseUrl(appUrl);
		const answer = await putSettings(this.transport, base, this.secret, this.callbackUrl);
		if (answer.status !== 204) {
			throw new Error(`the app did not take the settings: ${answer.status} ${answer.body}`);
		}
		this.app = base;
		return answer;
	}

	/** The ticketer is deleted: its callback knows nobody any more. */
	disconnect(): void {
		this.app = undefined;
	}

	/** Adds a contact, who may lack all but a number. */
	addContact(details: Partial<Omit<Contact, 'id'>> = {}): Contact {
		return this.model.addContact(details);
	}

	/**
	 * A flow opens a ticket. RapidPro stores it only after the app has answered; `commitAfterMs` makes that
	 * later still, as when the flow goes on for a while.
	 */
	async openTicket(contact: Contact, extras: RoomExtras = {}, commitAfterMs = 0): Promise<Opening> {
		const ticketID = randomUUID();
		const { answer, error } = await this.outcome(
			'open a ticket',
			'GET',
			'room',
			roomPayload(contact, ticketID, extras),
		);
		if (answer === undefined || error !== undefined) return { ticketID, answer, error };
		const room = roomIn(answer);
		if (room.error !== undefined) return { ticketID, answer, error: room.error };
		if (commitAfterMs > 0) await sleep(commitAfterMs);
		const ticket = this.model.addTicket({ uuid: ticketID, contact, externalId: room.id });
		return { ticketID, answer, ticket };
	}

	/**
	 * The contact writes. The message is forwarded once for each open ticket; RapidPro ignores what comes
	 * back, but here it is given: one answer a ticket, nothing where none came.
	 */
	async contactWrites(
		contact: Contact,
		text: string,
		attachments: IncomingAttachment[] = [],
	): Promise<(Answer | undefined)[]> {
		const tickets = contact.status === 'blocked' ? [] : this.model.openTickets(contact);
		const forwardings = tickets.map((): Forwarding => ({ state: 'waiting' }));
		this.model.addMessage({ contact, direction: 'in', text, attachments, forwardings });
		const answers: (Answer | undefined)[] = [];
		for (const forwarding of forwardings) {
			const payload = messagePayload(contact, text, attachments);
			const { answer, error } = await this.outcome('forward a message', 'POST', 'visitor-message', payload);
			Object.assign(forwarding, error === undefined ? { state: 'delivered' } : { state: 'failed', error });
			answers.push(answer);
		}
		return answers;
	}

	/**
	 * A user of RapidPro closes the contact's open tickets. The first error ends it with nothing closed.
	 *
	 * @throws Error with what RapidPro's log shows.
	 */
	async closeTicket(contact: Contact): Promise<Answer[]> {
		const tickets = this.model.openTickets(contact);
		const answers: Answer[] = [];
		for (const _ticket of tickets) {
			const { answer, error } = await this.outcome('close a ticket', 'GET', 'room.close', closePayload(contact));
			if (answer === undefined || error !== undefined) throw new Error(`closing failed: ${error}`);
			answers.push(answer);
		}
		for (const ticket of tickets) this.model.close(ticket, { by: 'RapidPro' });
		return answers;
	}

	/** Stops at once: waiting for a retry ends and every connection is cut. */
	async stop(): Promise<void> {
		this.client.stop();
		this.transport.close();
		await this.server.close();
	}

	private async outcome(
		purpose: string,
		method: string,
		endpoint: string,
		payload: unknown,
	): Promise<{ answer?: Answer; error?: string }> {
		if (this.app === undefined) throw new Error('RapidPro is not connected to the app');
		const call = { purpose, method, url: `${this.app}/${endpoint}`, secret: this.secret, payload };
		try {
			const answer = await this.client.call(call);
			return answer.status < 400 ? { answer } : { answer, error: errorIn(answer) };
		} catch (error) {
			if (error instanceof NoAnswer) return { error: error.message };
			throw error;
		}
	}
}
