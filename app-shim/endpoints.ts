import type { IHttp, IModify, IPersistence, IRead } from '@rocket.chat/apps-engine/definition/accessors';
import { HttpStatusCode } from '@rocket.chat/apps-engine/definition/accessors';
import type { IApiEndpointInfo, IApiRequest, IApiResponse } from '@rocket.chat/apps-engine/definition/api';
import { ApiEndpoint } from '@rocket.chat/apps-engine/definition/api';
import type { IApp } from '@rocket.chat/apps-engine/definition/IApp';

import type { Response } from './core';
import type { Accessors } from './host';
import { loggerOf } from './logger';
import type { Runner } from './runner';
import { PATIENCE_MS, Trap } from './runner';

const PATHS = [
	'secret.check',
	'settings',
	'room',
	'room.close',
	'visitor-message',
	'status',
	'file',
	'flow.open',
	'flow.message',
	'flow.closed',
];

/** A file that an agent sent is data, whatever it says of itself: no browser may run it. */
const FILE_HEADERS = {
	'Content-Disposition': 'attachment',
	'Content-Security-Policy': "default-src 'none'; sandbox",
	'X-Content-Type-Options': 'nosniff',
	'Cache-Control': 'private, no-store',
};

export function endpoints(app: IApp, runner: Runner): Array<Endpoint> {
	return PATHS.map((path) => new Endpoint(app, path, runner));
}

/** Offers every verb, since the engine would answer those that are missing with an error of its own. */
class Endpoint extends ApiEndpoint {
	public readonly get = this.answer;

	public readonly post = this.answer;

	public readonly put = this.answer;

	public readonly delete = this.answer;

	public readonly patch = this.answer;

	public readonly head = this.answer;

	public readonly options = this.answer;

	constructor(
		app: IApp,
		public override readonly path: string,
		private readonly runner: Runner,
	) {
		super(app);
	}

	private async answer(
		request: IApiRequest,
		_endpoint: IApiEndpointInfo,
		read: IRead,
		modify: IModify,
		http: IHttp,
		persistence: IPersistence,
	): Promise<IApiResponse> {
		const accessors = { read, modify, http, persistence, logger: loggerOf(this.app) };
		const { method, headers, query, content } = request;
		try {
			const trigger = { request: { request: { endpoint: this.path, method, headers, query, ...bodyOf(content) } } };
			const end = await this.runner.run(trigger, accessors, PATIENCE_MS);
			this.runner.startJobs(end.followUps, accessors);
			return await responseOf(end.response, read);
		} catch (error) {
			return failure(error, accessors);
		}
	}
}

/** In JSON only halves of a character that lack the other one are written like this. No text in Rust can have them. */
const ESCAPES = /\\(?:ud[89a-f][0-9a-f]{2}|.)/g;

/** As text, so that the core parses it with a limit to its depth. What is too deep even for being written has none. */
function bodyOf(content: unknown): { body?: string } {
	try {
		const body = JSON.stringify(content)?.replace(ESCAPES, (found) => (found.length > 2 ? '\\ufffd' : found));
		return body === undefined ? {} : { body };
	} catch {
		return {};
	}
}

async function responseOf(response: Response | undefined, read: IRead): Promise<IApiResponse> {
	const { status, content, upload, mediaType } = response ?? { status: HttpStatusCode.INTERNAL_SERVER_ERROR };
	if (upload) {
		const bytes = await read.getUploadReader().getBufferById(upload);
		return {
			status,
			headers: { 'Content-Type': mediaType ?? 'application/octet-stream', ...FILE_HEADERS },
			content: bytes,
		};
	}
	const headers = mediaType && { 'Content-Type': mediaType };
	return { status, ...(headers && { headers }), ...(content !== undefined && { content }) };
}

/** The one answer that the core cannot give: that it stopped. The cause is the log's business, the reference everybody's. */
function failure(error: unknown, { logger }: Accessors): IApiResponse {
	const trap = Trap.of(error);
	logger.error(trap.message);
	return {
		status: HttpStatusCode.INTERNAL_SERVER_ERROR,
		content: { error: trap.words },
	};
}
