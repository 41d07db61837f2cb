import type {
	IHttp,
	IHttpResponse,
	ILivechatCreator,
	IModify,
	IPersistence,
	IRead,
	ISchedulerModify,
} from '@rocket.chat/apps-engine/definition/accessors';
import type { IDepartment, ILivechatRoom, IVisitor } from '@rocket.chat/apps-engine/definition/livechat';
import type { IMessage, IMessageAttachment } from '@rocket.chat/apps-engine/definition/messages';
import { RocketChatAssociationModel, RocketChatAssociationRecord } from '@rocket.chat/apps-engine/definition/metadata';
import type { IRoom } from '@rocket.chat/apps-engine/definition/rooms';
import type { IUser } from '@rocket.chat/apps-engine/definition/users';

import type { EffectArguments, EffectKind, Visitor } from './core';
import { redirectIn, redirectOf } from './redirect';
import type { Timers } from './timers';

/** Where an operation's lines go: the app's log, or the console. */
export interface Logger {
	debug(text: string): void;
	info(text: string): void;
	warn(text: string): void;
	error(text: string): void;
}

/** What Rocket.Chat hands to an endpoint, an event handler or a hook; some hooks get only the first three. */
export interface Accessors {
	read: IRead;
	http: IHttp;
	logger: Logger;
	persistence?: IPersistence;
	modify?: IModify;
	/** Where the hook brings a scheduler of its own; else it is `modify`'s. */
	scheduler?: ISchedulerModify;
}

/** The one processor to which the scheduler hands all jobs. */
export const JOB_PROCESSOR = 'job';

export interface WebhookAnswer {
	status: number;
	body: string;
	retryAfterMs?: number;
	/** Where a redirect leads that the server's client has not followed. */
	location?: string;
}

export interface ApiAnswer {
	status: number;
	/** The body; nothing where there is too much of it. */
	body?: string;
	retryAfterMs?: number;
}

/** How much of an answer's body RapidPro's refusals need to be understood. */
const BODY_LENGTH_MAX = 1000;

/** Among these is the one with which a room was closed. */
const LAST_MESSAGES = 10;

/** How many of a file's bytes tell what it is. */
const HEAD_LENGTH = 1024;

/** A page of RapidPro's API has 250 messages. */
const PAGE_LENGTH_MAX = 4_000_000;

/** Between the parts of a form; Base64 has no such signs. */
const BOUNDARY = '----------------rapidpro-tickets';

type Performers = Required<{
	[Kind in Exclude<EffectKind, 'acquire' | 'tryAcquire' | 'release'>]: (
		args: EffectArguments[Kind],
	) => Promise<unknown>;
}>;

/** What a process learns of its server that never changes. */
export interface Learnt {
	appUser?: IUser;
	/** Whether the engine has told a visitor whom it registered. */
	tellsVisitors?: boolean;
}

/** Performs one operation's effects with Rocket.Chat's accessors: one method an effect. Decides nothing. */
export class Host implements Performers {
	/** The rooms that this operation has seen, since Rocket.Chat wants its own objects back. */
	private readonly rooms = new Map<string, IRoom>();
	/** The file that this operation fetched last and has not uploaded. */
	private fetched?: Buffer;

	constructor(
		private readonly accessors: Accessors,
		private readonly timers: Timers,
		private readonly learnt: Learnt,
	) {}

	public async sleep({ ms }: EffectArguments['sleep']): Promise<void> {
		await new Promise<void>((resolve) => this.timers.start(resolve, ms));
	}

	public readSetting({ id }: EffectArguments['readSetting']): Promise<unknown> {
		return this.accessors.read.getEnvironmentReader().getSettings().getValueById(id);
	}

	public readServerSetting({ id }: EffectArguments['readServerSetting']): Promise<unknown> {
		return this.accessors.read.getEnvironmentReader().getServerSettings().getValueById(id);
	}

	public readRecords({ association }: EffectArguments['readRecords']): Promise<unknown> {
		return this.accessors.read.getPersistenceReader().readByAssociation(associationOf(association));
	}

	public async createRecord({ associations, record }: EffectArguments['createRecord']): Promise<void> {
		await this.persistence.createWithAssociations(record, associations.map(associationOf));
	}

