import type { RequestMethod } from '@rocket.chat/apps-engine/definition/accessors/index.js';
import type { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';
import { ApiBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { AppApi } from '@rocket.chat/apps-engine/server/managers/AppApi.js';
import express, { type Request, type Response, type Router } from 'express';
import type { UserDocument } from './documents.mts';
import { generation } from './generation.mts';
import type { Sessions } from './sessions.mts';

/** The HTTP APIs of apps, served by Express 4 (docs/reference/rocketchat.md#app-http-apis). */
export class AppApis extends ApiBridge {
	private readonly routers = new Map<string, Router>();
	private readonly sessions: Sessions;
	private manager?: AppManager;

	constructor(sessions: Sessions) {
		super();
		this.sessions = sessions;
	}

	connect(manager: AppManager): void {
		this.manager = manager;
	}

	/** "one express.Router() per app; each endpoint is `router.all('/'+path.trim())`" */
	protected override async registerApi(api: AppApi, appId: string): Promise<void> {
		let router = this.routers.get(appId);
		if (!router) {
			router = express.Router();
			this.routers.set(appId, router);
		}
		const path = api.endpoint.path.trim();
		router.all(path.startsWith('/') ? path : `/${path}`, (request, response) => {
			void this.serve(api, appId, request, response);
		});
	}

	protected override async unregisterApis(appId: string): Promise<void> {
		this.routers.delete(appId);
	}

	/** What is mounted below `/api/apps`. */
	router(): Router {
		const root = express.Router();
		// "urlencoded + JSON, default limit 100kb, strict JSON"; more before Rocket.Chat 7.6.
		const limit = generation.bodyLimit;
		root.use(express.urlencoded({ extended: false, limit }), express.json({ limit }));
		root.use(['/private/:appId/:hash', '/public/:appId'], (request, response) => {
			// "The appId is case-sensitive"; "unknown app, app without APIs, disabled app, unknown path: 404 text/plain"
			const router = this.routers.get(request.params.appId);
			const hash = request.params.hash;
			request.sandboxHash = hash;
			const notFound = () => response.status(404).type('text/plain').send('Not Found');
			if (router) router(request, response, notFound);
			else notFound();
		});
		return root;
	}

	private async serve(api: AppApi, appId: string, request: Request, response: Response): Promise<void> {
		try {
			const user = await this.authenticate(request);
			if (api.endpoint.authRequired && !user) {
				response.status(401).send('Unauthorized');
				return;
			}
			const answer = await this.manager?.getApiManager().executeApi(appId, api.endpoint.path, {
				method: request.method.toLowerCase() as RequestMethod,
				headers: request.headers as Record<string, string>,
				query: (request.query as Record<string, string>) ?? {},
				params: request.params ?? {},
				content: request.body,
				privateHash: request.sandboxHash,
				user: user as never,
			});
			const { status, headers, content } = answer as {
				status: number;
				headers?: Record<string, string>;
				content?: unknown;
			};
			response.set(headers ?? {});
			response.status(status);
			response.send(content);
		} catch (error) {
			// "Endpoint throws: 500 with the error message as body (text/html)"
			if (!response.headersSent) response.status(500).send((error as Error).message);
		}
	}

	/**
	 * "valid X-User-Id + X-Auth-Token"; an OAuth look-up takes place for any `Authorization` header and for
	 * `access_token`, "which is deleted from query"; unknown tokens are ignored.
	 */
	private async authenticate(request: Request): Promise<UserDocument | undefined> {
		delete request.query.access_token;
		return this.sessions.user(request.header('x-user-id'), request.header('x-auth-token'));
	}
}

declare global {
	namespace Express {
		interface Request {
			/** The hash of a private app route. */
			sandboxHash?: string;
		}
	}
}
