import type { IDepartment, IVisitor } from '@rocket.chat/apps-engine/definition/livechat/index.js';
import type { IMessage } from '@rocket.chat/apps-engine/definition/messages/index.js';
import type { IRoom } from '@rocket.chat/apps-engine/definition/rooms/index.js';
import type { IUpload } from '@rocket.chat/apps-engine/definition/uploads/index.js';
import type { IUser } from '@rocket.chat/apps-engine/definition/users/index.js';
import {
	type AttachmentDocument,
	collections,
	type DepartmentDocument,
	type MessageDocument,
	type RoomDocument,
	type UploadDocument,
	type UserDocument,
	type VisitorDocument,
} from './documents.mts';
import { generation } from './generation.mts';
import type { Document } from './query.mts';
import type { Store } from './store.mts';

/** Where a field of an app's object comes from: a field of the document, or computed. */
type FieldMap = Record<string, string | ((document: Document) => unknown)>;

/**
 * Database documents as apps get them (docs/reference/rocketchat.md#shapes): fields that the engine defines under its
 * own names, everything else in `_unmappedProperties_`.
 */
export class Converters {
	private readonly store: Store;

	constructor(store: Store) {
		this.store = store;
	}

	/** A message with its room and its author in full. */
	async message(document: MessageDocument): Promise<IMessage> {
		const room = await this.roomById(document.rid);
		const sender = await this.author(document);
		const editor = document.editedBy && (await this.userById(document.editedBy._id));
		const { u: _u, rid: _rid, editedBy: _editedBy, ...own } = document;
		const mapped = mapFields(own, {
			id: '_id',
			threadId: 'tmid',
			text: 'msg',
			createdAt: 'ts',
			updatedAt: '_updatedAt',
			editedAt: 'editedAt',
			emoji: 'emoji',
			avatarUrl: 'avatar',
			alias: 'alias',
			file: 'file',
			files: 'files',
			customFields: 'customFields',
			groupable: 'groupable',
			token: 'token',
			blocks: 'blocks',
			type: 't',
			attachments: ({ attachments }) => attachments?.map(attachment),
		});
		delete mapped._unmappedProperties_.attachments;
		if (!generation.messageType) unmap(mapped, 'type', 't');
		if (!generation.messageFiles) unmap(mapped, 'files');
		return { ...mapped, room, sender, ...(editor && { editor }) } as unknown as IMessage;
	}

	/** Raw messages: relations stay references (docs/reference/rocketchat.md#events). */
	rawMessage(document: MessageDocument): Document {
		const { _unmappedProperties_: _unmapped, ...fields } = mapFields(document, {
			id: '_id',
			roomId: 'rid',
			sender: 'u',
			text: 'msg',
			createdAt: 'ts',
			updatedAt: '_updatedAt',
			threadId: 'tmid',
			alias: 'alias',
			token: 'token',
			type: 't',
			groupable: 'groupable',
			file: 'file',
			files: 'files',
			editedAt: 'editedAt',
			editor: 'editedBy',
			attachments: ({ attachments }) => attachments?.map(attachment),
		});
		return fields;
	}

	async roomById(id: string): Promise<IRoom | undefined> {
		const document = await this.store.findOne<RoomDocument>(collections.rooms, { _id: id });
		return document && this.room(document);
	}

