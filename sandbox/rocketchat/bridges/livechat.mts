import type { IExtraRoomParams } from '@rocket.chat/apps-engine/definition/accessors/ILivechatCreator.js';
import type {
	IDepartment,
	ILivechatMessage,
	ILivechatRoom,
	ILivechatTransferData,
	IVisitor,
} from '@rocket.chat/apps-engine/definition/livechat/index.js';
import type { IMessage } from '@rocket.chat/apps-engine/definition/messages/index.js';
import type { IUser } from '@rocket.chat/apps-engine/definition/users/index.js';
import { LivechatBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import { attachmentDocument } from '../converters.mts';
import {
	collections,
	type DepartmentDocument,
	type MessageDocument,
	type RoomDocument,
	type RoomSource,
	type UserDocument,
	type VisitorDocument,
} from '../documents.mts';
import { generation } from '../generation.mts';
import type { Closer, LivechatRooms } from '../omnichannel/rooms.mts';
import type { Server } from '../server.mts';

/** What Rocket.Chat's `getRoomMessages` leaves out (RC:apps/meteor/app/livechat/server/lib/getRoomMessages.ts). */
const HIDDEN_TYPES = [
	...['livechat_navigation_history', 'livechat_transcript_history', 'command'],
	...['livechat-close', 'livechat-started', 'livechat_video_call'],
];

/** Conversations, visitors and departments (docs/reference/rocketchat.md#livechat). */
export class SandboxLivechatBridge extends LivechatBridge {
	private readonly server: Server;

	constructor(server: Server) {
		super();
		this.server = server;
	}

	private get rooms(): LivechatRooms {
		return this.server.livechat;
	}

	protected override isOnline(): boolean {
		throw new Error('Method not implemented.');
	}

	protected override isOnlineAsync(departmentId?: string): Promise<boolean> {
		return this.server.routing.isOnline(departmentId ?? undefined);
	}

	protected override async createMessage(message: ILivechatMessage, appId: string): Promise<string> {
		const sent = await this.rooms.visitorWrites({
			rid: message.room?.id,
			token: message.token as string,
			visitor: (message.visitor ?? {}) as Partial<IVisitor>,
			msg: message.text ?? '',
			groupable: message.groupable ?? undefined,
			attachments: message.attachments?.map(attachmentDocument),
			newRoomSource: await this.appSource(appId),
		});
		// "If an app vetoes the message … the bridge throws a TypeError".
		return (sent as MessageDocument)._id;
	}

	protected override async getMessageById(messageId: string): Promise<ILivechatMessage> {
		const message = await this.server.store.findOne<MessageDocument>(collections.messages, { _id: messageId });
		return (message && (await this.server.converters.message(message))) as ILivechatMessage;
	}

	/** "updateMessage: only own visitor messages and Message_AllowEditing, else `error-action-not-allowed`" */
	protected override async updateMessage(message: ILivechatMessage): Promise<void> {
		const stored = await this.server.store.findOne<MessageDocument>(collections.messages, { _id: message.id });
		const isOwn = stored?.token !== undefined && stored.token === message.token;
		if (!isOwn || !this.server.settings.get('Message_AllowEditing')) {
			throw new Error('Message editing not allowed [error-action-not-allowed]');
		}
		await this.server.messages.edit(stored._id, { msg: message.text ?? '' }, stored.u);
	}

	/** "createVisitor returns the `_id`" */
	protected override async createVisitor(visitor: IVisitor): Promise<string> {
		return (await this.register(visitor))._id;
	}

	protected override async createAndReturnVisitor(visitor: IVisitor): Promise<IVisitor | undefined> {
		return this.server.converters.visitor(await this.register(visitor));
	}

	/** "Sends department, username, name, token, id, first e-mail, first phone only." */
	private register(visitor: IVisitor): Promise<VisitorDocument> {
		return this.server.visitors.register({
			token: visitor.token,
			id: visitor.id ?? undefined,
			name: visitor.name ?? undefined,
			username: visitor.username ?? undefined,
			department: visitor.department ?? undefined,
			email: visitor.visitorEmails?.[0]?.address,
			phone: visitor.phone?.[0]?.phoneNumber,
		});
	}

	protected override async findVisitors(query: Record<string, unknown>): Promise<IVisitor[]> {
		const found = await this.server.store.find<VisitorDocument>(collections.visitors, query);
		return found.map((visitor) => this.server.converters.visitor(visitor));
	}

	protected override findVisitorById(id: string): Promise<IVisitor | undefined> {
		return this.server.converters.visitorById(id);
	}

	protected override async findVisitorByEmail(email: string): Promise<IVisitor | undefined> {
		return this.converted(await this.server.visitors.byEmail(email));
	}

	protected override async findVisitorByToken(token: string): Promise<IVisitor | undefined> {
		return this.converted(await this.server.visitors.byToken(token));
	}

	protected override async findVisitorByPhoneNumber(phoneNumber: string): Promise<IVisitor | undefined> {
		return this.converted(await this.server.visitors.byPhone(phoneNumber));
	}

	private converted(visitor: VisitorDocument | undefined): IVisitor | undefined {
		return visitor && this.server.converters.visitor(visitor);
	}

	protected override async resolveVisitor(): Promise<IVisitor | undefined> {
		throw new Error('livechat.resolveVisitor is not offered by the sandbox');
	}

	protected override async updateVisitorExternalId(): Promise<IVisitor | undefined> {
		throw new Error('livechat.updateVisitorExternalId is not offered by the sandbox');
	}

	/** "needs the app user in DB"; "Department wins over agent when both are set." */
	protected override async transferVisitor(
		_visitor: IVisitor,
		transfer: ILivechatTransferData,
		appId: string,
	): Promise<boolean> {
		const { store, users } = this.server;
		const appUser = await users.ofApp(appId);
		if (!appUser) throw new Error('Invalid app user, cannot transfer');
		const department = transfer.targetDepartment
			? await store.findOne<DepartmentDocument>(collections.departments, { _id: transfer.targetDepartment })
			: undefined;
		const agent = transfer.targetAgent ? await users.byId(transfer.targetAgent.id) : undefined;
		return this.rooms.transfer(transfer.currentRoom.id, { agent, department }, appUser);
	}

	protected override async createRoom(
		visitor: IVisitor,
		agent: IUser | null | undefined,
		appId: string,
		extraParams?: IExtraRoomParams,
	): Promise<ILivechatRoom> {
		const type = (extraParams?.source as Partial<RoomSource> | undefined)?.type;
		if (generation.demandsSourceType && type !== 'app') throw new Error('Invalid source type for livechat room');
		const room = await this.rooms.create({
			visitor,
			agent: agent?.id ? await this.requireAgent(agent.id) : undefined,
			source: await this.appSource(appId, extraParams?.source as Partial<RoomSource> | undefined),
			customFields: generation.roomCustomFields ? (extraParams?.customFields ?? undefined) : undefined,
		});
		return (await this.server.converters.room(room)) as ILivechatRoom;
	}

	private async requireAgent(id: string): Promise<UserDocument> {
		const agent = await this.server.users.byId(id);
		if (!agent) throw new Error(`The agent with id "${id}" was not found.`);
		return agent;
	}

	/** "`source`: type always stored as `app`, id = app id, alias = app name; label, icons from extraParams.source" */
	private async appSource(appId: string, given?: Partial<RoomSource> | null): Promise<RoomSource> {
		const { label, sidebarIcon, defaultIcon, destination } = given ?? {};
		return {
			type: 'app',
			id: appId,
			alias: this.server.appName(appId),
			...(label && { label }),
			...(sidebarIcon && { sidebarIcon }),
			...(defaultIcon && { defaultIcon }),
			...(destination && { destination }),
		};
	}

	/**
	 * "The bridge converts the app-supplied room object", so it may be stale. "No closer -> closed as the visitor.
	 * Neither -> Error".
	 */
	protected override async closeRoom(
		room: ILivechatRoom,
		comment: string,
		closer: IUser | string | undefined,
	): Promise<boolean> {
		const isAgain = !room.isOpen || !(await this.rooms.byId(room.id))?.open;
		if (isAgain && generation.closeAgain !== 'refused') return generation.closeAgain;
		await this.rooms.close(
			{ _id: room.id, open: room.isOpen ? true : undefined, departmentId: room.department?.id } as RoomDocument,
			await this.closerOf(room, closer),
			comment ?? '',
		);
		return true;
	}

	/** Engine 1.28 names no closer: there the app's id comes in its place. */
	private async closerOf(room: ILivechatRoom, closer: IUser | string | undefined): Promise<Closer> {
		if (closer && typeof closer !== 'string') return { user: await this.requireAgent(closer.id) };
		const { visitor } = room;
		if (visitor) return { visitor: { _id: String(visitor.id), username: visitor.username, token: visitor.token } };
		throw new Error('Please provide details of the user or visitor that closed the room');
	}

	protected override async countOpenRoomsByAgentId(agentId: string): Promise<number> {
		return (await this.openRoomsOf(agentId)).length;
	}

	protected override async findOpenRoomsByAgentId(agentId: string): Promise<ILivechatRoom[]> {
		return this.convertRooms(await this.openRoomsOf(agentId));
	}

	private openRoomsOf(agentId: string): Promise<RoomDocument[]> {
		return this.server.store.find<RoomDocument>(collections.rooms, { t: 'l', open: true, 'servedBy._id': agentId });
	}

	/** "open rooms only, by visitor.token (and department id); falsy visitor -> []" */
	protected override async findRooms(visitor: IVisitor, departmentId: string | null): Promise<ILivechatRoom[]> {
		if (!visitor) return [];
		return this.convertRooms(await this.rooms.openOf(visitor.token, departmentId));
	}

	private async convertRooms(rooms: RoomDocument[]): Promise<ILivechatRoom[]> {
		return (await Promise.all(rooms.map((room) => this.server.converters.room(room)))) as ILivechatRoom[];
	}

	protected override async findDepartmentByIdOrName(value: string): Promise<IDepartment | undefined> {
		const department = await this.server.visitors.departmentByIdOrName(value);
		return department && this.server.converters.department(department);
	}

	protected override async findDepartmentsEnabledWithAgents(): Promise<IDepartment[]> {
		const enabled = await this.server.store.find<DepartmentDocument>(collections.departments, { enabled: true });
		return enabled
			.filter(({ agents }) => agents.length > 0)
			.map((department) => this.server.converters.department(department));
	}

	/**
	 * A room's messages: converted, oldest first, without some that the server made
	 * (docs/reference/rocketchat.md#events).
	 */
	protected override async _fetchLivechatRoomMessages(_appId: string, roomId: string): Promise<IMessage[]> {
		const { store, converters } = this.server;
		const messages = await store.find<MessageDocument>(collections.messages, { rid: roomId }, { sort: { ts: 1 } });
		const shown = messages.filter(({ t }) => t === undefined || !HIDDEN_TYPES.includes(t));
		return Promise.all(shown.map((message) => converters.message(message)));
	}

	protected override setCustomFields(data: {
		token: string;
		key: string;
		value: string;
		overwrite: boolean;
	}): Promise<number> {
		return this.server.visitors.setCustomField(data.token, data.key, data.value, data.overwrite);
	}
}
