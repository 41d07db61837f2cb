import { Agent as HttpsAgent } from 'node:https';
import type { IHttpRequest, IHttpResponse } from '@rocket.chat/apps-engine/definition/accessors/index.js';
import { HttpBridge, type IHttpBridgeRequestInfo } from '@rocket.chat/apps-engine/server/bridges/index.js';
import fetch, { type RequestInit, type Response } from 'node-fetch';
import { clock } from '../clock.mts';
import { generation } from '../generation.mts';

/** "default 180 s (newer)" */
const TIMEOUT_MS = 180_000;

const JSON_TYPES = ['application/json', 'text/javascript', 'application/javascript', 'application/x-javascript'];

/**
 * Every status is a response; failures and timeouts throw, or give undefined on older servers
 * (docs/reference/rocketchat.md#http-client).
 */
export class SandboxHttpBridge extends HttpBridge {
	protected override async call({ method, url, request }: IHttpBridgeRequestInfo): Promise<IHttpResponse> {
		const options = withoutNulls(request);
		const sent = await send(url, method.toUpperCase(), options).catch((error) => {
			if (generation.httpThrows) throw error;
			return undefined;
		});
		if (!sent) return undefined as unknown as IHttpResponse;
		const { response, bytes } = sent;
		const content = options.encoding === null ? bytes : bytes.toString((options.encoding as BufferEncoding) ?? 'utf8');
		return {
			url,
			method,
			statusCode: response.status,
			headers: Object.fromEntries(response.headers),
			content: content as string,
			data: parsed(response, bytes),
		};
	}
}

async function send(
	url: string,
	method: string,
	options: IHttpRequest,
): Promise<{ response: Response; bytes: Buffer }> {
	const abort = new AbortController();
	const timer = setTimeout(() => abort.abort(), clock.outside(options.timeout ?? TIMEOUT_MS));
	try {
		const { target, body, contentType } = addressed(url, method, options);
		const headers = {
			...(contentType && { 'Content-Type': contentType }),
			...authorised(options.auth),
			...options.headers,
		};
		const init: RequestInit = {
			method,
			headers,
			body,
			signal: abort.signal as RequestInit['signal'],
			agent: agentFor(options),
		};
		const response = await fetch(target, init);
		// The deadline covers the body as well.
		return { response, bytes: await response.buffer() };
	} finally {
		clearTimeout(timer);
	}
}

/** "`content` wins over `data`"; "`params`: appended to the query for GET/HEAD or when a body exists; otherwise … body" */
function addressed(
	url: string,
	method: string,
	options: IHttpRequest,
): { target: string; body?: string; contentType?: string } {
	const bodiless = method === 'GET' || method === 'HEAD';
	const { content, data, params = {} } = options;
	const hasData = content === undefined && data !== undefined;
	const body = hasData ? JSON.stringify(data) : content;
	const given = Object.entries(params);
	if (given.length > 0 && !bodiless && !body) {
		return {
			target: url,
			body: new URLSearchParams(given).toString(),
			contentType: 'application/x-www-form-urlencoded',
		};
	}
	const target = new URL(url);
	// "Falsy param values are dropped in the query case."
	for (const [name, value] of given) if (value) target.searchParams.append(name, value);
	const contentType = hasData ? 'application/json' : undefined;
	return { target: target.toString(), ...(!bodiless && { body, contentType }) };
}

/** "`auth: 'user:pass'` -> Basic; without `:` throws" */
function authorised(auth: string | undefined): Record<string, string> {
	if (!auth) return {};
	if (!auth.includes(':')) throw new Error('auth option should be of the form "username:password"');
	return { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
}

/** "strictSSL:false turns certificate checks off; `rejectUnauthorized` is inverted" */
function agentFor({ strictSSL, rejectUnauthorized }: IHttpRequest): RequestInit['agent'] {
	const selfSigned = strictSSL === false || rejectUnauthorized === true;
	return (url) => (selfSigned && url.protocol === 'https:' ? new HttpsAgent({ rejectUnauthorized: false }) : undefined);
}

/** "data (JSON.parse only for application/json …; parse error -> null)" */
function parsed(response: Response, bytes: Buffer): unknown {
	const type = response.headers.get('content-type')?.split(';')[0] ?? '';
	if (!JSON_TYPES.includes(type)) return undefined;
	try {
		return JSON.parse(bytes.toString());
	} catch {
		return null;
	}
}

/** Over the pipe an absent option arrives as null; only for `encoding` does null mean something. */
function withoutNulls(request: IHttpRequest): IHttpRequest {
	return Object.fromEntries(
		Object.entries(request).filter(([name, value]) => value !== undefined && (value !== null || name === 'encoding')),
	);
}
