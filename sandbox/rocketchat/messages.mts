import type { IMessage } from '@rocket.chat/apps-engine/definition/messages/index.js';
import { clock } from './clock.mts';
import type { Converters } from './converters.mts';
import {
	type AttachmentDocument,
	collections,
	type MessageDocument,
	type RoomDocument,
	type UserDocument,
	type UserReference,
} from './documents.mts';
import { type AppEvents, AppInterface } from './events.mts';
import { generation } from './generation.mts';
import type { ServerSettings } from './settings.mts';
import { newId, type Store } from './store.mts';

/** What a message is made of before it is saved. */
export type NewMessage = Omit<MessageDocument, '_id' | 'ts' | '_updatedAt'> & { _id?: string };

/** Saves messages and tells the apps: Rocket.Chat's sendMessage and saveSystemMessage. */
export class Messages {
	private readonly store: Store;
	private readonly events: AppEvents;
	private readonly converters: Converters;
	private readonly settings: ServerSettings;
	/** Whether an app other than that under test prevents a message; none does by default. */
	isPrevented: (message: Pick<MessageDocument, 'msg' | 'token'>) => boolean = () => false;
	/** Whether the licence's monthly contacts are used up. */
	monthlyContactsUsedUp = false;

	constructor(store: Store, events: AppEvents, converters: Converters, settings: ServerSettings) {
		this.store = store;
		this.events = events;
		this.converters = converters;
		this.settings = settings;
	}

	/**
	 * Every message is told, the visitor's and the app's own too (docs/reference/rocketchat.md#events). It is
	 * stored before any Post event begins. Undefined when an app vetoed it.
	 */
	async send(message: NewMessage): Promise<MessageDocument | undefined> {
		for (const attachment of message.attachments ?? []) refuseAddresses(attachment);
		const draft = await this.askApps({ urls: [], mentions: [], channels: [], md: [], ...withTimes(message) });
		if (!draft) return undefined;
		draft.msg = this.filtered(draft.msg);
		await this.refuseCalls(draft);
		await this.refuseBeyondLicence(draft);
		await this.save(draft);
		this.announce(draft);
		return draft;
	}

	/**
	 * `livechat-started`, `command`, `uj`, `livechat-close` … pass no Pre event (docs/reference/rocketchat.md#events).
	 */
	async saveSystem(
		t: string,
		rid: string,
		msg: string,
		u: UserReference,
		extra: Partial<MessageDocument> = {},
	): Promise<MessageDocument> {
		const message = withTimes({ t, rid, msg, u, groupable: false, ...extra });
		await this.save(message);
		this.announce(message);
		return message;
	}

	/** A changed message: editor and time are set, IPostMessageUpdated follows. */
	async edit(id: string, changes: Partial<MessageDocument>, editor: UserReference): Promise<void> {
		const now = clock.now();
		const edited = await this.store.findOneAndUpdate<MessageDocument>(
			collections.messages,
			{ _id: id },
			{ $set: { ...changes, editedAt: now, editedBy: editor, _updatedAt: now } },
		);
		if (!edited) throw new Error('Invalid message [error-invalid-message]');
		this.events.fire(AppInterface.IPostMessageUpdated, () => this.converters.message(edited));
	}

	/**
	 * A message that is gone, its files too; IPostMessageDeleted follows. With Message_ShowDeletedStatus a trace of it
	 * stays, whose type is `rm`.
	 */
	async delete(id: string, by: UserReference): Promise<void> {
		const message = await this.store.findOne<MessageDocument>(collections.messages, { _id: id });
		if (!message) throw new Error('Invalid message [error-invalid-message]');
		for (const { _id } of message.files ?? []) await this.store.remove(collections.uploads, { _id, rid: message.rid });
		if (this.settings.get('Message_ShowDeletedStatus')) await this.leaveTrace(id, by);
		else await this.store.remove(collections.messages, { _id: id });
		this.events.fire(AppInterface.IPostMessageDeleted, async () => {
			const [converted, user] = await Promise.all([this.converters.message(message), this.converters.userById(by._id)]);
			return { message: converted, user };
		});
	}

	private async leaveTrace(id: string, by: UserReference): Promise<void> {
		const now = clock.now();
		await this.store.updateOne(
			collections.messages,
			{ _id: id },
			{
				$set: {
					t: 'rm',
					msg: '',
					urls: [],
					mentions: [],
					attachments: [],
					editedAt: now,
					editedBy: by,
					_updatedAt: now,
				},
				$unset: { file: 1, files: 1, md: 1, blocks: 1, location: 1 },
			},
		);
	}

	/**
	 * Filters have been applied (docs/reference/rocketchat.md#messages-of-a-visitor): each letter of a listed word
	 * becomes a star.
	 */
	private filtered(text: string): string {
		if (!this.settings.get('Message_AllowBadWordsFilter')) return text;
		const words = String(this.settings.get('Message_BadWordsFilterList') ?? '').split(',');
		return words
			.map((word) => word.trim())
			.filter(Boolean)
			.reduce((clean, word) => clean.replace(wholeWord(word), (found) => '*'.repeat(found.length)), text);
	}

