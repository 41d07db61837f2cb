import { createHmac } from 'node:crypto';
import { type Contact, RapidPro, type Release, type Ticket } from '../../sandbox/rapidpro/index.mts';
import type { MessageDocument, RoomDocument } from '../../sandbox/rocketchat/documents.mts';
import { RocketChat, type RocketChatOptions } from '../../sandbox/rocketchat/index.mts';
import { until } from '../../sandbox/until.mts';
import { AGENT, packagedZip } from './stage.mts';

const MANAGER = 'mara';

/** Longer than a few readings may take on a busy machine; in milliseconds outside. */
export const READ_MS = 60_000;

/** The RapidPros without ticketers that a test has to be right with. */
export const RELEASES: readonly Release[] = ['26.3', '9.0'];

/** Rocket.Chat with the packaged app, a RapidPro without ticketers whose API the app reads, and one agent online. */
export class ApiStage {
	private channel: string | undefined;

	private constructor(
		readonly rocketChat: RocketChat,
		readonly rapidPro: RapidPro,
	) {}

	/** Starts everything, installs the package and connects it; `before` does what is to be there then. */
	static async open(
		release: Release,
		rocketChatOptions: RocketChatOptions,
		before: (rapidPro: RapidPro) => Promise<unknown> | undefined = () => undefined,
	): Promise<ApiStage> {
		const rocketChat = await RocketChat.start(rocketChatOptions);
		const rapidPro = await RapidPro.start({ release });
		const stage = new ApiStage(rocketChat, rapidPro);
		try {
			await rocketChat.addAgent({ username: AGENT, name: 'Agnes Agent', online: true });
			await before(rapidPro);
			await rocketChat.installApp(packagedZip());
			await rocketChat.setAppSetting('reading_interval', 5);
			await stage.connect();
			return stage;
		} catch (error) {
			await stage.close();
			throw error;
		}
	}

	/** The administrator fills in the settings, and the first reading takes place. */
	async connect(): Promise<void> {
		await this.rocketChat.setAppSetting('rapidpro_address', this.rapidPro.url);
		await this.rocketChat.setAppSetting('history_token', this.rapidPro.apiToken);
		await this.rocketChat.setAppSetting('connection', 'api');
		await this.untilRead();
	}

	/** Waits until so many more readings are over. */
	async untilRead(count = 1): Promise<void> {
		const before = this.readings();
		await until(`${count} readings`, () => this.readings() >= before + count, READ_MS);
	}

	/** How often the list of messages was asked for, which is the last that a reading does. */
	readings(): number {
		const { list } = this.rapidPro.exchanges;
		return list.filter(({ url }) => url.includes('/messages.json') && !url.includes('contact=')).length;
	}

	/** The room of a ticket, once there is one. */
	async room({ uuid }: Ticket, but: readonly string[] = []): Promise<RoomDocument> {
		const room = () => this.roomsOf(uuid).find(({ _id }) => !but.includes(_id));
		return until(`a room for the ticket ${uuid}`, room, READ_MS);
	}

	/** The rooms in which a ticket is, or was. */
	roomsOf(uuid: string): RoomDocument[] {
		const bound = this.rocketChat
			.persistence()
			.map(({ data }) => data as { room?: string; fact?: { bound?: { ticket?: string } } })
			.filter(({ fact }) => fact?.bound?.ticket === uuid)
			.map(({ room }) => room);
		return this.rocketChat.rooms().filter(({ _id }) => bound.includes(_id));
	}

	/** A contact, new unless given, has a ticket, and that has a room. */
	async openTicket(contact: Contact = this.rapidPro.addContact({ name: 'Ann' })) {
		const ticket = await this.rapidPro.flows.open(contact);
		return { contact, ticket, roomId: (await this.room(ticket))._id };
	}

	/** What the visitor of a room has written in it, but for the history. */
	said(roomId: string): string[] {
		return this.byVisitor(roomId).map(({ msg }) => msg);
	}

	byVisitor(roomId: string): MessageDocument[] {
		const isHistory = ({ msg }: MessageDocument) => msg.startsWith('*Earlier messages*');
		return this.rocketChat.messages(roomId).filter((message) => message.token && !isHistory(message));
	}

	/** Waits until the visitor has said so much. */
	untilSaid(roomId: string, count: number): Promise<string[]> {
		const said = () => this.said(roomId).length >= count && this.said(roomId);
		return until(`${count} messages in ${roomId}`, said, READ_MS);
	}

	/** A flow's webhook. */
	async ring(endpoint: string, body: unknown, headers: Record<string, string> = {}) {
		const response = await fetch(`${this.rocketChat.appUrl}/${endpoint}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', authorization: `Token ${this.doorbellSecret()}`, ...headers },
			body: JSON.stringify(body),
		});
		return { status: response.status, body: (await response.json()) as Record<string, unknown> };
	}

	/** What RapidPro's global `rocketchat_secret` holds. */
	private doorbellSecret(): string {
		const stored = (association: string) =>
			this.rocketChat.persistence().find(({ associations }) => associations?.some(({ id }) => id === association))
				?.data ?? {};
		const mac = createHmac('sha256', String(stored('visitor-key').key));
		for (const part of ['doorbell', String(stored('workspace').id)]) {
			const length = Buffer.alloc(8);
			length.writeBigUInt64LE(BigInt(Buffer.byteLength(part)));
			mac.update(length).update(part);
		}
		return mac.digest('hex');
	}

	/** What RapidPro's API lists. */
	async listed(path: string): Promise<Record<string, unknown>[]> {
		const headers = { authorization: `Token ${this.rapidPro.apiToken}` };
		const response = await fetch(`${this.rapidPro.url}/api/v2/${path}`, { headers });
		return ((await response.json()) as { results: Record<string, unknown>[] }).results;
	}

	/** What a manager is shown who types `/tickets status`. */
	async status(): Promise<string> {
		const channel = this.channel ?? (await this.rocketChat.addChannel('general'));
		if (this.channel === undefined) {
			await this.rocketChat.addUser({ username: MANAGER, roles: ['user', 'livechat-manager'] });
		}
		this.channel = channel;
		const before = this.rocketChat.notices().length;
		await this.rocketChat.typeCommand(channel, MANAGER, '/tickets status');
		return this.rocketChat
			.notices()
			.slice(before)
			.map(({ text }) => text)
			.join('\n');
	}

	/** Stops everything that was started. */
	async close(): Promise<void> {
		await this.rapidPro.stop();
		await this.rocketChat.settled();
		await this.rocketChat.stop();
	}
}
