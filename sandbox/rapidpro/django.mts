import type { Answer, HeaderList } from './exchanges.mts';
import type { Transport } from './transport.mts';

/** The longest match decides, so a longer path that ends in a UUID passes (docs/reference/rapidpro.md#connecting). */
const BASE_URL = /https?:\/\/[^ "]+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** What RapidPro's form makes of the address that the administrator pasted. Throws when it has no UUID. */
export function baseUrl(pasted: string): string {
	const match = BASE_URL.exec(pasted);
	if (match === null) throw new Error(`Invalid URL ${pasted}: it must end with the app's id`);
	return match[0];
}

/** Sends `PUT settings` as RapidPro's form does when a ticketer is saved (docs/reference/rapidpro.md#connecting). */
export function putSettings(transport: Transport, base: string, secret: string, callbackUrl: string): Promise<Answer> {
	const body = pythonJson(callbackUrl);
	return transport.send({
		purpose: 'connect: hand over the callback URL',
		method: 'PUT',
		url: `${base}/settings`,
		headers: requestsHeaders(secret, body),
		body,
		timeoutMs: 30_000,
	});
}

/** Python's json.dumps puts a blank after each colon. */
function pythonJson(callbackUrl: string): string {
	return `{"webhook": {"url": ${JSON.stringify(callbackUrl)}}}`;
}

/** The headers of Python's requests library. */
function requestsHeaders(secret: string, body: string): HeaderList {
	return [
		['User-Agent', 'python-requests/2.25.1'],
		['Accept-Encoding', 'gzip, deflate'],
		['Accept', '*/*'],
		['Connection', 'keep-alive'],
		['Authorization', `Token ${secret}`],
		['Content-Type', 'application/json'],
		['Content-Length', String(Buffer.byteLength(body))],
	];
}
