import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, HeaderList } from './exchanges.mts';
import { written } from './micros.mts';
import type { Contact, IncomingAttachment, Message, Named, Ticket, Topic, User } from './model.mts';
import { NoAnswer, type Transport } from './transport.mts';
import { createdAt, type Store } from './v2/store.mts';

const WEBHOOK_TIMEOUT_MS = 15_000;
const OPEN_FLOW: Named = { uuid: '2f0a8c94-6f0d-4f2e-9a70-1f4f5e7b8a10', name: 'Rocket.Chat - Open Ticket' };

/** How a flow, or the trigger that started it, goes about it. */
export interface FlowOptions {
	/** Whether the flow calls the app; no, unless told: then it only sees what happened by reading. */
	webhook?: boolean;
	/** The flow is only tried out in RapidPro's simulator: nothing comes of it. */
	simulation?: boolean;
}

/** How a ticket is opened. */
export interface OpenOptions extends FlowOptions {
	topic?: Topic;
	assignee?: User;
	/** The message that started the flow. */
	message?: Message;
	/** `@trigger.params`. */
	params?: Record<string, unknown>;
	/** RapidPro fails after the webhook and never stores the ticket. */
	phantom?: boolean;
	/** How long RapidPro goes on after the webhook until the ticket is stored. */
	storeAfterMs?: number;
}

/** How a contact writes. */
export interface WriteOptions extends FlowOptions {
	attachments?: IncomingAttachment[];
	/** How long RapidPro handles the message after the webhook, if any, until the API shows it. */
	visibleAfterMs?: number;
}

/** What became of a flow that opened a ticket. */
export interface FlowOpening {
	/** The UUID that the flow saw; no ticket has it where opening failed afterwards. */
	ticketUuid: string;
	ticket?: Ticket;
	/** What the webhook brought into the flow. */
	answer?: Answer;
	/** Why no answer came. */
	error?: string;
}

/** What happens in a RapidPro without ticketers: its flows, its contacts, its users. */
export class Flows {
	constructor(
		private readonly store: Store,
		private readonly transport: Transport,
	) {}

	/** A user opens a ticket on RapidPro's own screen. */
	async open(contact: Contact, options: Omit<OpenOptions, 'phantom' | 'simulation' | 'webhook'> = {}): Promise<Ticket> {
		const { ticket } = await this.openInFlow(contact, options);
		if (ticket === undefined) throw new Error('only a simulated or failed flow stores no ticket');
		return ticket;
	}

	/** A flow opens a ticket. It calls the app before the ticket is stored, and holds the contact meanwhile. */
	async openInFlow(contact: Contact, options: OpenOptions = {}): Promise<FlowOpening> {
		const { model, locked } = this.store;
		const { topic = model.topics[0], assignee, phantom = false, simulation = false, storeAfterMs = 0 } = options;
		const ticketUuid = randomUUID();
		locked.add(contact);
		try {
			const body = this.openBody(contact, { ...options, uuid: ticketUuid, topic, assignee });
			const rung = options.webhook ? await this.ring('flow.open', body, simulation) : {};
			if (storeAfterMs > 0) await sleep(storeAfterMs);
			if (phantom || simulation) return { ticketUuid, ...rung };
			const details = { uuid: ticketUuid, contact, assignee, openedIn: options.webhook ? OPEN_FLOW : undefined };
			const ticket = model.addTicket(topic === undefined ? details : { ...details, topic });
			if (options.webhook) Object.assign(ticket, kept(rung));
			return { ticketUuid, ticket, ...rung };
		} finally {
			locked.delete(contact);
		}
	}

	/** The contact writes. The message is not told by the API as long as its flow runs. */
	async contactWrites(contact: Contact, text: string, options: WriteOptions = {}): Promise<Message> {
		const { attachments = [], visibleAfterMs = 0, webhook = false, simulation = false } = options;
		const waits = webhook || visibleAfterMs > 0;
		const message = this.store.model.addMessage({
			contact,
			direction: 'in',
			text,
			attachments,
			status: waits ? 'pending' : 'handled',
		});
		contact.lastSeenAt = createdAt(message);
		if (webhook) await this.ring('flow.message', this.messageBody(message), simulation);
		if (visibleAfterMs > 0) await sleep(visibleAfterMs);
		message.status = 'handled';
		return message;
	}

	/** RapidPro itself writes to the contact: a flow, a broadcast, or a user on its own screen. */
	says(contact: Contact, text: string, details: Partial<Message> = {}): Message {
		return this.store.model.addMessage({ contact, direction: 'out', text, status: 'wired', ...details });
	}

	/** A user of RapidPro, or a flow, closes the ticket; with a webhook, the closed-ticket trigger's flow calls the app. */
	async close(ticket: Ticket, { webhook = false, simulation = false }: FlowOptions = {}): Promise<Rung> {
		this.store.model.close(ticket, { by: 'RapidPro' });
		const { uuid, topic, contact } = ticket;
		const body = { ticket: { uuid, topic: topic.name }, contact: { uuid: contact.uuid } };
		return webhook ? this.ring('flow.closed', body, simulation) : {};
	}

