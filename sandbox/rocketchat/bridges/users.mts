import type { IUser } from '@rocket.chat/apps-engine/definition/users/index.js';
import type { UserType } from '@rocket.chat/apps-engine/definition/users/UserType.js';
import { UserBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import { collections, type RoomDocument, type UserDocument } from '../documents.mts';
import type { Server } from '../server.mts';

/** People and app users. */
export class SandboxUserBridge extends UserBridge {
	private readonly server: Server;

	constructor(server: Server) {
		super();
		this.server = server;
	}

	protected override async getById(id: string): Promise<IUser> {
		return this.converted(await this.server.users.byId(id));
	}

	protected override async getByUsername(username: string): Promise<IUser> {
		return this.converted(await this.server.users.byUsername(username));
	}

	/** No permission is needed for it (docs/reference/rocketchat.md#accessors-for-apps). */
	protected override async getAppUser(appId?: string): Promise<IUser | undefined> {
		return appId ? this.converted(await this.server.users.ofApp(appId)) : undefined;
	}

	private converted(user: UserDocument | undefined): IUser {
		return (user && this.server.converters.user(user)) as IUser;
	}

	protected override async getActiveUserCount(): Promise<number> {
		return (await this.server.store.find(collections.users, { active: true })).length;
	}

	protected override async getUserUnreadMessageCount(): Promise<number> {
		throw new Error('user.getUserUnreadMessageCount is not offered by the sandbox');
	}

	protected override async getUserRoomIds(userId: string): Promise<string[]> {
		const rooms = await this.server.store.find<RoomDocument>(collections.rooms, { 'servedBy._id': userId, open: true });
		return rooms.map(({ _id }) => _id);
	}

	/** The app's own user: `<nameSlug>.bot`, roles ['app'], type app, made on install. */
	protected override async create(data: Partial<IUser>, appId: string): Promise<string> {
		const user = await this.server.users.create({
			username: String(data.username),
			name: data.name ?? String(data.username),
			roles: data.roles ?? ['bot'],
			type: (data.type ?? 'bot') as UserDocument['type'],
			appId,
		});
		return user._id;
	}

	protected override async remove(user: IUser): Promise<boolean> {
		return (await this.server.store.remove(collections.users, { _id: user.id })) > 0;
	}

	protected override async update(user: IUser, updates: Partial<IUser>): Promise<boolean> {
		const { name, roles, status } = updates;
		const changes = { ...(name && { name }), ...(roles && { roles }), ...(status && { status }) };
		return (await this.server.store.updateOne(collections.users, { _id: user.id }, { $set: changes })).matched > 0;
	}

	protected override async deleteUsersCreatedByApp(appId: string, type: UserType.APP | UserType.BOT): Promise<boolean> {
		return (await this.server.store.remove(collections.users, { appId, type })) > 0;
	}

	protected override async deactivate(userId: string): Promise<boolean> {
		return (
			(await this.server.store.updateOne(collections.users, { _id: userId }, { $set: { active: false } })).matched > 0
		);
	}
}
