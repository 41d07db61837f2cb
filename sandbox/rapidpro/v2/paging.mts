import { type Micros, read, written } from '../micros.mts';
import { Refusal } from './reply.mts';

/** A page of what was asked for: the newest first, or the oldest where `reverse` says so. */
export interface Page<T> {
	items: T[];
	next: string | null;
}

/** How to page. */
export interface Paging<T> {
	url: URL;
	size: number;
	at: (item: T) => Micros;
	reverse?: boolean;
}

/**
 * The page that the URL's cursor points at. As in Django REST framework a cursor is a place in time, not a number of
 * rows: what comes in meanwhile shifts nothing.
 */
export function page<T>(all: readonly T[], { url, size, at, reverse = false }: Paging<T>): Page<T> {
	const sign = reverse ? -1 : 1;
	const position = positionIn(url);
	const found = all.filter((item) => position === undefined || sign * (at(item) - position) < 0);
	found.sort((a, b) => sign * (at(b) - at(a)));
	const items = found.slice(0, size);
	const last = items.at(-1);
	const more = found.length > size && last !== undefined;
	return { items, next: more ? nextUrl(url, at(last)) : null };
}

/** The page as it is answered. */
export function listing<T>({ items, next }: Page<T>, result: (item: T) => object): object {
	return { next, previous: null, results: items.map(result) };
}

function positionIn(url: URL): Micros | undefined {
	const cursor = url.searchParams.get('cursor');
	if (cursor === null) return undefined;
	const inside = new URLSearchParams(Buffer.from(cursor, 'base64').toString('utf8'));
	const position = read((inside.get('p') ?? '').replace(' ', 'T'));
	if (position === undefined) throw Refusal.detail(404, 'Invalid cursor');
	return position;
}

/** The names are sorted, as Django REST framework writes them. */
function nextUrl(url: URL, position: Micros): string {
	const next = new URL(url);
	const place = new URLSearchParams({ p: written(position).replace('T', ' ').replace('Z', '+00:00') });
	next.searchParams.set('cursor', Buffer.from(place.toString()).toString('base64'));
	next.searchParams.sort();
	return next.href;
}
