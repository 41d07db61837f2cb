import type { RocketChatAssociationRecord } from '@rocket.chat/apps-engine/definition/metadata/index.js';
import { PersistenceBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import { collections } from '../documents.mts';
import { generation } from '../generation.mts';
import { newId, type Store } from '../store.mts';

/** A record of an app. */
interface RecordDocument {
	_id: string;
	appId: string;
	associations?: Association[];
	data: object;
}

/** As stored: exactly these keys in this order, since MongoDB compares objects so. */
interface Association {
	model: string;
	id: string;
}

const { persistence } = collections;

/** Which column of docs/reference/rocketchat.md#persistence is the generation's. */
export class SandboxPersistenceBridge extends PersistenceBridge {
	private readonly store: Store;

	constructor(store: Store) {
		super();
		this.store = store;
	}

	protected override async purge(appId: string): Promise<void> {
		await this.store.remove(persistence, { appId });
	}

	/** "create / createWithAssociation(s)": the id, or what the database says of the insertion. */
	protected override async create(data: object, appId: string): Promise<string> {
		return stored(await this.store.insert(persistence, { _id: newId(), appId, data: requireObject(data) }));
	}

	protected override async createWithAssociations(
		data: object,
		associations: RocketChatAssociationRecord[],
		appId: string,
	): Promise<string> {
		const id = await this.store.insert(persistence, {
			_id: newId(),
			appId,
			associations: associations.map(plain),
			data: requireObject(data),
		});
		return stored(id);
	}

	/** "readById is not scoped by appId"; unknown ids give undefined. */
	protected override async readById(id: string): Promise<object> {
		const record = await this.store.findOne<RecordDocument>(persistence, { _id: id });
		return record?.data as object;
	}

	/** "associations must contain all the given ones (superset matches too)"; no order, no ids. */
	protected override async readByAssociations(
		associations: RocketChatAssociationRecord[],
		appId: string,
	): Promise<object[]> {
		const records = await this.store.find<RecordDocument>(persistence, containing(associations, appId));
		return records.map(({ data }) => data);
	}

	protected override async remove(id: string, appId: string): Promise<object | undefined> {
		const record = await this.store.findOne<RecordDocument>(persistence, { _id: id, appId });
		if (!record) return undefined;
		await this.store.remove(persistence, { _id: id, appId });
		return record.data;
	}

	/** "removes all matches; returns their data" */
	protected override async removeByAssociations(
		associations: RocketChatAssociationRecord[],
		appId: string,
	): Promise<object[] | undefined> {
		const filter = containing(associations, appId);
		const records = await this.store.find<RecordDocument>(persistence, filter);
		if (records.length === 0 && generation.removedNothing === 'undefined') return undefined;
		await this.store.remove(persistence, filter);
		return records.map(({ data }) => data);
	}

	/** "throws `Not implemented.` in every version" */
	protected override async update(): Promise<string> {
		throw new Error('Not implemented.');
	}

	/**
	 * "Update matches the association array exactly: same records, same order"; only the first match; "`$set:{data}`
	 * replaces the whole data object". "Concurrent upserts of one key may create two records": the look and the insert
	 * are two calls to the store.
	 */
	protected override async updateByAssociations(
		associations: RocketChatAssociationRecord[],
		data: object,
		upsert: boolean,
		appId: string,
	): Promise<string> {
		const exactly = { appId, associations: associations.map(plain) };
		const { matched } = await this.store.updateOne(persistence, exactly, { $set: { data: requireObject(data) } });
		if (matched > 0 || !(upsert || generation.updateInserts)) return '';
		return this.store.insert(persistence, { _id: newId(), ...exactly, data });
	}
}

function stored(id: string): string {
	return generation.stored === 'id' ? id : ({ acknowledged: true, insertedId: id } as unknown as string);
}

function containing(associations: RocketChatAssociationRecord[], appId: string): Record<string, unknown> {
	return { appId, associations: { $all: associations.map(plain) } };
}

/** Class instances come over the pipe as plain objects with private field names of any order. */
function plain(record: RocketChatAssociationRecord): Association {
	const { model, id } = record as unknown as Association;
	return { model, id };
}

function requireObject(data: unknown): object {
	// "null passes"
	if (typeof data !== 'object') throw new Error('Attempted to store an invalid data type, it must be an object.');
	return data as object;
}
