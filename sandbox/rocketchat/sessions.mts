import { randomBytes } from 'node:crypto';
import type { UserDocument } from './documents.mts';
import type { Users } from './users.mts';

/** Who is logged in. */
export class Sessions {
	private readonly users: Users;
	private readonly password: string;
	private readonly adminUsername: string;
	private readonly tokens = new Map<string, string>();

	/** Only the administrator can log in by REST; agents act through the sandbox's own face. */
	constructor(users: Users, admin: { username: string; password: string }) {
		this.users = users;
		this.adminUsername = admin.username;
		this.password = admin.password;
	}

	/** A user id and a token for the right name and password. */
	async logIn(username: unknown, password: unknown): Promise<{ user: UserDocument; authToken: string } | undefined> {
		if (username !== this.adminUsername || password !== this.password) return undefined;
		const user = await this.users.require(this.adminUsername);
		const authToken = randomBytes(32).toString('hex');
		this.tokens.set(authToken, user._id);
		return { user, authToken };
	}

	/** The user that the two headers prove. */
	async user(userId: string | undefined, authToken: string | undefined): Promise<UserDocument | undefined> {
		if (!userId || !authToken || this.tokens.get(authToken) !== userId) return undefined;
		return this.users.byId(userId);
	}
}