	public async replaceRecord({ associations, record }: EffectArguments['replaceRecord']): Promise<void> {
		await this.persistence.updateByAssociations(associations.map(associationOf), record, true);
	}

	public async removeRecords({ association }: EffectArguments['removeRecords']): Promise<void> {
		await this.persistence.removeByAssociation(associationOf(association));
	}

	public async findVisitor({ token }: EffectArguments['findVisitor']): Promise<Visitor | null> {
		const visitor = await this.accessors.read.getLivechatReader().getLivechatVisitorByToken(token);
		return visitor ? visitorOf(visitor) : null;
	}

	public async registerVisitor({ visitor }: EffectArguments['registerVisitor']): Promise<Visitor | string | null> {
		const { token, name, email, phone } = visitor;
		const details = {
			token,
			...(name && { name }),
			...(email && { visitorEmails: [{ address: email }] }),
			...(phone && { phone: [{ phoneNumber: phone }] }),
		};
		const creator: OlderLivechatCreator = this.modify.getCreator().getLivechatCreator();
		if (!creator.createAndReturnVisitor) {
			return creator.createVisitor(details as IVisitor);
		}
		try {
			const registered = await creator.createAndReturnVisitor(details as IVisitor);
			this.learnt.tellsVisitors = true;
			return registered ? visitorOf(registered) : null;
		} catch (error) {
			// Engine 1.43 lacks the method, too, but learns of that only from the server.
			if (this.learnt.tellsVisitors) {
				throw error;
			}
			return creator.createVisitor(details as IVisitor);
		}
	}

	public async findRoom({ room }: EffectArguments['findRoom']): Promise<object | null> {
		const found = await this.accessors.read.getRoomReader().getById(room);
		return found ? this.seen(found) : null;
	}

	/** Rocket.Chat looks at nothing of a visitor but the token. */
	public async findOpenRooms({ token }: EffectArguments['findOpenRooms']): Promise<Array<object> | null> {
		const rooms = await this.accessors.read.getLivechatReader().getLivechatRooms({ token } as IVisitor);
		return rooms ? rooms.map((room) => this.seen(room)) : null;
	}

	public async createRoom({ visitor, customFields }: EffectArguments['createRoom']): Promise<object | null> {
		// No agent: Rocket.Chat's routing chooses. A middle generation of servers (6.x, 7.0) insists on the source's type.
		const room = await this.modify
			.getCreator()
			.getLivechatCreator()
			.createRoom(visitor as unknown as IVisitor, undefined as unknown as IUser, {
				source: { type: 'app', label: 'RapidPro', sidebarIcon: 'chat', defaultIcon: 'chat' },
				customFields,
			});
		return room ? this.seen(room) : null;
	}

	public async closeRoom({ room, comment }: EffectArguments['closeRoom']): Promise<unknown> {
		const closed = this.roomSeen(room);
		this.learnt.appUser ??= await this.accessors.read.getUserReader().getAppUser();
		return this.modify.getUpdater().getLivechatUpdater().closeRoom(closed, comment, this.learnt.appUser);
	}

	public async postMessage(args: EffectArguments['postMessage']): Promise<string | null> {
		const creator = this.modify.getCreator();
		const message = creator
			.startLivechatMessage()
			.setRoom(this.roomSeen(args.room))
			.setVisitor(args.visitor as unknown as IVisitor)
			.setText(args.text);
		if (args.attachments.length > 0) {
			message.setAttachments(args.attachments as Array<IMessageAttachment>);
		}
		return finished(await creator.finish(message));
	}

	/** The server's HTTP client takes files of any size; a host that knows ranges sends no more than is asked for. */
	public async fetchFile({ url, bytesMax, timeoutMs }: EffectArguments['fetchFile']): Promise<object> {
		const answer = await this.accessors.http.get(url, {
			encoding: null,
			headers: { Range: `bytes=0-${bytesMax}`, 'Accept-Encoding': 'identity' },
			timeout: timeoutMs,
		});
		const bytes = bytesOf(answer);
		this.fetched = bytes;
		const head = Array.from(bytes.subarray(0, HEAD_LENGTH), (byte) => String.fromCharCode(byte)).join('');
		return { contentType: answer.headers?.['content-type'], length: bytes.length, head };
	}

