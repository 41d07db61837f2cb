import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Feed } from '../feed.mts';
import { Collection } from './collection.mts';
import { copied } from './documentCopy.mts';
import { type Changes, change, type Document, type Filter, matches, sorted } from './query.mts';
import { decode, encode } from './storedJson.mts';

/** Options of a find. */
export interface FindOptions {
	/** Field (dotted path) to direction. */
	sort?: Record<string, 1 | -1>;
	skip?: number;
	limit?: number;
}

/** A partial unique index of MongoDB. */
export interface UniqueIndex {
	/** A dotted path. */
	field: string;
	/** Which documents it covers. */
	where: Filter;
}

/** What an update did, as MongoDB tells it. */
export interface UpdateResult {
	matched: number;
	/** Documents that really differ afterwards. */
	modified: number;
	upsertedId?: string;
}

/**
 * What MongoDB holds, one asynchronous call an operation: each is atomic on its own, nothing spans two. Arguments and
 * results are plain data, so that a store may stand behind a socket.
 */
export interface Store {
	/** With an index, refuses a document that has the same value there as one that the index covers. */
	insert(collection: string, document: Document, unique?: UniqueIndex): Promise<string>;
	find<T = Document>(collection: string, filter?: Filter, options?: FindOptions): Promise<T[]>;
	findOne<T = Document>(collection: string, filter: Filter, options?: FindOptions): Promise<T | undefined>;
	updateOne(
		collection: string,
		filter: Filter,
		changes: Changes,
		options?: { upsert?: boolean },
	): Promise<UpdateResult>;
	updateMany(collection: string, filter: Filter, changes: Changes): Promise<UpdateResult>;
	/** The document as it is afterwards, or undefined when none matched. */
	findOneAndUpdate<T = Document>(
		collection: string,
		filter: Filter,
		changes: Changes,
		options?: FindOptions,
	): Promise<T | undefined>;
	/** How many documents went. */
	remove(collection: string, filter: Filter): Promise<number>;
}

/** A document as it is now; none where it was removed. Not to be changed by those who hear of it. */
export interface Change {
	collection: string;
	id: string;
	document?: Document;
}

/** How long the store takes before and after it acts; two of them let calls of several operations interleave. */
export type Latency = () => Promise<void>;

/** A {@link Store} in memory and, with a file, in a journal that survives the process: one line a changed document. */
export class MemoryStore implements Store {
	/** Every document that is written or removed. */
	readonly changes = new Feed<Change>();
	private readonly collections = new Map<string, Collection>();
	private readonly file?: string;
	private readonly latency: Latency;

	constructor(file: string | undefined, latency: Latency) {
		this.file = file;
		this.latency = latency;
		if (file && existsSync(file)) this.replay(file);
	}

	/** A look without latency, for what stands outside Rocket.Chat: tests and the sandbox's own face. */
	peek<T = Document>(collection: string, filter: Filter = {}, options: FindOptions = {}): T[] {
		const found = this.documents(collection)
			.candidates(filter)
			.filter((document) => matches(document, filter));
		const page = sorted(found, options.sort).slice(options.skip ?? 0);
		return copied(page.slice(0, options.limit ?? page.length)) as T[];
	}

	insert(collection: string, document: Document, unique?: UniqueIndex): Promise<string> {
		return this.perform(() => {
			if (unique) this.refuseTwin(collection, document, unique);
			const stored = structuredClone(document);
			stored._id ??= newId();
			if (this.documents(collection).has(stored._id))
				throw new Error(`E11000 duplicate key error: ${collection} ${stored._id}`);
			this.write(collection, stored);
			return stored._id;
		});
	}

	find<T = Document>(collection: string, filter: Filter = {}, options: FindOptions = {}): Promise<T[]> {
		return this.perform(() => this.peek<T>(collection, filter, options));
	}

	findOne<T = Document>(collection: string, filter: Filter, options: FindOptions = {}): Promise<T | undefined> {
		return this.perform(() => this.peek<T>(collection, filter, { ...options, limit: 1 })[0]);
	}

	updateOne(
		collection: string,
		filter: Filter,
		changes: Changes,
		options: { upsert?: boolean } = {},
	): Promise<UpdateResult> {
		return this.perform(() => {
			const [found] = this.peek(collection, filter, { limit: 1 });
			if (found) return { matched: 1, modified: this.apply(collection, found, changes) };
			if (!options.upsert) return { matched: 0, modified: 0 };
			const fresh: Document = { _id: newId() };
			change(fresh, changes);
			this.write(collection, fresh);
			return { matched: 0, modified: 0, upsertedId: fresh._id };
		});
	}

