import { batch, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { BoardChange, CollectionName, Collections, Sandbox } from '../documents.mts';

type Documents<Name extends CollectionName> = ReadonlyMap<string, Collections[Name]>;

const NONE = new Map<string, never>();

const collections: { [Name in CollectionName]: Signal<Documents<Name>> } = {
	sandbox: signal(NONE),
	scenarios: signal(NONE),
	contacts: signal(NONE),
	tickets: signal(NONE),
	phoneMessages: signal(NONE),
	rooms: signal(NONE),
	roomMessages: signal(NONE),
	agents: signal(NONE),
	departments: signal(NONE),
	traffic: signal(NONE),
};

/** Whether what is shown is what is. */
export const isLive = signal(false);

/** A collection as the server tells it. */
export function documents<Name extends CollectionName>(name: Name): ReadonlySignal<Documents<Name>> {
	return collections[name] as ReadonlySignal<Documents<Name>>;
}

/** All that there is only one of; undefined before the server has told it. */
export function sandbox(): Sandbox | undefined {
	return collections.sandbox.value.get('sandbox');
}

/** Takes over all that the server tells from now on. The browser connects anew where the connection is lost. */
export function connect(): void {
	const stream = new EventSource('/api/stream');
	stream.addEventListener('everything', ({ data }: MessageEvent<string>) => {
		batch(() => {
			for (const collection of Object.values(collections)) collection.value = NONE as never;
			apply(JSON.parse(data));
			isLive.value = true;
		});
	});
	stream.addEventListener('changes', ({ data }: MessageEvent<string>) => batch(() => apply(JSON.parse(data))));
	stream.addEventListener('error', () => {
		isLive.value = false;
	});
}

/** A collection that changes is replaced, once for all its changes. */
function apply(changes: BoardChange[]): void {
	const changed = new Map<CollectionName, Map<string, unknown>>();
	for (const [name, id, document] of changes) {
		let copy = changed.get(name);
		if (copy === undefined) {
			copy = new Map<string, unknown>(collections[name].value);
			changed.set(name, copy);
		}
		if (document === null) copy.delete(id);
		else copy.set(id, document);
	}
	for (const [name, copy] of changed) collections[name].value = copy as never;
}
