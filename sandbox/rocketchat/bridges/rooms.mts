import type { IMessageRaw } from '@rocket.chat/apps-engine/definition/messages/index.js';
import type { IRoom, IRoomRaw } from '@rocket.chat/apps-engine/definition/rooms/index.js';
import type { IUser } from '@rocket.chat/apps-engine/definition/users/index.js';
import { RoomBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { GetMessagesOptions } from '@rocket.chat/apps-engine/server/bridges/RoomBridge.js';
import { collections, type MessageDocument, type RoomDocument } from '../documents.mts';
import type { Server } from '../server.mts';

/** Rooms of any kind, for reading; an app that works with livechat rooms makes none here. */
export class SandboxRoomBridge extends RoomBridge {
	private readonly server: Server;

	constructor(server: Server) {
		super();
		this.server = server;
	}

	protected override async getById(roomId: string): Promise<IRoom> {
		return (await this.server.converters.roomById(roomId)) as IRoom;
	}

	protected override async getByName(name: string): Promise<IRoom> {
		const room = await this.server.store.findOne<RoomDocument>(collections.rooms, { name });
		return (room && (await this.server.converters.room(room))) as IRoom;
	}

	/** Raw messages, at most 100 a call (docs/reference/rocketchat.md#events). */
	protected override async getMessages(roomId: string, options: GetMessagesOptions): Promise<IMessageRaw[]> {
		const { limit, skip = 0, sort, showThreadMessages } = options;
		const found = await this.server.store.find<MessageDocument>(
			collections.messages,
			{ rid: roomId, ...(showThreadMessages ? {} : { tmid: { $exists: false } }) },
			{ limit, skip: skip ?? 0, sort: { ts: sort?.createdAt === 'desc' ? -1 : 1 } },
		);
		return found.map((message) => this.server.converters.rawMessage(message) as IMessageRaw);
	}

	protected override async getMembers(roomId: string): Promise<IUser[]> {
		const room = await this.server.store.findOne<RoomDocument>(collections.rooms, { _id: roomId });
		const agent = room?.servedBy && (await this.server.converters.userById(room.servedBy._id));
		return agent ? [agent] : [];
	}

	protected override async create(): Promise<string> {
		return refuse('create');
	}

	protected override async getCreatorById(): Promise<IUser | undefined> {
		return refuse('getCreatorById');
	}

	protected override async getCreatorByName(): Promise<IUser | undefined> {
		return refuse('getCreatorByName');
	}

	protected override async getDirectByUsernames(): Promise<IRoom | undefined> {
		return refuse('getDirectByUsernames');
	}

	protected override async getAllRooms(): Promise<IRoomRaw[]> {
		return refuse('getAllRooms');
	}

	protected override async update(): Promise<void> {
		refuse('update');
	}

	protected override async createDiscussion(): Promise<string> {
		return refuse('createDiscussion');
	}

	protected override async delete(): Promise<void> {
		refuse('delete');
	}

	protected override async getModerators(): Promise<IUser[]> {
		return refuse('getModerators');
	}

	protected override async getOwners(): Promise<IUser[]> {
		return refuse('getOwners');
	}

	protected override async getLeaders(): Promise<IUser[]> {
		return refuse('getLeaders');
	}

	protected override async removeUsers(): Promise<void> {
		refuse('removeUsers');
	}

	protected override async getUnreadByUser(): Promise<IMessageRaw[]> {
		return refuse('getUnreadByUser');
	}

	protected override async getUserUnreadMessageCount(): Promise<number> {
		return refuse('getUserUnreadMessageCount');
	}
}

function refuse(method: string): never {
	throw new Error(`room.${method} is not offered by the sandbox`);
}
