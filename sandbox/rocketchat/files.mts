import { clock } from './clock.mts';
import {
	collections,
	type FileReference,
	type MessageDocument,
	type RoomDocument,
	type UploadDocument,
	type UserDocument,
} from './documents.mts';
import { generation } from './generation.mts';
import type { Messages } from './messages.mts';
import type { LivechatRooms } from './omnichannel/rooms.mts';
import type { Document } from './query.mts';
import type { ServerSettings } from './settings.mts';
import { newId, type Store } from './store.mts';
import type { Users } from './users.mts';

/** A file as somebody hands it in. */
export interface NewFile {
	name: string;
	bytes: Uint8Array;
	/** MIME type; told from the name when left out. */
	type?: string;
	/** The caption, as older clients store it. */
	description?: string;
}

const TYPES: Record<string, string> = {
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	svg: 'image/svg+xml',
	mp3: 'audio/mpeg',
	ogg: 'audio/ogg',
	oga: 'audio/ogg',
	mp4: 'video/mp4',
	webm: 'video/webm',
	pdf: 'application/pdf',
	txt: 'text/plain',
	csv: 'text/csv',
	json: 'application/json',
	zip: 'application/zip',
};

/** A one-pixel JPEG: what stands for `imagePreview`, whose content no app needs. */
const PREVIEW =
	'/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wAARCAABAAEDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAr/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIQAxAAAAGf/9k=';

/**
 * Files of messages: Rocket.Chat's uploads and what it makes of them in a message (docs/reference/rocketchat.md#files).
 */
export class Files {
	private readonly db: Store;
	private readonly settings: ServerSettings;
	private readonly messages: Messages;
	private readonly users: Users;
	private readonly livechat: LivechatRooms;

	constructor(db: Store, settings: ServerSettings, messages: Messages, users: Users, livechat: LivechatRooms) {
		this.db = db;
		this.settings = settings;
		this.messages = messages;
		this.users = users;
		this.livechat = livechat;
	}

	/** The type is judged anew; what is refused throws (docs/reference/rocketchat.md#accessors-for-apps). */
	async store(rid: string, file: NewFile, owner: { userId?: string; visitorToken?: string }): Promise<UploadDocument> {
		const extension = file.name.split('.').pop()?.toLowerCase() ?? '';
		const type = file.type ?? TYPES[extension] ?? 'application/octet-stream';
		this.refuse(file, type);
		const _id = newId();
		const now = clock.now();
		const upload: UploadDocument = {
			_id,
			name: file.name,
			type,
			size: file.bytes.length,
			extension,
			rid,
			...(owner.userId && { userId: owner.userId }),
			...(owner.visitorToken && { visitorToken: owner.visitorToken }),
			...(file.description && { description: file.description }),
			path: linkTo(_id, file.name),
			uploadedAt: now,
			_updatedAt: now,
			bytes: file.bytes,
		};
		await this.db.insert(collections.uploads, upload);
		return upload;
	}

	private refuse(file: NewFile, type: string): void {
		const list = (id: string) =>
			String(this.settings.get(id) ?? '')
				.split(',')
				.filter(Boolean);
		const allowed = list('FileUpload_MediaTypeWhiteList');
		const refused =
			list('FileUpload_MediaTypeBlackList').includes(type) || (allowed.length > 0 && !allowed.includes(type));
		if (!this.settings.get('FileUpload_Enabled')) throw new Error('File upload disabled [error-file-upload-disabled]');
		if (file.bytes.length > (this.settings.get('FileUpload_MaxFileSize') as number)) {
			throw new Error('File exceeds allowed size [error-file-too-large]');
		}
		if (refused) throw new Error('File type is not accepted [error-invalid-file-type]');
	}

	/** One message with all files: the newest servers' "several files confirmed in one message". */
	async postAsUser(uploads: UploadDocument[], userId: string, text: string): Promise<MessageDocument | undefined> {
		const user = await this.users.byId(userId);
		const [first] = uploads;
		if (!user || !first) throw new Error('a file needs a user and a room [error-invalid-user]');
		const { _id, username, name } = user;
		const content = await this.describe(uploads);
		return this.messages.send({ rid: first.rid, msg: text, u: { _id, username, name }, groupable: false, ...content });
	}

