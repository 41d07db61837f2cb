import { clock } from './clock.mts';
import { collections, type UserDocument } from './documents.mts';
import { newId, type Store } from './store.mts';

/** What decides about a new user; the rest has Rocket.Chat's defaults. */
export type NewUser = Pick<UserDocument, 'username'> & Partial<UserDocument>;

/** People, bots and app users. */
export class Users {
	private readonly store: Store;

	constructor(store: Store) {
		this.store = store;
	}

	async create(user: NewUser): Promise<UserDocument> {
		if (await this.byUsername(user.username))
			throw new Error(`Username ${user.username} is already in use [error-field-unavailable]`);
		const now = clock.now();
		const document: UserDocument = {
			_id: newId(),
			name: user.username,
			emails: [],
			type: 'user',
			active: true,
			roles: ['user'],
			status: 'online',
			utcOffset: 0,
			createdAt: now,
			lastLogin: now,
			_updatedAt: now,
			...user,
		};
		await this.store.insert(collections.users, document);
		return document;
	}

	byId(id: string): Promise<UserDocument | undefined> {
		return this.store.findOne<UserDocument>(collections.users, { _id: id });
	}

	byUsername(username: string): Promise<UserDocument | undefined> {
		return this.store.findOne<UserDocument>(collections.users, { username });
	}

	/** The user named, or an error that names it. */
	async require(username: string): Promise<UserDocument> {
		const user = await this.byUsername(username);
		if (!user) throw new Error(`there is no user "${username}"`);
		return user;
	}

	/** The app's own user, `<slug>.bot`. */
	ofApp(appId: string): Promise<UserDocument | undefined> {
		return this.store.findOne<UserDocument>(collections.users, { appId, type: 'app' });
	}
}

/** The short form that other documents hold. */
export function reference({ _id, username, name }: UserDocument): { _id: string; username: string; name?: string } {
	return { _id, username, name };
}