	updateMany(collection: string, filter: Filter, changes: Changes): Promise<UpdateResult> {
		return this.perform(() => {
			const found = this.peek(collection, filter);
			const modified = found.reduce((sum, document) => sum + this.apply(collection, document, changes), 0);
			return { matched: found.length, modified };
		});
	}

	findOneAndUpdate<T = Document>(
		collection: string,
		filter: Filter,
		changes: Changes,
		options: FindOptions = {},
	): Promise<T | undefined> {
		return this.perform(() => {
			const [found] = this.peek(collection, filter, { ...options, limit: 1 });
			if (!found) return undefined;
			this.apply(collection, found, changes);
			return found as T;
		});
	}

	remove(collection: string, filter: Filter): Promise<number> {
		return this.perform(() => {
			const doomed = this.peek(collection, filter);
			for (const { _id } of doomed) {
				this.documents(collection).delete(_id);
				this.journal(collection, _id, null);
				this.changes.tell({ collection, id: _id });
			}
			return doomed.length;
		});
	}

	/** In MongoDB's words, which name the value. */
	private refuseTwin(collection: string, document: Document, { field, where }: UniqueIndex): void {
		const value = field.split('.').reduce<Document | undefined>((at, name) => at?.[name], document);
		if (this.peek(collection, { ...where, [field]: value }, { limit: 1 }).length === 0) return;
		throw new Error(
			`E11000 duplicate key error collection: rocketchat.${collection} index: ${field}_1 dup key: { ${field}: ${JSON.stringify(value)} }`,
		);
	}

	private async perform<T>(operation: () => T): Promise<T> {
		await this.latency();
		const result = operation();
		await this.latency();
		return result;
	}

	/** Changes the copy in place, stores it and says whether it differs from what was there. */
	private apply(collection: string, copy: Document, changes: Changes): number {
		const before = encode(copy);
		change(copy, changes);
		if (encode(copy) === before) return 0;
		this.write(collection, copied(copy));
		return 1;
	}

	private write(collection: string, document: Document): void {
		this.documents(collection).set(document);
		this.journal(collection, document._id, document);
		this.changes.tell({ collection, id: document._id, document });
	}

	private documents(collection: string): Collection {
		let documents = this.collections.get(collection);
		if (!documents) {
			documents = new Collection(collection);
			this.collections.set(collection, documents);
		}
		return documents;
	}

	private journal(collection: string, id: string, document: Document | null): void {
		if (this.file) appendFileSync(this.file, `${encode([collection, id, document])}\n`);
	}

	/** Reads the journal and writes it anew with one line a living document. */
	private replay(file: string): void {
		// The last line is cut short where the process died while writing it: it was not acknowledged either.
		const text = readFileSync(file, 'utf8');
		// What is no journal may have no end of a line at all.
		if (text !== '' && !text.startsWith('["')) lineIn(file, text);
		for (const line of text.split('\n').slice(0, -1)) {
			const [collection, id, document] = lineIn(file, line);
			if (document) this.documents(collection).set(document);
			else this.documents(collection).delete(id);
		}
		const living = [...this.collections].flatMap(([collection, documents]) =>
			documents.all().map((document) => `${encode([collection, document._id, document])}\n`),
		);
		writeFileSync(`${file}.new`, living.join(''));
		renameSync(`${file}.new`, file);
	}
}

/** @throws Error where the line is none of a journal: somebody else's file must not be overwritten. */
function lineIn(file: string, line: string): [string, string, Document | null] {
	try {
		const [collection, id, document] = decode<[unknown, unknown, Document | null]>(line);
		if (typeof collection === 'string' && typeof id === 'string') return [collection, id, document];
	} catch {
		// Not even JSON.
	}
	throw new Error(`${file} holds something else than the data of a sandbox, and is left as it is`);
}

const ID_CHARACTERS = '23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz';

/** An id as Rocket.Chat makes them: 17 characters that are hard to confuse. */
export function newId(): string {
	return Array.from(randomBytes(17), (byte) => ID_CHARACTERS[byte % ID_CHARACTERS.length]).join('');
}
