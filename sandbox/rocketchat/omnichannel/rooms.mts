import { AppsEngineException } from '@rocket.chat/apps-engine/definition/exceptions/index.js';
import type { IVisitor } from '@rocket.chat/apps-engine/definition/livechat/index.js';
import { clock } from '../clock.mts';
import type { Converters } from '../converters.mts';
import {
	collections,
	type DepartmentDocument,
	type InquiryDocument,
	type MessageDocument,
	type RoomDocument,
	type RoomSource,
	type UserDocument,
	type VisitorDocument,
} from '../documents.mts';
import { type AppEvents, AppInterface } from '../events.mts';
import { generation } from '../generation.mts';
import type { Messages, NewMessage } from '../messages.mts';
import type { ServerSettings } from '../settings.mts';
import { newId, type Store, type UniqueIndex } from '../store.mts';
import { reference } from '../users.mts';
import { isOnline, type Routing } from './routing.mts';

/** One open room a visitor's token, from about 8.3 on (docs/reference/rocketchat.md#rooms-of-a-visitor). */
const ONE_OPEN_ROOM: UniqueIndex = { field: 'v.token', where: { t: 'l', open: true, _enforceSingleRoom: true } };

/** What a conversation begins with. */
export interface NewRoom {
	/** The visitor as the caller has it, which need not be what is stored. */
	visitor: Partial<IVisitor>;
	agent?: UserDocument;
	source: RoomSource;
	customFields?: Record<string, unknown>;
}

/** Who closes a conversation. */
export type Closer =
	| { user: UserDocument }
	| { visitor: VisitorDocument | { _id: string; username: string; token?: string } };

/** Where a conversation is transferred to; the department wins. */
export interface TransferTarget {
	agent?: UserDocument;
	department?: DepartmentDocument;
}

/** What livechat rooms are made with. */
export interface Omnichannel {
	store: Store;
	settings: ServerSettings;
	events: AppEvents;
	converters: Converters;
	messages: Messages;
	routing: Routing;
}

/** Conversations: Rocket.Chat's livechat rooms from opening to closing, as versions 7 and 8 do it. */
export class LivechatRooms {
	private readonly on: Omnichannel;

	constructor(omnichannel: Omnichannel) {
		this.on = omnichannel;
	}

	byId(id: string): Promise<RoomDocument | undefined> {
		return this.on.store.findOne<RoomDocument>(collections.rooms, { _id: id });
	}

	/** Open rooms only, of the visitor's token (docs/reference/rocketchat.md#rooms-of-a-visitor). */
	openOf(token: string, departmentId?: string | null): Promise<RoomDocument[]> {
		return this.on.store.find<RoomDocument>(collections.rooms, {
			t: 'l',
			open: true,
			'v.token': token,
			...(departmentId && { departmentId }),
		});
	}

	/** Always a new room, in the order of docs/reference/rocketchat.md#rooms-of-a-visitor. */
	async create(request: NewRoom): Promise<RoomDocument> {
		const { store, settings, events, converters, messages, routing } = this.on;
		const { visitor, agent } = request;
		if (!settings.get('Livechat_enabled')) throw new Error('[error-omnichannel-is-disabled]');
		requireString(visitor.id, '_id');
		requireString(visitor.username, 'username');
		const stored = await store.findOne<VisitorDocument>(collections.visitors, { _id: visitor.id });
		if (stored?.blocked) throw new Error('error-contact-channel-blocked');
		const departmentId = await routing.departmentFor(visitor.department ?? undefined, agent);
		const room = newRoomDocument(request, departmentId);
		await this.letAppsPrevent(room);
		await store.insert(collections.rooms, room, generation.oneOpenRoom ? ONE_OPEN_ROOM : undefined);
		const status = this.mustVerify() ? 'verifying' : 'queued';
		await store.insert(collections.inquiries, { rid: room._id, status, department: departmentId });
		await messages.saveSystem('livechat-started', room._id, '', visitorReference(room));
		events.fire(AppInterface.IPostLivechatRoomStarted, () => converters.room(room));
		const served = this.refusal() ? undefined : (agent ?? (await routing.nextAgent(departmentId)));
		// "The AgentAssigned event can reach the app before createRoom returns".
		if (served) await this.assign(room._id, served);
		return (await this.byId(room._id)) ?? room;
	}

