import type {
	AttachmentDocument,
	Change,
	DepartmentDocument,
	MessageDocument,
	PersistenceRecord,
	RocketChat,
	RoomDocument,
	UserDocument,
	VisitorDocument,
} from '../rocketchat/index.mts';
import type { Board } from './board.mts';
import type { Delivery, FileLink, RoomMessage } from './documents.mts';
import { systemText } from './system-text.mts';

/** The path under which the page hands on Rocket.Chat's files. */
export const FILES = '/rocketchat';

/** Keeps what agents see in Rocket.Chat on the board. */
export class RocketChatSide {
	private readonly board: Board;
	private readonly rocketChat: RocketChat;
	private readonly rooms = new Map<string, RoomDocument>();
	private readonly visitors = new Map<string, VisitorDocument>();
	private readonly departments = new Map<string, DepartmentDocument>();
	/** Of agents' messages, by their ids, as the app notes it. */
	private readonly deliveries = new Map<string, Delivery>();
	private notices = 0;

	constructor(board: Board, rocketChat: RocketChat) {
		this.board = board;
		this.rocketChat = rocketChat;
		rocketChat.changes.listen((change) => this.changed(change));
		rocketChat.news.listen((news) => {
			if (news.kind === 'noticed') this.noticed(news.notice);
		});
		this.lookAtAll();
	}

	/** What is there already: data from an earlier run, and what was set up before the page. */
	private lookAtAll(): void {
		for (const user of this.rocketChat.users()) this.userChanged(user);
		for (const department of this.rocketChat.departments()) this.departmentChanged(department);
		for (const visitor of this.rocketChat.visitors()) this.visitors.set(visitor._id, visitor);
		for (const record of this.rocketChat.persistence()) this.recordChanged(record);
		for (const room of this.rocketChat.rooms()) {
			this.roomChanged(room);
			for (const message of this.rocketChat.messages(room._id)) this.messageChanged(message);
		}
	}

	private changed({ collection, id, document }: Change): void {
		switch (collection) {
			case 'users':
				this.userChanged(document as UserDocument);
				break;
			case 'livechat_department':
				this.departmentChanged(document as DepartmentDocument);
				break;
			case 'livechat_visitor':
				this.visitorChanged(document as VisitorDocument);
				break;
			case 'rocketchat_room':
				if (document === undefined) this.board.remove('rooms', id);
				else this.roomChanged(document as RoomDocument);
				break;
			case 'rocketchat_message':
				if (document === undefined) this.board.remove('roomMessages', id);
				else this.messageChanged(document as MessageDocument);
				break;
			case 'rocketchat_apps_persistence':
				this.recordChanged(document as PersistenceRecord | undefined);
				break;
		}
	}

	private userChanged({ username, name, roles, status }: UserDocument): void {
		const isAdmin = roles.includes('admin');
		if (!isAdmin && !roles.includes('livechat-agent')) return;
		this.board.put('agents', { id: username, name, online: status === 'online', isAdmin });
	}

	private departmentChanged(department: DepartmentDocument): void {
		this.departments.set(department._id, department);
		this.board.put('departments', { id: department._id, name: department.name });
	}

	private visitorChanged(visitor: VisitorDocument): void {
		this.visitors.set(visitor._id, visitor);
		for (const room of this.rooms.values()) if (room.v?._id === visitor._id) this.roomChanged(room);
	}

	private roomChanged(room: RoomDocument): void {
		if (room.t !== 'l') return;
		this.rooms.set(room._id, room);
		const department = room.departmentId && this.departments.get(room.departmentId)?.name;
		this.board.put('rooms', {
			id: room._id,
			name: room.fname ?? room._id,
			state: room.open ? (room.servedBy ? 'open' : 'queued') : 'closed',
			agent: room.servedBy?.username,
			department,
			at: room.lm.getTime(),
			waiting: room.open === true && room.waitingResponse === true,
			details: this.detailsOf(room, department),
		});
	}

	private detailsOf(room: RoomDocument, department: string | undefined): [string, string][] {
		const visitor = this.visitors.get(room.v?._id ?? '');
		const details: [string, string | undefined][] = [
			['Phone', visitor?.phone?.[0]?.phoneNumber],
			['E-mail', visitor?.visitorEmails?.[0]?.address],
			['Department', department],
			...Object.entries({ ...visitor?.livechatData, ...room.livechatData }),
			...Object.entries(room.customFields ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
		];
		return details.filter((detail): detail is [string, string] => Boolean(detail[1]));
	}

	private messageChanged(message: MessageDocument): void {
		const room = this.rooms.get(message.rid);
		// Rocket.Chat's own clients show no commands.
		if (room === undefined || message.t === 'command') return;
		const from = authorOf(message, room);
		const goesOut = (from === 'agent' && room.source?.type === 'app') || undefined;
		this.board.put('roomMessages', {
			id: message._id,
			room: message.rid,
			from,
			author: message.alias ?? message.u.name ?? message.u.username,
			text: from === 'system' ? systemText(message) : message.msg,
			files: (message.attachments ?? []).flatMap(fileOf),
			at: message.ts.getTime(),
			delivery: goesOut && (this.deliveries.get(message._id) ?? { state: 'waiting' }),
		});
	}

	/** The app notes a line when it takes a message up, and another when that has come to an end. */
	private recordChanged(record: PersistenceRecord | undefined): void {
		const { entry, line } = (record?.data ?? {}) as { entry?: string; line?: { settled?: { given_up?: string } } };
		const settled = line?.settled;
		if (entry === undefined || settled === undefined) return;
		const reason = settled.given_up;
		const delivery: Delivery = reason === undefined ? { state: 'delivered' } : { state: 'failed', reason };
		this.deliveries.set(entry, delivery);
		this.board.patch('roomMessages', entry, { delivery });
	}

	private noticed({ at, roomId, to, text }: { at: Date; roomId: string; to?: string; text: string }): void {
		const id = `notice ${++this.notices}`;
		const notice = { id, room: roomId, from: 'notice', author: 'Rocket.Chat', text, files: [], to } as const;
		this.board.put('roomMessages', { ...notice, files: [], at: at.getTime() });
	}
}

function authorOf(message: MessageDocument, room: RoomDocument): RoomMessage['from'] {
	if (message.t !== undefined) return 'system';
	if (message.token !== undefined || message.u._id === room.v?._id) return 'contact';
	// Apps' users are named so.
	return message.u.username.endsWith('.bot') ? 'app' : 'agent';
}

function fileOf(attachment: AttachmentDocument): FileLink[] {
	const { image_url: image, audio_url: audio, video_url: video, title_link: link, title } = attachment;
	const url = image ?? audio ?? video ?? link;
	if (typeof url !== 'string') return [];
	const type = image ? 'image' : audio ? 'audio' : video ? 'video' : 'file';
	const name = typeof title === 'string' ? title : decodeURIComponent(url.split('/').at(-1) ?? 'file');
	return [{ name, type, url: url.startsWith('/') ? FILES + url : url }];
}
