import type { AppStatus } from '@rocket.chat/apps-engine/definition/AppStatus.js';
import type { ILogEntry } from '@rocket.chat/apps-engine/definition/accessors/index.js';
import type { IAppInfo } from '@rocket.chat/apps-engine/definition/metadata/index.js';
import type { ISetting } from '@rocket.chat/apps-engine/definition/settings/index.js';
import type { ILoggerStorageEntry } from '@rocket.chat/apps-engine/server/logging/index.js';
import { AppConsole } from '@rocket.chat/apps-engine/server/logging/index.js';
import type { IMarketplaceInfo } from '@rocket.chat/apps-engine/server/marketplace/index.js';
import { AppSourceStorage } from '@rocket.chat/apps-engine/server/storage/AppSourceStorage.js';
import {
	AppLogStorage,
	AppMetadataStorage,
	type IAppStorageItem,
} from '@rocket.chat/apps-engine/server/storage/index.js';
import type { Feed } from '../../feed.mts';
import { clock } from '../clock.mts';
import { collections } from '../documents.mts';
import type { News } from '../news.mts';
import type { Document } from '../query.mts';
import type { Store } from '../store.mts';
import { plain } from './inProcess/plain.mts';

/** The installed apps. */
export class MetadataStorage extends AppMetadataStorage {
	private readonly store: Store;

	constructor(store: Store) {
		super('sandbox');
		this.store = store;
	}

	override async create(item: IAppStorageItem): Promise<IAppStorageItem> {
		const now = clock.now();
		const stored = { ...item, createdAt: now, updatedAt: now };
		const _id = await this.store.insert(collections.apps, stored);
		return { ...stored, _id };
	}

	override async retrieveOne(id: string): Promise<IAppStorageItem | null> {
		return (await this.store.findOne<IAppStorageItem>(collections.apps, { id })) ?? null;
	}

	override async retrieveAll(): Promise<Map<string, IAppStorageItem>> {
		const items = await this.store.find<IAppStorageItem>(collections.apps);
		return new Map(items.map((item) => [item.id, item]));
	}

	override retrieveAllPrivate(): Promise<Map<string, IAppStorageItem>> {
		return this.retrieveAll();
	}

	override async remove(id: string): Promise<{ success: boolean }> {
		await this.store.remove(collections.apps, { id });
		return { success: true };
	}

	override async updatePartialAndReturnDocument(
		item: Partial<IAppStorageItem>,
		{ unsetPermissionsGranted = false } = {},
	): Promise<IAppStorageItem> {
		const { _id, ...fields } = item;
		const updated = await this.store.findOneAndUpdate<IAppStorageItem>(
			collections.apps,
			{ _id },
			{ $set: { ...fields, updatedAt: clock.now() }, $unset: unsetPermissionsGranted ? { permissionsGranted: 1 } : {} },
		);
		if (!updated) throw new Error(`no app is stored under ${_id}`);
		return updated;
	}

	override updateStatus(_id: string, status: AppStatus): Promise<boolean> {
		return this.set(_id, { status });
	}

	override updateSetting(_id: string, setting: ISetting): Promise<boolean> {
		return this.set(_id, { [`settings.${setting.id}`]: setting });
	}

	override updateAppInfo(_id: string, info: IAppInfo): Promise<boolean> {
		return this.set(_id, { info });
	}

	override updateMarketplaceInfo(_id: string, marketplaceInfo: IMarketplaceInfo[]): Promise<boolean> {
		return this.set(_id, { marketplaceInfo });
	}

	/** How engines up to 1.42 store every change; in the last steps of an installation without the `_id`. */
	async update({ _id, ...fields }: IAppStorageItem): Promise<IAppStorageItem | null> {
		const target = _id ? { _id } : { id: fields.id };
		await this.store.updateOne(collections.apps, target, {
			$set: { ...(plain(fields) as Document), updatedAt: clock.now() },
		});
		return this.retrieveOne(fields.id);
	}

	private async set(_id: string, fields: Document): Promise<boolean> {
		return (await this.store.updateOne(collections.apps, { _id }, { $set: fields })).modified > 0;
	}
}

/** The apps' packages. */
export class SourceStorage extends AppSourceStorage {
	private readonly database: Store;

	constructor(database: Store) {
		super();
		this.database = database;
	}

	override async store(item: IAppStorageItem, zip: Buffer): Promise<string> {
		await this.database.insert(collections.appSources, { _id: item.id, zip: new Uint8Array(zip) });
		return item.id;
	}

	override async fetch(item: IAppStorageItem): Promise<Buffer> {
		const found = await this.database.findOne<{ zip: Uint8Array }>(collections.appSources, { _id: item.id });
		if (!found) throw new Error(`the package of app ${item.id} is not stored`);
		return Buffer.from(found.zip);
	}

	override async update(item: IAppStorageItem, zip: Buffer): Promise<string> {
		await this.database.updateOne(collections.appSources, { _id: item.id }, { $set: { zip: new Uint8Array(zip) } });
		return item.id;
	}

	override async remove(item: IAppStorageItem): Promise<void> {
		await this.database.remove(collections.appSources, { _id: item.id });
	}
}

/** How many log entries are kept. */
const LOGS_MAX = 5000;

/** The apps' logs, in memory: docs/reference/rocketchat.md#app-http-apis says what each request adds to them. */
export class LogStorage extends AppLogStorage {
	private entries: ILoggerStorageEntry[] = [];
	private readonly news: Feed<News>;

	constructor(news: Feed<News>) {
		super('sandbox');
		this.news = news;
	}

	/** Engines up to 1.42 give the app's id and a logger in place of the entry. */
	override async storeEntries(given: ILoggerStorageEntry | string, logger?: AppConsole): Promise<ILoggerStorageEntry> {
		const entry = typeof given === 'string' ? AppConsole.toStorageEntry(given, logger as AppConsole) : given;
		this.entries.push(entry);
		for (const { severity, args } of entry.entries) {
			this.news.tell({ kind: 'logged', method: entry.method, severity, text: words(args) });
		}
		if (this.entries.length > LOGS_MAX) this.entries.shift();
		return entry;
	}

	/** For engines up to 1.42. */
	async find({ appId }: Document): Promise<ILoggerStorageEntry[]> {
		return this.of(appId);
	}

	override async getEntriesFor(appId: string): Promise<ILoggerStorageEntry[]> {
		return this.of(appId);
	}

	override async removeEntriesFor(appId: string): Promise<void> {
		this.entries = this.entries.filter((entry) => entry.appId !== appId);
	}

	override async findPaginated(
		query: Document,
		{ skip = 0, limit = LOGS_MAX }: { skip?: number; limit?: number } = {},
	): Promise<{ logs: ILoggerStorageEntry[]; total: number }> {
		const found = this.of(query.appId).reverse();
		return { logs: found.slice(skip, skip + limit), total: found.length };
	}

	/** An app's log, a line an entry, oldest first. */
	linesOf(appId: string): string[] {
		const line = (method: string, { severity, args }: ILogEntry) => `${method} ${severity}: ${words(args)}`;
		return this.of(appId).flatMap(({ method, entries }) => entries.map((entry) => line(method, entry)));
	}

	private of(appId: string): ILoggerStorageEntry[] {
		return this.entries.filter((entry) => entry.appId === appId);
	}
}

function words(args: unknown[]): string {
	return args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg))).join(' ');
}
