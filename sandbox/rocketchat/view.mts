import {
	collections,
	type DepartmentDocument,
	type MessageDocument,
	type RoomDocument,
	type UserDocument,
	type VisitorDocument,
} from './documents.mts';
import type { JobDocument } from './scheduler.mts';
import type { MemoryStore } from './store.mts';

/** A record of an app's persistence. */
export interface PersistenceRecord {
	_id: string;
	appId: string;
	associations?: { model: string; id: string }[];
	data: Record<string, unknown>;
}

/** What can be seen in a store from outside, at once. */
export class View {
	private readonly store: MemoryStore;

	constructor(store: MemoryStore) {
		this.store = store;
	}

	/** All livechat rooms, oldest first. */
	rooms(): RoomDocument[] {
		return this.store.peek<RoomDocument>(collections.rooms, { t: 'l' }, { sort: { ts: 1 } });
	}

	room(id: string): RoomDocument | undefined {
		return this.store.peek<RoomDocument>(collections.rooms, { _id: id })[0];
	}

	/** Messages of a room, system messages too, oldest first. */
	messages(roomId: string): MessageDocument[] {
		return this.store.peek<MessageDocument>(collections.messages, { rid: roomId }, { sort: { ts: 1 } });
	}

	visitors(): VisitorDocument[] {
		return this.store.peek<VisitorDocument>(collections.visitors, {}, { sort: { ts: 1 } });
	}

	/** Everybody who has the role of an agent. */
	users(): UserDocument[] {
		return this.store.peek<UserDocument>(collections.users);
	}

	agents(): UserDocument[] {
		return this.store.peek<UserDocument>(collections.users, { roles: 'livechat-agent' });
	}

	departments(): DepartmentDocument[] {
		return this.store.peek<DepartmentDocument>(collections.departments);
	}

	/** What the app stored. */
	persistence(): PersistenceRecord[] {
		return this.store.peek<PersistenceRecord>(collections.persistence);
	}

	jobs(): JobDocument[] {
		return this.store.peek<JobDocument>(collections.jobs);
	}

	/** The installed app's id. */
	get appId(): string {
		const [app] = this.store.peek<{ id: string }>(collections.apps);
		if (!app) throw new Error('no app is installed');
		return app.id;
	}
}