	public async uploadFile({ name, room, token }: EffectArguments['uploadFile']): Promise<string | null> {
		const bytes = given(this.fetched);
		this.fetched = undefined;
		const descriptor = { filename: name, room: this.roomSeen(room), visitorToken: token };
		const upload = await this.modify.getCreator().getUploadCreator().uploadBuffer(bytes, descriptor);
		return finished(upload?.id);
	}

	public async setCustomField({ token, key, value }: EffectArguments['setCustomField']): Promise<void> {
		await this.modify.getUpdater().getLivechatUpdater().setCustomFields(token, key, String(value), true);
	}

	public async findUpload({ id }: EffectArguments['findUpload']): Promise<object | null> {
		const upload = await this.accessors.read.getUploadReader().getById(id);
		return upload ? { type: upload.type, size: Number(upload.size), room: upload.room?.id } : null;
	}

	public async findDepartment({ department }: EffectArguments['findDepartment']): Promise<object | null> {
		const reader = this.accessors.read.getLivechatReader();
		// Whether it is archived is told unmapped.
		const found: (IDepartment & { _unmappedProperties_?: { archived?: boolean } }) | undefined =
			await reader.getLivechatDepartmentByIdOrName(department);
		return found ? { id: found.id, enabled: found.enabled, archived: found._unmappedProperties_?.archived } : null;
	}

	public async areAgentsOnline({ department }: EffectArguments['areAgentsOnline']): Promise<boolean | null> {
		const online: boolean | undefined = await this.accessors.read.getLivechatReader().isOnlineAsync(department);
		return online ?? null;
	}

	public async normalize({ text }: EffectArguments['normalize']): Promise<Array<string>> {
		return ['NFC', 'NFD'].map((form) => text.normalize(form));
	}

	public async readMessages({ room }: EffectArguments['readMessages']): Promise<Array<object> | null> {
		const messages = await this.accessors.read.getLivechatReader()._fetchLivechatRoomMessages(room);
		return messages ? messages.map((message) => ({ room: { id: room, type: 'l' }, ...messageOf(message) })) : null;
	}

	/** Older engines do not know the method, or refuse it. */
	public async readLastMessages({ room }: EffectArguments['readLastMessages']): Promise<Array<object>> {
		const reader = this.accessors.read.getRoomReader() as unknown as ReaderOfNewerServers;
		const messages = await reader.getMessages(room, { limit: LAST_MESSAGES, sort: { createdAt: 'desc' } });
		return given(messages).map((message) => ({ ...messageOf(message), room: { id: room, type: 'l' } }));
	}

	public async postNotice({ room, text }: EffectArguments['postNotice']): Promise<string | null> {
		const creator = this.modify.getCreator();
		const message = creator
			.startMessage()
			.setRoom(await this.roomById(room))
			.setText(text);
		return finished(await creator.finish(message));
	}

	public async notify({ room, text }: EffectArguments['notify']): Promise<void> {
		const shownIn = (await this.roomById(room)) as ILivechatRoom;
		if (!shownIn.servedBy) {
			throw new Error('no agent serves the room');
		}
		const notifier = this.accessors.read.getNotifier();
		const message = notifier.getMessageBuilder().setRoom(shownIn).setText(text).getMessage();
		await notifier.notifyUser(shownIn.servedBy, message);
	}

	public async schedule({ job, at }: EffectArguments['schedule']): Promise<unknown> {
		const scheduler = this.accessors.scheduler ?? this.modify.getScheduler();
		return scheduler.scheduleOnce({ id: JOB_PROCESSOR, when: new Date(at).toISOString(), data: { job } });
	}

	public async postWebhook(args: EffectArguments['postWebhook']): Promise<WebhookAnswer | null> {
		const answer = await this.accessors.http.post(args.url, {
			headers: { Authorization: `Token ${args.secret}`, 'Content-Type': 'application/json' },
			content: JSON.stringify(args.body),
			timeout: args.timeoutMs,
		});
		// Older servers answer nothing where newer ones throw.
		if (!answer?.statusCode) {
			return null;
		}
		const body = (answer.content ?? '').slice(0, BODY_LENGTH_MAX);
		const location = redirectIn(args.url, answer.statusCode, answer.headers?.location);
		return { status: answer.statusCode, body, retryAfterMs: retryAfterMs(answer), ...(location && { location }) };
	}