	/**
	 * Contacts made from visitors start unverified, and nobody verifies them here
	 * (docs/reference/rocketchat.md#contact-verification).
	 */
	private mustVerify(): boolean {
		const required = this.on.settings.get('Livechat_Require_Contact_Verification') ?? 'never';
		return required !== 'never';
	}

	/**
	 * Why no agent gets a room of a contact that starts unknown and unverified
	 * (docs/reference/rocketchat.md#contact-verification).
	 */
	private refusal(): string | undefined {
		const { settings } = this.on;
		if (settings.get('Livechat_Block_Unknown_Contacts')) return 'error-unknown-contact';
		if (settings.get('Livechat_Block_Unverified_Contacts')) return 'error-unverified-contact';
		return this.mustVerify() ? 'Inquiry not found [error-not-allowed]' : undefined;
	}

	/** Apps may object to a new room; they are waited for (docs/reference/rocketchat.md#events). */
	private async letAppsPrevent(room: RoomDocument): Promise<void> {
		const { events, converters } = this.on;
		try {
			await events.ask(AppInterface.IPreLivechatRoomCreatePrevent, await converters.room(room));
		} catch (error) {
			if ((error as Error).name !== AppsEngineException.name) throw error;
			throw new Error(`${(error as Error).message} [error-app-prevented]`);
		}
	}

	/** An agent takes over a room that waits, or is given it: `command/connected`, `uj`, AgentAssigned. */
	async assign(roomId: string, agent: UserDocument): Promise<void> {
		const { store, events, converters, messages } = this.on;
		const servedBy = { ...reference(agent), ts: clock.now() };
		await store.updateOne(collections.rooms, { _id: roomId }, { $set: { servedBy }, $inc: { usersCount: 1 } });
		await store.updateOne(collections.inquiries, { rid: roomId }, { $set: { status: 'taken' } });
		await messages.saveSystem('command', roomId, 'connected', reference(agent));
		await messages.saveSystem('uj', roomId, agent.username, reference(agent));
		events.fire(AppInterface.IPostLivechatAgentAssigned, async () => ({
			room: await converters.roomById(roomId),
			agent: converters.user(agent),
		}));
	}

	/** Takes a room from the queue. */
	async take(roomId: string, agent: UserDocument): Promise<void> {
		const inquiry = await this.on.store.findOne<InquiryDocument>(collections.inquiries, { rid: roomId });
		if (!inquiry || inquiry.status === 'taken') throw new Error('Inquiry already taken [error-not-allowed]');
		const refusal = this.refusal();
		if (refusal) throw new Error(refusal);
		await this.assign(roomId, agent);
	}

	/**
	 * False for a closed room or without a target (docs/reference/rocketchat.md#custom-fields-departments-transfers).
	 */
	async transfer(roomId: string, target: TransferTarget, by: UserDocument): Promise<boolean> {
		const { store, events, converters, messages } = this.on;
		const room = await this.byId(roomId);
		const agent = await this.agentFor(target);
		if (!room?.open || (!target.department && !agent)) return false;
		if (room.onHold) throw new Error('error-room-onHold');
		if (!target.department && agent) refuseAgent(agent, room);
		const transferData = {
			transferredBy: reference(by),
			scope: target.department ? 'department' : 'agent',
			...(target.department && { nextDepartment: { _id: target.department._id, name: target.department.name } }),
			...(room.departmentId && { previousDepartment: room.departmentId }),
			...(agent && { transferredTo: reference(agent) }),
		};
		await messages.saveSystem('livechat_transfer_history', roomId, '', reference(by), { transferData });
		const previous =
			room.servedBy && (await store.findOne<UserDocument>(collections.users, { _id: room.servedBy._id }));
		if (previous) await this.unassign(room, previous);
		if (target.department) {
			await store.updateOne(collections.rooms, { _id: roomId }, { $set: { departmentId: target.department._id } });
		}
		if (agent) await this.assign(roomId, agent);
		events.fire(AppInterface.IPostLivechatRoomTransferred, async () => ({
			type: transferData.scope,
			room: await converters.roomById(roomId),
			from: target.department ? room.departmentId : previous && converters.user(previous),
			to: target.department ? converters.department(target.department) : agent && converters.user(agent),
		}));
		return true;
	}