	/** `error-mac-limit-reached`: any message but a visitor's (docs/reference/rocketchat.md#error-texts). */
	private async refuseBeyondLicence({ rid, token }: MessageDocument): Promise<void> {
		if (!this.monthlyContactsUsedUp || !generation.monthlyContacts || token) return;
		const room = await this.store.findOne<RoomDocument>(collections.rooms, { _id: rid });
		if (room?.t === 'l') throw new Error('error-mac-limit-reached');
	}

	/**
	 * IPreMessageSent* are awaited and block the sender; prevent, then extend, then modify
	 * (docs/reference/rocketchat.md#events).
	 */
	private async askApps(message: MessageDocument): Promise<MessageDocument | undefined> {
		if (this.isPrevented(message)) return undefined;
		if (this.events.hasListeners(AppInterface.IPreMessageSentPrevent)) {
			const prevented = await this.events.ask(
				AppInterface.IPreMessageSentPrevent,
				await this.converters.message(message),
			);
			if (prevented) return undefined;
		}
		let draft = message;
		for (const event of [AppInterface.IPreMessageSentExtend, AppInterface.IPreMessageSentModify]) {
			if (!this.events.hasListeners(event)) continue;
			const changed = (await this.events.ask(event, await this.converters.message(draft))) as IMessage | undefined;
			draft = { ...draft, ...(changed?.text !== undefined && { msg: changed.text }) };
		}
		return draft;
	}

	/**
	 * RocketChat/Rocket.Chat, filterATAllTag and filterATHereTag: by default users, admins, owners and moderators may call
	 * everybody; visitors and apps may not.
	 */
	private async refuseCalls({ msg, u }: MessageDocument): Promise<void> {
		const [, call] = msg.match(/(?:^|\s|>)@(all|here)(?![\w.-])/) ?? [];
		if (!call) return;
		const user = await this.store.findOne<UserDocument>(collections.users, { _id: u._id });
		if (!user?.roles.some((role) => ['admin', 'user'].includes(role))) {
			throw new Error(`Notify ${call} in this room not allowed [error-action-not-allowed]`);
		}
	}

	private async save(message: MessageDocument): Promise<void> {
		await this.store.insert(collections.messages, message);
		await this.store.updateOne(
			collections.rooms,
			{ _id: message.rid },
			{ $inc: { msgs: 1 }, $set: { lm: message.ts, _updatedAt: message.ts } },
		);
		if (!message.t) await this.noteResponse(message);
	}

	/** An agent's first answer ends the waiting of a livechat room; a visitor's message begins it anew. */
	private async noteResponse(message: MessageDocument): Promise<void> {
		const room = await this.store.findOne<RoomDocument>(collections.rooms, { _id: message.rid });
		if (room?.t !== 'l') return;
		if (message.token) {
			await this.store.updateOne(collections.rooms, { _id: room._id }, { $set: { waitingResponse: true } });
			return;
		}
		const responseBy = { ...message.u, firstResponseTs: message.ts };
		await this.store.updateOne(
			collections.rooms,
			{ _id: room._id },
			{ $set: room.responseBy ? {} : { responseBy }, $unset: { waitingResponse: 1 } },
		);
	}

	/** Which event tells of a message (docs/reference/rocketchat.md#events). */
	private announce(message: MessageDocument): void {
		const event = eventOf(message.t);
		if (!event || !this.events.hasListeners(event)) return;
		// The payload is read when the event is delivered: the room may have changed since, or be gone.
		this.events.fire(event, async () => {
			const converted = await this.converters.message(message);
			return converted.room && converted;
		});
	}
}

/** The messages with a type that older servers send as they send others. */
const SENT = ['livechat-close', 'livechat_transfer_history'];

function eventOf(type: string | undefined): AppInterface | undefined {
	if (!type) return AppInterface.IPostMessageSent;
	if (type === 'livechat-close' && !generation.tellsCloses) return undefined;
	if (generation.systemMessagesApart) return AppInterface.IPostSystemMessageSent;
	return SENT.includes(type) ? AppInterface.IPostMessageSent : undefined;
}

/** The fields of an attachment that hold an address. */
const ADDRESSES = ['image_url', 'audio_url', 'video_url', 'thumb_url', 'title_link', 'message_link', 'author_link'];

/**
 * docs/reference/rocketchat.md#messages-of-a-visitor: every address is absolute or begins with `/file-upload/`, and a
 * scheme in capitals does not count as one.
 */
function refuseAddresses(attachment: AttachmentDocument): void {
	for (const field of ADDRESSES) {
		const address = attachment[field];
		if (address === undefined || address === null) continue;
		if (typeof address !== 'string') throw new Error(`Match error: Expected string in field attachments.${field}`);
		if (!/^(https?:\/\/|\/file-upload\/)/.test(address)) throw new Error('Invalid href value provided');
	}
}

function wholeWord(word: string): RegExp {
	return new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu');
}

function withTimes(message: NewMessage): MessageDocument {
	const now = clock.now();
	return { ...message, _id: message._id ?? newId(), ts: now, _updatedAt: now };
}