	public findRedirect({ url, timeoutMs }: EffectArguments['findRedirect']): Promise<string | null> {
		return redirectOf(url, timeoutMs, this.timers);
	}

	public async readApi({ url, token, timeoutMs }: EffectArguments['readApi']): Promise<ApiAnswer | null> {
		return apiAnswer(await this.accessors.http.get(url, { headers: apiHeaders(token), timeout: timeoutMs }));
	}

	public async postApi({ url, token, body, timeoutMs }: EffectArguments['postApi']): Promise<ApiAnswer | null> {
		const headers = { ...apiHeaders(token), 'Content-Type': 'application/json' };
		const content = JSON.stringify(body);
		return apiAnswer(await this.accessors.http.post(url, { headers, content, timeout: timeoutMs }));
	}

	/** The engine sends texts only, so the file goes in Base64, which RapidPro's forms take. */
	public async uploadMedia(args: EffectArguments['uploadMedia']): Promise<ApiAnswer | null> {
		const { url, token, upload, name, mediaType, timeoutMs } = args;
		const bytes = await this.accessors.read
			.getUploadReader()
			.getBufferById(upload)
			.catch(() => undefined);
		if (!bytes) {
			return null;
		}
		const headers = { ...apiHeaders(token), 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
		const content = [
			`--${BOUNDARY}`,
			`Content-Disposition: form-data; name="file"; filename*=UTF-8''${name}`,
			`Content-Type: ${mediaType}`,
			'Content-Transfer-Encoding: base64',
			'',
			base64(bytes),
			`--${BOUNDARY}--`,
			'',
		].join('\r\n');
		const answer = apiAnswer(await this.accessors.http.post(url, { headers, content, timeout: timeoutMs }));
		return given(answer ?? undefined);
	}

	public async tellTimes({ times, timeZone }: EffectArguments['tellTimes']): Promise<Array<string>> {
		// The one locale that every Node knows: older servers' have no others.
		const format = new Intl.DateTimeFormat('en-US', {
			...(timeZone && { timeZone }),
			...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false },
		});
		return [...times.map((time) => sortable(format.formatToParts(time))), format.resolvedOptions().timeZone];
	}

	private get persistence(): IPersistence {
		return given(this.accessors.persistence);
	}

	private get modify(): IModify {
		return given(this.accessors.modify);
	}

	private seen(room: IRoom): object {
		this.rooms.set(room.id, room);
		return roomOf(room as ILivechatRoom);
	}

	private async roomById(id: string): Promise<IRoom> {
		return this.rooms.get(id) ?? given(await this.accessors.read.getRoomReader().getById(id));
	}

	private roomSeen(id: string): IRoom {
		return given(this.rooms.get(id));
	}
}

/** A time's parts as `2020-07-17 10:28`. */
function sortable(parts: Array<{ type: string; value: string }>): string {
	const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
	// Midnight is 24 o'clock to some versions of Node.
	const hour = String(Number(part('hour')) % 24).padStart(2, '0');
	return `${part('year')}-${part('month')}-${part('day')} ${hour}:${part('minute')}`;
}

/** A successful answer's bytes. Servers that know no binary encoding answer a text, which is beyond repair. */
function bytesOf(answer: IHttpResponse | undefined): Buffer {
	const bytes: unknown = answer?.content;
	if (!answer || ![200, 206].includes(answer.statusCode)) {
		throw new Error(`its host answers ${answer?.statusCode ?? 'nothing'}`);
	}
	if (!bytes || typeof bytes === 'string') {
		throw new Error('the server hands files over as text only');
	}
	return bytes as Buffer;
}

function associationOf(id: string): RocketChatAssociationRecord {
	return new RocketChatAssociationRecord(RocketChatAssociationModel.MISC, id);
}

function visitorOf({ id, token, username, name }: IVisitor): Visitor {
	return { id: given(id), token, username, name };
}

/** A room as the core reads it. */
export function roomOf(room: ILivechatRoom): object {
	const { id, type, isOpen, messageCount, source, visitor, department, closedAt } = room;
	return {
		id,
		type,
		isOpen,
		messageCount,
		source: source && { id: sourceId(source) },
		visitor: visitor && visitorOf(visitor),
		...(closedAt && { closing: { ...closerOf(room), at: closedAt.getTime(), department: department?.name } }),
	};
}