	/** A user of RapidPro opens the ticket again. */
	reopen(ticket: Ticket): void {
		this.store.model.change(ticket, { status: 'open', closedAt: undefined });
	}

	/** A user of RapidPro assigns the ticket, to nobody where none is told. */
	assign(ticket: Ticket, assignee?: User): void {
		this.store.model.change(ticket, { assignee });
	}

	/** A user of RapidPro gives the ticket another topic. */
	changeTopic(ticket: Ticket, topic: Topic): void {
		this.store.model.change(ticket, { topic });
	}

	/** What the channel tells of a message that was sent. */
	turns(message: Message, status: Message['status']): void {
		message.status = status;
		message.modifiedAt = this.store.model.moment();
	}

	/** Imports a file of flows: foreign flows of the same name are replaced, missing globals are made, blank. */
	import(file: {
		flows: { uuid: string; name: string }[];
		triggers: { flow: { uuid: string } }[];
		groups: object[];
	}): void {
		const { definitions, model, globals } = this.store;
		const names = new Set(file.flows.map(({ name }) => name));
		const replaced = new Set(definitions.flows.filter(({ name }) => names.has(name)).map(({ uuid }) => uuid));
		definitions.flows = [...definitions.flows.filter(({ name }) => !names.has(name)), ...file.flows];
		definitions.triggers = [...definitions.triggers.filter(({ flow }) => !replaced.has(flow.uuid)), ...file.triggers];
		definitions.groups = file.groups;
		for (const [, key = ''] of JSON.stringify(file).matchAll(/@globals\.([a-z0-9_]+)/g)) {
			if (globals.some((global) => global.key === key)) continue;
			globals.push({ key, name: key.replaceAll('_', ' '), value: '', modifiedAt: model.moment() });
		}
	}

	/** What an installed flow sends to an endpoint of the app. A blank address makes no call, and nothing is repeated. */
	async ring(endpoint: string, body: object, simulation = false): Promise<Rung> {
		const base = this.store.global('rocketchat_url');
		if (base === '') return { error: 'the global rocketchat_url is blank' };
		const text = JSON.stringify(body);
		const headers: HeaderList = [
			['User-Agent', 'RapidProMailroom/26.3'],
			['Content-Length', String(Buffer.byteLength(text))],
			['Accept', 'application/json'],
			['Authorization', `Token ${this.store.global('rocketchat_secret')}`],
			['Content-Type', 'application/json'],
			['X-Mailroom-Mode', simulation ? 'simulation' : 'normal'],
			['Accept-Encoding', 'gzip'],
		];
		const outgoing = { purpose: endpoint, method: 'POST', url: `${base}/${endpoint}`, headers, body: text };
		try {
			return { answer: await this.transport.send({ ...outgoing, timeoutMs: WEBHOOK_TIMEOUT_MS }) };
		} catch (error) {
			if (error instanceof NoAnswer) return { error: error.message };
			throw error;
		}
	}

	private openBody(contact: Contact, options: OpenOptions & { uuid: string }): object {
		const { uuid, topic, assignee, message, params = {} } = options;
		const { name, language, urns, groups, fields } = contact;
		return {
			ticket: { uuid, topic: topic?.name ?? '', assignee: assignee?.email ?? '' },
			contact: {
				uuid: contact.uuid,
				name,
				language,
				urn: urns[0] ?? '',
				urns,
				groups: [...groups, this.store.openTickets].map((group) => group.name),
				fields,
			},
			run: { uuid: randomUUID(), flow: OPEN_FLOW.name, started_on: written(this.store.model.moment()) },
			message: message === undefined ? null : this.told(message),
			params,
		};
	}

	private messageBody(message: Message): object {
		const { contact } = message;
		const [ticket] = this.store.model.openTickets(contact);
		return {
			ticket: ticket === undefined ? null : { uuid: ticket.uuid },
			contact: { uuid: contact.uuid },
			message: this.told(message),
		};
	}

	/** What a flow sees of a message: what is unavailable is left out. */
	private told(message: Message): object {
		const { uuid, text, contact, attachments } = message;
		return {
			uuid,
			text,
			attachments: attachments.filter(({ type }) => type !== 'unavailable').map(({ type, url }) => `${type}:${url}`),
			urn: message.urn ?? contact.urns[0] ?? '',
			channel: this.store.channel.name,
			created_on: written(createdAt(message)),
		};
	}
}

/** What the flow keeps of the answer, and the room for whoever looks at both sides. */
function kept({ answer, error }: Rung): Pick<Ticket, 'externalId' | 'flowResult'> {
	try {
		const { room_id, agent_online } = JSON.parse(answer?.body ?? '');
		if (answer?.status === 200 && typeof room_id === 'string') {
			return { externalId: room_id, flowResult: `room ${room_id}, ${agent_online ? 'an agent' : 'no agent'} online` };
		}
	} catch {
		// No JSON: not the app's own answer.
	}
	return { externalId: '', flowResult: error ?? `the app answered ${answer?.status}` };
}

/** What became of a call to the app. */
export interface Rung {
	answer?: Answer;
	error?: string;
}