	/** Sends a room back to the queue: unassigned only, `servedBy` removed. */
	async returnToQueue(roomId: string): Promise<void> {
		const room = await this.byId(roomId);
		const agent =
			room?.servedBy && (await this.on.store.findOne<UserDocument>(collections.users, { _id: room.servedBy._id }));
		if (!room || !agent) throw new Error(`room ${roomId} is not served by anybody`);
		await this.unassign(room, agent);
		await this.on.store.updateOne(collections.inquiries, { rid: roomId }, { $set: { status: 'queued' } });
	}

	private async unassign(room: RoomDocument, agent: UserDocument): Promise<void> {
		const { store, events, converters, messages } = this.on;
		await store.updateOne(collections.rooms, { _id: room._id }, { $unset: { servedBy: 1 }, $inc: { usersCount: -1 } });
		await messages.saveSystem('ul', room._id, agent.username, reference(agent));
		// The room may be as it was before (docs/reference/rocketchat.md#events).
		events.fire(AppInterface.IPostLivechatAgentUnassigned, async () => ({
			room: await converters.room(room),
			agent: converters.user(agent),
		}));
	}

	private async agentFor({ agent, department }: TransferTarget): Promise<UserDocument | undefined> {
		return department ? this.on.routing.nextAgent(department._id) : agent;
	}

	/**
	 * docs/reference/rocketchat.md#closing-a-room, as in 7.x and 8.x. What is passed in decides whether the room counts
	 * as open: a stale object passes the first check and fails at the inquiry.
	 */
	async close(
		room: Pick<RoomDocument, '_id' | 'open' | 'departmentId'>,
		closer: Closer,
		comment: string,
	): Promise<void> {
		const { store, settings, messages } = this.on;
		if (!room.open) throw new Error('error-room-closed');
		if (generation.closingRules) {
			if (settings.get('Livechat_request_comment_when_closing_conversation') && !comment.trim()) {
				throw new Error('error-comment-is-required');
			}
			await this.requireTags(room.departmentId);
		}
		if ((await store.remove(collections.inquiries, { rid: room._id })) === 0) throw new Error('Error removing inquiry');
		const closed = await this.markClosed(room._id, closer);
		const byVisitor = 'visitor' in closer;
		const author = byVisitor ? visitorReference(closed) : reference(closer.user);
		const token = byVisitor ? { token: closed.v?.token } : {};
		await messages.saveSystem('livechat-close', room._id, comment, author, { ...token, transcriptRequested: false });
		await messages.saveSystem('command', room._id, 'promptTranscript', author);
		this.announceClosed(room._id);
	}

	private async markClosed(roomId: string, closer: Closer): Promise<RoomDocument> {
		const now = clock.now();
		const by =
			'visitor' in closer ? { _id: closer.visitor._id, username: closer.visitor.username } : reference(closer.user);
		const closed = await this.on.store.findOneAndUpdate<RoomDocument>(
			collections.rooms,
			{ _id: roomId, open: true },
			{
				$set: {
					closedAt: now,
					closedBy: by,
					closer: 'visitor' in closer ? 'visitor' : 'user',
					'v.status': 'offline',
					'metrics.chatDuration': 0,
					'metrics.serviceTimeDuration': 0,
					_updatedAt: now,
				},
				$unset: { open: 1 },
			},
		);
		if (!closed) throw new Error('Error closing room');
		return closed;
	}

	/** "when the department requires tags and has no default closing tags (apps cannot pass tags)" */
	private async requireTags(departmentId?: string): Promise<void> {
		if (!departmentId) return;
		const department = await this.on.store.findOne<DepartmentDocument>(collections.departments, { _id: departmentId });
		if (department?.requestTagBeforeClosingChat && !department.chatClosingTags?.length) {
			throw new Error('error-tags-must-be-assigned-before-closing-chat');
		}
	}