/** Servers up to 6.0 leave it unmapped. */
function closerOf({
	closedBy,
	_unmappedProperties_: unmapped,
}: ILivechatRoom & { _unmappedProperties_?: { closedBy?: IUser } }) {
	const closer = closedBy ?? unmapped?.closedBy;
	return closer && { username: closer.username, name: closer.name };
}

/** A message as the core reads it: what is not plain data, such as its time, made so. */
export function messageOf(message: IMessage): object {
	const { id, text, room, sender, attachments, createdAt } = message;
	const { token, files, blocks, location, _unmappedProperties_: unmapped } = message as IMessage & MappedByNewerServers;
	return {
		id,
		text,
		token,
		type: typeOf(message),
		createdAt: createdAt?.getTime(),
		editedAt: message.editedAt?.getTime() || undefined,
		...(room && { room: roomOf(room as ILivechatRoom) }),
		sender: sender && {
			id: sender.id,
			username: sender.username,
			name: sender.name,
			type: sender.type,
			appId: sender.appId,
		},
		attachments: plainList(attachments ?? unmapped?.attachments),
		blocks: plainList(blocks ?? unmapped?.blocks),
		location: location ?? unmapped?.location,
		files: plainList(files ?? unmapped?.files ?? (message.file && [message.file])),
	};
}

/** The kind of a system message. */
export function typeOf(message: IMessage): string | undefined {
	const { type, _unmappedProperties_: unmapped } = message as MappedByNewerServers;
	return type ?? unmapped?.t;
}

/** A list as plain data, whole: apps and older servers put into it what no definition names. */
function plainList(list: unknown): Array<object> | undefined {
	return Array.isArray(list) ? JSON.parse(JSON.stringify(list)) : undefined;
}

/** Engines before 1.44 answer a new visitor's id only. */
type OlderLivechatCreator = Pick<ILivechatCreator, 'createVisitor'> &
	Partial<Pick<ILivechatCreator, 'createAndReturnVisitor'>>;

interface ReaderOfNewerServers {
	getMessages(room: string, options: { limit: number; sort: { createdAt: 'desc' } }): Promise<Array<IMessage>>;
}

/** What the definitions of older engines do not name, or older servers leave unmapped. */
interface MappedByNewerServers {
	token?: string;
	type?: string;
	files?: Array<object>;
	location?: object;
	_unmappedProperties_?: {
		t?: string;
		files?: Array<object>;
		attachments?: Array<object>;
		blocks?: Array<object>;
		location?: object;
	};
}

function apiHeaders(token: string): Record<string, string> {
	return { Authorization: `Token ${token}`, Accept: 'application/json' };
}

/** Nothing where older servers answer nothing, and newer ones throw. */
function apiAnswer(answer: IHttpResponse | undefined): ApiAnswer | null {
	if (!answer?.statusCode) {
		return null;
	}
	return {
		status: answer.statusCode,
		...(isBearable(answer.content) && { body: answer.content }),
		retryAfterMs: retryAfterMs(answer),
	};
}

/** Some engines hand over plain bytes; Apps-Engine 1.28 has no global Buffer. */
function base64(bytes: Buffer | Uint8Array): string {
	const buffer: Buffer = 'readUInt8' in bytes ? bytes : require('buffer').Buffer.from(bytes);
	return buffer.toString('base64');
}

function isBearable(page = ''): boolean {
	return page.length <= PAGE_LENGTH_MAX;
}

/** In milliseconds from now: the header holds seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterMs({ headers }: IHttpResponse): number | undefined {
	const header = headers?.['retry-after'];
	if (!header) {
		return undefined;
	}
	const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
	return ms > 0 ? Math.round(ms) : undefined;
}

function sourceId(source: NonNullable<ILivechatRoom['source']>): string | undefined {
	return 'id' in source ? source.id : undefined;
}

/** A message's id. That there is none, as where a permission is denied, comes as the text of nothing. */
function finished(id: string | null | undefined): string | null {
	return id && id !== 'null' && id !== 'undefined' ? id : null;
}

function given<T>(value: T | undefined): T {
	if (value === undefined) {
		throw new Error('not available here');
	}
	return value;
}
