import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredFile } from './model.mts';

const MAX_BYTES = 10 * 1024 * 1024;

/** Rocket.Chat's administrator, whose token RapidPro's ticketer holds to fetch files with. */
export interface FileCredentials {
	userId: string;
	authToken: string;
}

/**
 * Fetches an agent's file as mailroom's tickets.FetchFile does (facts/rapidpro.md 2.6): the answer must be
 * 2xx and at most 10 MiB; its Content-Type counts, not the type in the webhook; the name keeps whatever
 * follows the last dot of the URL.
 *
 * @throws Error in mailroom's words.
 */
export async function fetchFile(
	url: string,
	credentials: FileCredentials,
	backoffsMs: readonly number[],
): Promise<StoredFile> {
	const response = await get(url, credentials, backoffsMs);
	if (!response.ok) throw new Error(`fetch returned non-200 response: ${response.status}`);
	return {
		name: randomUUID() + extension(url),
		contentType: response.headers.get('content-type') ?? '',
		size: await countBytes(response),
	};
}

async function get(url: string, credentials: FileCredentials, backoffsMs: readonly number[]): Promise<Response> {
	for (const backoffMs of backoffsMs) {
		const response = await attempt(url, credentials).catch(() => undefined);
		if (response !== undefined && response.status <= 501) return response;
		await sleep(backoffMs);
	}
	return attempt(url, credentials);
}

function attempt(url: string, { userId, authToken }: FileCredentials): Promise<Response> {
	return fetch(url, {
		headers: { 'User-Agent': 'Go-http-client/1.1', 'X-Auth-Token': authToken, 'X-User-Id': userId },
	});
}

async function countBytes(response: Response): Promise<number> {
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += (chunk as Uint8Array).length;
		if (size > MAX_BYTES) throw new Error(`fetch exceeded max body size of ${MAX_BYTES} bytes`);
	}
	return size;
}

/** As Go's filepath.Ext: from the last dot after the last slash, a query string included. */
function extension(url: string): string {
	const lastPart = url.slice(url.lastIndexOf('/') + 1);
	const dot = lastPart.lastIndexOf('.');
	return dot < 0 ? '' : lastPart.slice(dot);
}
