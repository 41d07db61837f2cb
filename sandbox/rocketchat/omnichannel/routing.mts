import { collections, type DepartmentDocument, type RoomDocument, type UserDocument } from '../documents.mts';
import type { ServerSettings } from '../settings.mts';
import type { Store } from '../store.mts';

/** Who is online, and who gets a conversation. */
export class Routing {
	private readonly store: Store;
	private readonly settings: ServerSettings;

	constructor(store: Store, settings: ServerSettings) {
		this.store = store;
		this.settings = settings;
	}

	/**
	 * Whether anybody is online, or conversations are accepted without
	 * (docs/reference/rocketchat.md#rooms-of-a-visitor).
	 */
	async isOnline(departmentId?: string): Promise<boolean> {
		if (this.settings.get('Livechat_accept_chats_with_no_agents')) return true;
		return departmentId
			? (await this.onlineOrFallback(departmentId)) !== undefined
			: (await this.onlineAgents()).length > 0;
	}

	/**
	 * The department that a new conversation goes to (docs/reference/rocketchat.md#rooms-of-a-visitor): refused unless
	 * somebody is online for it, or conversations are accepted without agents.
	 */
	async departmentFor(wanted: string | undefined, agent: UserDocument | undefined): Promise<string | undefined> {
		const acceptAlways = Boolean(this.settings.get('Livechat_accept_chats_with_no_agents'));
		if (agent) {
			if (!acceptAlways && !isOnline(agent)) throw noAgentOnline();
			return wanted;
		}
		if (wanted) {
			const online = await this.onlineOrFallback(wanted);
			if (!online && !acceptAlways) throw noAgentOnline();
			// "If the wanted department is offline but has a fallback online, the room gets the fallback's id."
			return online ?? wanted;
		}
		if (!acceptAlways && (await this.onlineAgents()).length === 0) throw noAgentOnline();
		return this.defaultDepartment();
	}

	/** "No department and no default agent: the first enabled department with showOnRegistration that has an online agent." */
	private async defaultDepartment(): Promise<string | undefined> {
		const candidates = await this.store.find<DepartmentDocument>(collections.departments, {
			enabled: true,
			showOnRegistration: true,
		});
		for (const department of candidates) {
			if ((await this.onlineAgents(department._id)).length > 0) return department._id;
		}
		return undefined;
	}

	/** The department itself or the first of its chain of fallbacks that has an online agent. */
	private async onlineOrFallback(departmentId: string): Promise<string | undefined> {
		const seen = new Set<string>();
		for (let id: string | undefined = departmentId; id && !seen.has(id); ) {
			if ((await this.onlineAgents(id)).length > 0) return id;
			seen.add(id);
			const department: DepartmentDocument | undefined = await this.store.findOne(collections.departments, { _id: id });
			id = department?.fallbackForwardDepartment;
		}
		return undefined;
	}

	/** The agent with the fewest open conversations; undefined where conversations wait to be taken. */
	async nextAgent(departmentId?: string): Promise<UserDocument | undefined> {
		if (this.settings.get('Livechat_Routing_Method') !== 'Auto_Selection') return undefined;
		const agents = await this.onlineAgents(departmentId);
		const counted = await Promise.all(
			agents.map(async (agent) => {
				const open = await this.store.find<RoomDocument>(collections.rooms, { 'servedBy._id': agent._id, open: true });
				return { agent, open: open.length };
			}),
		);
		return counted.sort((a, b) => a.open - b.open || a.agent.username.localeCompare(b.agent.username))[0]?.agent;
	}

	private async onlineAgents(departmentId?: string): Promise<UserDocument[]> {
		const agents = await this.store.find<UserDocument>(collections.users, { roles: 'livechat-agent' });
		const online = agents.filter(isOnline);
		if (!departmentId) return online;
		const department = await this.store.findOne<DepartmentDocument>(collections.departments, { _id: departmentId });
		return online.filter(({ _id }) => department?.agents.includes(_id));
	}
}

/** Whether an agent takes conversations now. */
export function isOnline(agent: UserDocument): boolean {
	return agent.active && agent.status === 'online' && agent.statusLivechat === 'available';
}

function noAgentOnline(): Error {
	return new Error('Sorry, no online agents [no-agent-online]');
}
