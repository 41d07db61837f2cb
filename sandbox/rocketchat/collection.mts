import { collections } from './documents.mts';
import { type Document, type Filter, valuesAt } from './query.mts';
import { encode } from './storedJson.mts';

/** Fields by which a document is found without a look at all others, where Rocket.Chat has an index of MongoDB for it. */
const INDEXED: Record<string, string[]> = {
	[collections.persistence]: ['associations'],
	[collections.messages]: ['rid'],
	[collections.rooms]: ['v.token'],
	[collections.visitors]: ['token', 'phone.phoneNumber', 'visitorEmails.address'],
	[collections.inquiries]: ['rid'],
};

/** The documents of one collection, found by their ids and by what is indexed. */
export class Collection {
	private readonly documents = new Map<string, Document>();
	private readonly indexes: Index[];

	constructor(name: string) {
		this.indexes = (INDEXED[name] ?? []).map((field) => new Index(field));
	}

	has(id: string): boolean {
		return this.documents.has(id);
	}

	/** All of them, in the order in which they came. */
	all(): Document[] {
		return [...this.documents.values()];
	}

	/** At least those that match the filter: by its id or an index where it names one, else all. */
	candidates(filter: Filter): Document[] {
		const ids = typeof filter._id === 'string' ? [filter._id] : this.indexed(filter);
		if (!ids) return this.all();
		return [...ids].flatMap((id) => this.documents.get(id) ?? []);
	}

	/** Adds a document, or puts it in the place of the one with its id. */
	set(document: Document): void {
		const before = this.documents.get(document._id);
		for (const index of this.indexes) index.replace(document._id, before, document);
		this.documents.set(document._id, document);
	}

	delete(id: string): void {
		for (const index of this.indexes) index.replace(id, this.documents.get(id), undefined);
		this.documents.delete(id);
	}

	private indexed(filter: Filter): Iterable<string> | undefined {
		return this.indexes.map((index) => index.find(filter)).find((ids) => ids !== undefined);
	}
}

/** The ids of the documents that have a value in a field. */
class Index {
	private readonly ids = new Map<string, Set<string>>();
	private readonly field: string;

	constructor(field: string) {
		this.field = field;
	}

	/** Nothing where the filter does not say what the field has. */
	find(filter: Filter): Iterable<string> | undefined {
		const wanted = valueIn(filter[this.field]);
		return wanted === undefined ? undefined : (this.ids.get(encode(wanted)) ?? []);
	}

	replace(id: string, before: Document | undefined, after: Document | undefined): void {
		const [old, now] = [this.keysOf(before), this.keysOf(after)];
		for (const key of old) if (!now.has(key)) this.remove(key, id);
		for (const key of now) if (!old.has(key)) this.add(key, id);
	}

	private add(key: string, id: string): void {
		const ids = this.ids.get(key);
		if (ids) ids.add(id);
		else this.ids.set(key, new Set([id]));
	}

	private remove(key: string, id: string): void {
		const ids = this.ids.get(key);
		ids?.delete(id);
		if (ids?.size === 0) this.ids.delete(key);
	}

	private keysOf(document: Document | undefined): Set<string> {
		const values = document ? valuesAt(document, this.field.split('.')) : [];
		return new Set(values.filter((value) => value !== undefined && value !== null).map(encode));
	}
}

/** A value that every match has: the one that is demanded, or the first of those that an array must contain. */
function valueIn(condition: unknown): unknown {
	if (typeof condition === 'string' || Array.isArray(condition)) return condition;
	return (condition as { $all?: unknown[] } | undefined | null)?.$all?.[0];
}
