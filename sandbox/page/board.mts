import { Feed } from '../feed.mts';
import type { BoardChange, CollectionName, Collections } from './documents.mts';

/** How long changes are gathered before they are told. */
const GATHER_MS = 30;

/** What every open page shows: documents, told to the pages as they change. */
export class Board {
	/** What has changed since the last time. */
	readonly changes = new Feed<BoardChange[]>();
	private readonly documents = new Map<CollectionName, Map<string, unknown>>();
	private gathered = new Map<string, BoardChange>();
	private timer?: NodeJS.Timeout;

	/** Shows a document, in place of the one with its id. */
	put<Name extends CollectionName>(name: Name, document: Collections[Name]): void {
		this.collection(name).set(document.id, document);
		this.gather([name, document.id, document] as BoardChange);
	}

	/** Changes some fields of a document that is there. */
	patch<Name extends CollectionName>(name: Name, id: string, fields: Partial<Collections[Name]>): void {
		const document = this.get(name, id);
		if (document !== undefined) this.put(name, { ...document, ...fields });
	}

	remove(name: CollectionName, id: string): void {
		if (this.collection(name).delete(id)) this.gather([name, id, null] as BoardChange);
	}

	get<Name extends CollectionName>(name: Name, id: string): Collections[Name] | undefined {
		return this.collection(name).get(id);
	}

	/** In the order in which they came. */
	all<Name extends CollectionName>(name: Name): Collections[Name][] {
		return [...this.collection(name).values()];
	}

	/** Everything, as a page needs it that was just opened. */
	snapshot(): BoardChange[] {
		return [...this.documents].flatMap(([name, documents]) =>
			[...documents].map(([id, document]) => [name, id, document] as BoardChange),
		);
	}

	/** Tells nothing any more. */
	close(): void {
		clearTimeout(this.timer);
	}

	private collection<Name extends CollectionName>(name: Name): Map<string, Collections[Name]> {
		let documents = this.documents.get(name);
		if (documents === undefined) {
			documents = new Map();
			this.documents.set(name, documents);
		}
		return documents as Map<string, Collections[Name]>;
	}

	/** The last change of a document counts. */
	private gather(change: BoardChange): void {
		this.gathered.set(`${change[0]} ${change[1]}`, change);
		this.timer ??= setTimeout(() => {
			const changes = [...this.gathered.values()];
			this.gathered = new Map();
			this.timer = undefined;
			this.changes.tell(changes);
		}, GATHER_MS);
	}
}
