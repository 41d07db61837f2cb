import { collections } from './documents.mts';
import { generation } from './generation.mts';
import type { Store } from './store.mts';

/** The server settings that the sandbox obeys or offers to apps, with Rocket.Chat's defaults. */
const DEFAULTS: Record<string, unknown> = {
	Site_Url: 'http://localhost:3000',
	Livechat_enabled: true,
	Livechat_accept_chats_with_no_agents: false,
	Livechat_Routing_Method: 'Auto_Selection',
	Livechat_request_comment_when_closing_conversation: true,
	Livechat_guest_count: 1,
	FileUpload_Enabled: true,
	FileUpload_MaxFileSize: 104_857_600,
	FileUpload_MediaTypeWhiteList: '',
	FileUpload_MediaTypeBlackList: 'image/svg+xml',
	FileUpload_ProtectFiles: true,
	Message_AllowEditing: true,
	Message_ShowDeletedStatus: false,
	Message_AllowBadWordsFilter: false,
	Message_BadWordsFilterList: '',
	Accounts_AvatarExternalProviderUrl: '',
	Language: 'en',
	...(generation.contactVerification && {
		Livechat_Require_Contact_Verification: 'never',
		Livechat_Block_Unknown_Contacts: false,
		Livechat_Block_Unverified_Contacts: false,
	}),
};

/** Settings that exist but that no app may read. */
const SECRET = new Set(['SMTP_Password', 'Accounts_TokenSecret', 'FileUpload_json_web_token_secret_for_files']);

/**
 * The server's settings: like Rocket.Chat's, read at once from a copy in memory, written to the store in the background.
 */
export class ServerSettings {
	private readonly values = new Map<string, unknown>();
	private readonly store: Store;
	private writes: Promise<unknown> = Promise.resolve();

	constructor(store: Store) {
		this.store = store;
		for (const [id, value] of Object.entries(DEFAULTS)) this.values.set(id, value);
	}

	/** Takes over what an earlier run stored. */
	async load(): Promise<void> {
		for (const { _id, value } of await this.store.find<{ _id: string; value: unknown }>(collections.settings)) {
			this.values.set(_id, value);
		}
	}

	get(id: string): unknown {
		return this.values.get(id);
	}

	has(id: string): boolean {
		return this.values.has(id);
	}

	set(id: string, value: unknown): void {
		this.values.set(id, value);
		const write = async () => {
			const { matched } = await this.store.updateOne(collections.settings, { _id: id }, { $set: { value } });
			if (matched === 0) await this.store.insert(collections.settings, { _id: id, value });
		};
		this.writes = this.writes.then(write);
	}

	ids(): string[] {
		return [...this.values.keys()];
	}

	/** Whether apps may read it: secret and unknown ones they may not (docs/reference/rocketchat.md#settings). */
	isReadable(id: string): boolean {
		return this.values.has(id) && !SECRET.has(id);
	}

	/** Resolves when everything set so far is stored. */
	async flushed(): Promise<void> {
		await this.writes;
	}
}