	/** The visitor is read by its id and absent when removed or disabled (docs/reference/rocketchat.md#events). */
	async room(document: RoomDocument): Promise<IRoom> {
		const [visitor, department, servedBy, responseBy, closedBy] = await Promise.all([
			document.v && this.visitorById(document.v._id),
			document.departmentId ? this.departmentById(document.departmentId) : undefined,
			document.servedBy && this.userById(document.servedBy._id),
			document.responseBy && this.userById(document.responseBy._id),
			this.closedBy(document),
		]);
		const { departmentId: _d, servedBy: _s, responseBy: _r, closedBy: _c, ...own } = document;
		const mapped = mapFields(own, {
			id: '_id',
			type: 't',
			displayName: 'fname',
			slugifiedName: 'name',
			messageCount: 'msgs',
			createdAt: 'ts',
			updatedAt: '_updatedAt',
			lastModifiedAt: 'lm',
			closedAt: 'closedAt',
			isWaitingResponse: 'waitingResponse',
			isOpen: 'open',
			source: 'source',
			livechatData: 'livechatData',
			customFields: 'customFields',
			closer: 'closer',
			creator: 'u',
		});
		if (!generation.roomSource) unmap(mapped, 'source');
		if (!generation.roomCloser) {
			unmap(mapped, 'closer');
			mapped._unmappedProperties_.closedBy = document.closedBy;
		}
		return compact({
			...mapped,
			isDefault: false,
			isReadOnly: false,
			displaySystemMessages: true,
			visitor,
			department,
			servedBy,
			responseBy,
			closedBy: generation.roomCloser ? closedBy : undefined,
		}) as unknown as IRoom;
	}

	/** "closedBy = user if closer 'user', else visitor" */
	private async closedBy({ closer, closedBy }: RoomDocument): Promise<IUser | IVisitor | undefined> {
		if (!closedBy) return undefined;
		return closer === 'visitor' ? this.visitorById(closedBy._id) : this.userById(closedBy._id);
	}

	/**
	 * An agent or app comes with its full user, a visitor as the message names it, without roles
	 * (docs/reference/rocketchat.md#events).
	 */
	private async author({ u }: MessageDocument): Promise<IUser> {
		const user = await this.userById(u._id);
		if (user) return user;
		return {
			id: u._id,
			username: u.username,
			name: u.name,
			type: 'unknown',
			statusConnection: 'undefined',
		} as unknown as IUser;
	}

	/** A disabled visitor is not found by id (docs/reference/rocketchat.md#visitors). */
	async visitorById(id: string): Promise<IVisitor | undefined> {
		const document = await this.store.findOne<VisitorDocument>(collections.visitors, {
			_id: id,
			disabled: { $ne: true },
		});
		return document && this.visitor(document);
	}

	visitor(document: VisitorDocument): IVisitor {
		// Whether a channel is blocked is known to the contact, which apps do not see here.
		const { blocked: _blocked, ...own } = document;
		return mapFields(own, {
			id: '_id',
			username: 'username',
			name: 'name',
			department: 'department',
			updatedAt: '_updatedAt',
			token: 'token',
			phone: 'phone',
			visitorEmails: 'visitorEmails',
			livechatData: 'livechatData',
			status: 'status',
			externalIds: 'externalIds',
		}) as unknown as IVisitor;
	}

	private async departmentById(id: string): Promise<IDepartment | undefined> {
		const document = await this.store.findOne<DepartmentDocument>(collections.departments, { _id: id });
		return document && this.department(document);
	}

	department(document: DepartmentDocument): IDepartment {
		const { agents: _agents, ...own } = document;
		return mapFields(own, {
			id: '_id',
			name: 'name',
			email: 'email',
			description: 'description',
			enabled: 'enabled',
			numberOfAgents: 'numAgents',
			showOnRegistration: 'showOnRegistration',
			showOnOfflineForm: 'showOnOfflineForm',
			updatedAt: '_updatedAt',
		}) as unknown as IDepartment;
	}

	async userById(id: string): Promise<IUser | undefined> {
		const document = await this.store.findOne<UserDocument>(collections.users, { _id: id });
		return document && this.user(document);
	}

	/** The sender of an agent's message (docs/reference/rocketchat.md#shapes). */
	user(document: UserDocument): IUser {
		return compact({
			id: document._id,
			username: document.username,
			name: document.name,
			emails: document.emails,
			type: document.type,
			isEnabled: document.active,
			roles: document.roles,
			status: document.status,
			statusConnection: document.status,
			utcOffset: document.utcOffset,
			createdAt: document.createdAt,
			updatedAt: document._updatedAt,
			lastLoginAt: document.lastLogin,
			appId: document.appId,
			settings: document.settings ?? { preferences: {} },
		}) as unknown as IUser;
	}

