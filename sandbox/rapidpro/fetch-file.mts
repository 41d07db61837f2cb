import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExchangeLog } from './exchanges.mts';
import type { Media } from './media.mts';
import type { StoredFile } from './model.mts';

const MAX_BYTES = 10 * 1024 * 1024;

/** Rocket.Chat's administrator, whose token RapidPro's ticketer holds to fetch files with. */
export interface FileCredentials {
	userId: string;
	authToken: string;
}

/** What fetching takes. */
export interface Means {
	credentials: FileCredentials;
	backoffsMs: readonly number[];
	log: ExchangeLog;
	/** Where the file is stored. */
	media: Media;
}

/**
 * Fetches an agent's file as mailroom's tickets.FetchFile does (docs/reference/rapidpro.md#fetching-files): the answer
 * must be 2xx and at most 10 MiB; its Content-Type counts, not the type in the webhook; the name keeps whatever follows
 * the last dot of the URL.
 *
 * @throws Error in mailroom's words.
 */
export async function fetchFile(url: string, means: Means): Promise<StoredFile> {
	const { status, contentType, bytes } = await get(url, means);
	if (status < 200 || status > 299) throw new Error(`fetch returned non-200 response: ${status}`);
	const name = randomUUID() + extension(url);
	return { name, contentType, size: bytes.length, url: means.media.store(name, contentType, bytes) };
}

/** What an attempt brought. */
interface Fetched {
	status: number;
	contentType: string;
	bytes: Uint8Array;
}

async function get(url: string, means: Means): Promise<Fetched> {
	for (const backoffMs of means.backoffsMs) {
		const fetched = await attempt(url, means).catch((error: Error) => {
			if (error instanceof TooLarge) throw error;
		});
		if (fetched !== undefined && fetched.status <= 501) return fetched;
		await sleep(backoffMs);
	}
	return attempt(url, means);
}

async function attempt(url: string, { credentials, log }: Means): Promise<Fetched> {
	const { userId, authToken } = credentials;
	const headers = { 'User-Agent': 'Go-http-client/1.1', 'X-Auth-Token': authToken, 'X-User-Id': userId };
	const exchange = log.begin({
		initiator: 'RapidPro',
		purpose: 'fetch a file',
		method: 'GET',
		url,
		headers: Object.entries(headers),
		body: '',
	});
	try {
		const response = await fetch(url, { headers });
		const bytes = await read(response);
		const contentType = response.headers.get('content-type') ?? '';
		const body = response.ok ? `(${bytes.length} bytes of ${contentType})` : Buffer.from(bytes).toString();
		log.end(exchange, {
			answer: { status: response.status, headers: Object.fromEntries(response.headers), body },
		});
		return { status: response.status, contentType, bytes };
	} catch (error) {
		log.end(exchange, { error: (error as Error).message });
		throw error;
	}
}

/** Trying again does not make it smaller. */
class TooLarge extends Error {}

async function read(response: Response): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += (chunk as Uint8Array).length;
		if (size > MAX_BYTES) throw new TooLarge(`fetch exceeded max body size of ${MAX_BYTES} bytes`);
		chunks.push(chunk as Uint8Array);
	}
	return Buffer.concat(chunks);
}

/** As Go's filepath.Ext: from the last dot after the last slash, a query string included. */
function extension(url: string): string {
	const lastPart = url.slice(url.lastIndexOf('/') + 1);
	const dot = lastPart.lastIndexOf('.');
	return dot < 0 ? '' : lastPart.slice(dot);
}