	/** "room not open or token mismatch -> no message and no error (… file stays stored)" */
	async postAsVisitor(upload: UploadDocument, token: string): Promise<MessageDocument | undefined> {
		const room = await this.db.findOne<RoomDocument>(collections.rooms, { _id: upload.rid });
		if (!room?.open || room.v?.token !== token) return undefined;
		const visitor = { id: room.v._id, username: room.v.username, token, name: room.fname };
		return this.livechat.visitorWrites({
			rid: room._id,
			token,
			visitor,
			msg: '',
			...(await this.describe([upload])),
			newRoomSource: room.source ?? { type: 'other' },
		});
	}

	/**
	 * `file` is the first original, `files` all originals and thumbnails, one attachment a file
	 * (docs/reference/rocketchat.md#files).
	 */
	private async describe(
		uploads: UploadDocument[],
	): Promise<Required<Pick<MessageDocument, 'file' | 'files' | 'attachments'>>> {
		const described = await Promise.all(uploads.map((upload) => this.describeOne(upload)));
		return {
			file: described[0].files[0],
			files: described.flatMap(({ files }) => files),
			attachments: described.map(({ attachment }) => attachment),
		};
	}

	private async describeOne(upload: UploadDocument): Promise<{ files: FileReference[]; attachment: Document }> {
		const { _id, name, type, size, extension, path } = upload;
		const files: FileReference[] = [{ _id, name, type, size, format: extension }];
		const attachment: Document = {
			title: name,
			type: 'file',
			description: upload.description ?? '',
			title_link: path,
			title_link_download: true,
			fileId: _id,
		};
		const [kind] = type.split('/');
		if (kind === 'image') {
			const thumb = await this.thumbnail(upload);
			files.push({
				_id: thumb._id,
				name: thumb.name,
				type: thumb.type,
				size: thumb.size,
				format: thumb.extension,
				...(generation.thumbnailsMarked && { typeGroup: 'thumb' }),
			});
			// "imageUrl/imageType may be the thumbnail; title.link is always the original".
			Object.assign(attachment, {
				image_url: thumb.path,
				image_type: thumb.type,
				image_size: size,
				image_dimensions: { width: 1, height: 1 },
				image_preview: PREVIEW,
			});
		} else if (kind === 'audio' || kind === 'video') {
			Object.assign(attachment, { [`${kind}_url`]: path, [`${kind}_type`]: type, [`${kind}_size`]: size });
		} else {
			Object.assign(attachment, { format: extension.toUpperCase(), size });
		}
		return { files, attachment };
	}

	/** Its bytes are the original's: what counts is that it is another file. */
	private async thumbnail(original: UploadDocument): Promise<UploadDocument> {
		const _id = newId();
		const name = `thumb-${original.name}`;
		const thumb = { ...original, _id, name, path: linkTo(_id, name) };
		await this.db.insert(collections.uploads, thumb);
		return thumb;
	}

	/** Who may read a protected file (docs/reference/rocketchat.md#files). */
	async mayRead(upload: UploadDocument, credentials: FileCredentials): Promise<boolean> {
		if (!this.settings.get('FileUpload_ProtectFiles')) return true;
		if (credentials.user) return true;
		if (credentials.roomType !== 'l' || credentials.roomId !== upload.rid) return false;
		// "valid only while that room is open"
		const room = await this.db.findOne<RoomDocument>(collections.rooms, { _id: upload.rid });
		return room?.open === true && credentials.visitorToken !== undefined && room.v?.token === credentials.visitorToken;
	}

	byId(id: string): Promise<UploadDocument | undefined> {
		return this.db.findOne<UploadDocument>(collections.uploads, { _id: id });
	}
}

/** Who asks for a file. */
export interface FileCredentials {
	user?: UserDocument;
	roomType?: string;
	roomId?: string;
	visitorToken?: string;
}

/** "`/file-upload/<fileId>/<encodeURI(name)>`", which leaves `#`, `?`, `&` and `'` as they are. */
function linkTo(id: string, name: string): string {
	return `/file-upload/${id}/${encodeURI(name)}`;
}
