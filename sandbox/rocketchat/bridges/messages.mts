import type { IMessage } from '@rocket.chat/apps-engine/definition/messages/index.js';
import type { IRoom } from '@rocket.chat/apps-engine/definition/rooms/index.js';
import type { IUser } from '@rocket.chat/apps-engine/definition/users/index.js';
import { MessageBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { ITypingDescriptor } from '@rocket.chat/apps-engine/server/bridges/MessageBridge.js';
import { clock } from '../clock.mts';
import { attachmentDocument } from '../converters.mts';
import { collections, type MessageDocument, type RoomDocument } from '../documents.mts';
import type { Server } from '../server.mts';

/** Messages of users (apps' own among them) and the notices that are shown but not stored. */
export class SandboxMessageBridge extends MessageBridge {
	private readonly server: Server;

	constructor(server: Server) {
		super();
		this.server = server;
	}

	protected override async create(message: IMessage, appId: string): Promise<string> {
		const room = await this.server.store.findOne<RoomDocument>(collections.rooms, { _id: message.room?.id });
		if (!room) throw new Error('Invalid room provided on the message.');
		const sender = (await this.server.users.byId(message.sender?.id)) ?? (await this.server.users.ofApp(appId));
		if (!sender) throw new Error('Invalid user provided on the message.');
		const { _id, username, name } = sender;
		const sent = await this.server.messages.send({
			rid: room._id,
			msg: message.text ?? '',
			u: { _id, username, name },
			...(message.alias && { alias: message.alias }),
			...(message.emoji && { emoji: message.emoji }),
			...(message.threadId && { tmid: message.threadId }),
			...(message.groupable !== null && message.groupable !== undefined && { groupable: message.groupable }),
			...(message.attachments && { attachments: message.attachments.map(attachmentDocument) }),
			...(message.blocks && { blocks: message.blocks }),
			...(message.customFields && { customFields: message.customFields }),
		});
		return (sent as MessageDocument)._id;
	}

	protected override async update(message: IMessage): Promise<void> {
		if (!message.editor) throw new Error('Invalid editor assigned to the message for the update.');
		const editor = await this.server.users.byId(message.editor.id);
		if (!editor) throw new Error('Invalid editor assigned to the message for the update.');
		const { _id, username } = editor;
		await this.server.messages.edit(String(message.id), { msg: message.text ?? '' }, { _id, username });
	}

	/**
	 * Shown to that user at once; neither stored nor told to apps (docs/reference/rocketchat.md#accessors-for-apps).
	 */
	protected override async notifyUser(user: IUser, message: IMessage): Promise<void> {
		const room = await this.requireRoom(message.room?.id);
		this.server.showNotice({ at: clock.now(), roomId: room._id, to: user.username, text: message.text ?? '' });
	}

	protected override async notifyRoom(room: IRoom, message: IMessage): Promise<void> {
		const { _id } = await this.requireRoom(room?.id);
		this.server.showNotice({ at: clock.now(), roomId: _id, text: message.text ?? '' });
	}

	/** "room must exist" */
	private async requireRoom(id: string | undefined): Promise<RoomDocument> {
		const room = await this.server.store.findOne<RoomDocument>(collections.rooms, { _id: id });
		if (!room) throw new Error('Invalid room provided on the message.');
		return room;
	}

	protected override async typing(_options: ITypingDescriptor): Promise<void> {
		// Shown for a moment and gone: nobody looks at it here.
	}

	protected override async getById(messageId: string): Promise<IMessage> {
		const message = await this.server.store.findOne<MessageDocument>(collections.messages, { _id: messageId });
		return (message && (await this.server.converters.message(message))) as IMessage;
	}

	protected override async delete(message: IMessage): Promise<void> {
		await this.server.store.remove(collections.messages, { _id: message.id });
	}

	protected override async addReaction(): Promise<void> {
		throw new Error('message.addReaction is not offered by the sandbox');
	}

	protected override async removeReaction(): Promise<void> {
		throw new Error('message.removeReaction is not offered by the sandbox');
	}
}