	async upload(document: UploadDocument): Promise<IUpload> {
		const [room, user, visitor] = await Promise.all([
			this.roomById(document.rid),
			document.userId ? this.userById(document.userId) : undefined,
			document.visitorToken ? this.visitorByToken(document.visitorToken) : undefined,
		]);
		return compact({
			id: document._id,
			name: document.name,
			size: document.size,
			type: document.type,
			extension: document.extension,
			path: document.path,
			url: document.path,
			complete: true,
			uploading: false,
			progress: 1,
			store: 'GridFS:Uploads',
			uploadedAt: document.uploadedAt,
			updatedAt: document._updatedAt,
			room,
			user,
			visitor,
		}) as unknown as IUpload;
	}

	private async visitorByToken(token: string): Promise<IVisitor | undefined> {
		const document = await this.store.findOne<VisitorDocument>(collections.visitors, { token });
		return document && this.visitor(document);
	}
}

/** An attachment as apps get it (docs/reference/rocketchat.md#files). */
function attachment(document: AttachmentDocument): Document {
	return mapFields(document, {
		collapsed: 'collapsed',
		color: 'color',
		text: 'text',
		// An invalid date where there is none, which Deno gets as 1970 (docs/reference/rocketchat.md#files).
		timestamp: ({ ts }) => new Date(ts as Date),
		timestampLink: 'message_link',
		thumbnailUrl: 'thumb_url',
		author: ({ author_name, author_link, author_icon }) =>
			compact({ name: author_name, link: author_link, icon: author_icon }),
		title: ({ title, title_link, title_link_download }) =>
			compact({ value: title, link: title_link, displayDownloadLink: title_link_download }),
		imageUrl: 'image_url',
		imageType: 'image_type',
		imageSize: 'image_size',
		imageDimensions: 'image_dimensions',
		imagePreview: 'image_preview',
		audioUrl: 'audio_url',
		audioType: 'audio_type',
		audioSize: 'audio_size',
		videoUrl: 'video_url',
		videoType: 'video_type',
		videoSize: 'video_size',
		type: 'type',
		description: 'description',
		fields: 'fields',
	});
}

/** The fields that {@link attachment} computes from several of the document. */
const COMBINED = ['ts', 'author_name', 'author_link', 'author_icon', 'title', 'title_link', 'title_link_download'];

/** The reverse of {@link attachment}: an app's attachment as it is stored. */
export function attachmentDocument(value: Document): AttachmentDocument {
	return compact({
		...value._unmappedProperties_,
		collapsed: value.collapsed,
		color: value.color,
		text: value.text,
		ts: value.timestamp,
		message_link: value.timestampLink,
		thumb_url: value.thumbnailUrl,
		author_name: value.author?.name,
		author_link: value.author?.link,
		author_icon: value.author?.icon,
		title: value.title?.value,
		title_link: value.title?.link,
		title_link_download: value.title?.displayDownloadLink,
		image_url: value.imageUrl,
		image_type: value.imageType,
		audio_url: value.audioUrl,
		audio_type: value.audioType,
		video_url: value.videoUrl,
		video_type: value.videoType,
		type: value.type,
		description: value.description,
		fields: value.fields,
	});
}

function mapFields(document: Document, map: FieldMap): Document & { _unmappedProperties_: Document } {
	const rest = { ...document };
	const mapped: Document = {};
	for (const [field, origin] of Object.entries(map)) {
		mapped[field] = typeof origin === 'string' ? document[origin] : origin(document);
		if (typeof origin === 'string') delete rest[origin];
	}
	if (map.timestampLink) for (const field of COMBINED) delete rest[field];
	return { ...compact(mapped), _unmappedProperties_: rest };
}

/** Puts a field back under its stored name among those that are not mapped, as servers do that do not know it. */
function unmap(mapped: Document & { _unmappedProperties_: Document }, field: string, stored = field): void {
	if (mapped[field] !== undefined) mapped._unmappedProperties_[stored] = mapped[field];
	delete mapped[field];
}

/** Without the fields that are undefined: the engine's pipe would make them null. */
export function compact<T extends Document>(object: T): T {
	// The pipe carries null too, where an app passed undefined.
	return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null)) as T;
}