	/** "on process.nextTick … not awaited: the call may return before or after the handler runs", both events. */
	private announceClosed(roomId: string): void {
		const { events, converters } = this.on;
		process.nextTick(() => {
			events.fire(AppInterface.ILivechatRoomClosedHandler, () => converters.roomById(roomId));
			events.fire(AppInterface.IPostLivechatRoomClosed, () => converters.roomById(roomId));
		});
	}

	/**
	 * docs/reference/rocketchat.md#messages-of-a-visitor. A room that is not open is no error: a new one is made and
	 * the message lands there.
	 */
	async visitorWrites(message: VisitorMessage): Promise<MessageDocument | undefined> {
		const { settings, messages } = this.on;
		if (!message.token) throw new Error('Invalid token for livechat message');
		const room = await this.byId(message.rid);
		if (!room) throw new Error('Invalid room provided on the message.');
		if (!settings.get('Livechat_enabled')) throw new Error('[error-omnichannel-is-disabled]');
		const { visitor, newRoomSource, ...content } = message;
		const target = room.open ? room : await this.create({ visitor, source: newRoomSource });
		if (target.v?.token !== message.token) throw new Error('Cannot access room [cannot-access-room]');
		await this.refuseBlocked(target);
		const author = { _id: String(visitor.id), username: String(visitor.username), name: visitor.name };
		return messages.send({ ...content, rid: target._id, u: author, ...(visitor.name && { alias: visitor.name }) });
	}

	/** A manager makes the conversation another visitor's. */
	async changeVisitor(roomId: string, visitor: VisitorDocument): Promise<void> {
		const { _id, username, token = '', status } = visitor;
		const v = { _id, username, token, ...(status && { status }) };
		await this.on.store.updateOne(collections.rooms, { _id: roomId }, { $set: { v, _updatedAt: clock.now() } });
	}

	private async refuseBlocked(room: RoomDocument): Promise<void> {
		const visitor = await this.on.store.findOne<VisitorDocument>(collections.visitors, { _id: room.v?._id });
		if (visitor?.blocked) throw new Error('error-contact-channel-blocked');
	}
}

/** A visitor's message before it is saved. */
export interface VisitorMessage
	extends Pick<NewMessage, 'rid' | 'msg' | 'attachments' | 'file' | 'files' | 'groupable' | 'customFields'> {
	token: string;
	/** The visitor as the caller has it; a new room, should one be needed, is made for it. */
	visitor: Partial<IVisitor>;
	newRoomSource: RoomSource;
}

function newRoomDocument({ visitor, source, customFields }: NewRoom, departmentId: string | undefined): RoomDocument {
	const now = clock.now();
	return {
		_id: newId(),
		t: 'l',
		fname: visitor.name || visitor.username,
		msgs: 0,
		usersCount: 1,
		lm: now,
		ts: now,
		_updatedAt: now,
		...(departmentId && { departmentId }),
		v: {
			_id: String(visitor.id),
			username: String(visitor.username),
			token: String(visitor.token),
			status: visitor.status ?? 'online',
		},
		cl: false,
		open: true,
		waitingResponse: true,
		source,
		queuedAt: now,
		...(generation.oneOpenRoom && { _enforceSingleRoom: true }),
		...(customFields && { customFields }),
	};
}

function visitorReference({ v }: RoomDocument): { _id: string; username: string } {
	return { _id: v?._id ?? '', username: v?.username ?? '' };
}

function refuseAgent(agent: UserDocument, room: RoomDocument): void {
	if (!agent.roles.includes('livechat-agent')) throw new Error('Invalid target agent, cannot transfer');
	if (!isOnline(agent)) throw new Error('error-user-is-offline');
	if (agent._id === room.servedBy?._id) throw new Error('error-selected-agent-room-agent-are-same');
}

function requireString(value: unknown, field: string): void {
	if (typeof value !== 'string')
		throw new Error(`Match error: Expected string, got ${value === null ? 'null' : typeof value} in field ${field}`);
}
