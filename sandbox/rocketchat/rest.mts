import { AppStatus, AppStatusUtils } from '@rocket.chat/apps-engine/definition/AppStatus.js';
import type { IPermission } from '@rocket.chat/apps-engine/definition/permissions/IPermission.js';
import type { ISetting } from '@rocket.chat/apps-engine/definition/settings/index.js';
import type { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';
import type { ProxiedApp } from '@rocket.chat/apps-engine/server/ProxiedApp.js';
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { LogStorage } from './engine/storages.mts';
import { generation } from './generation.mts';
import { readMultipart } from './multipart.mts';
import type { Sessions } from './sessions.mts';
import type { ServerSettings } from './settings.mts';

/** What the management routes work on. */
export interface Management {
	manager: AppManager;
	sessions: Sessions;
	settings: ServerSettings;
	logs: LogStorage;
}

/** A refusal with its HTTP status. */
class Refusal extends Error {
	readonly status: number;
	readonly body: object;

	constructor(status: number, body: object) {
		super(JSON.stringify(body));
		this.status = status;
		this.body = body;
	}
}

/** The routes of `rc-apps` and of the administration pages (docs/reference/rocketchat.md#administration-rest). */
export function restRouter(management: Management): Router {
	const router = express.Router();
	const json = express.json();
	router.get(
		'/api/info',
		(_request, response) => void response.json({ version: generation.rocketChat, success: true }),
	);
	router.post(
		'/api/v1/login',
		json,
		answering(async (request) => logIn(management.sessions, request)),
	);
	router.get(
		'/api/v1/me',
		answering(async (request) => me(management.sessions, request)),
	);
	router.use('/api/apps', json, appRoutes(management));
	return router;
}

async function logIn(sessions: Sessions, { body }: Request): Promise<object> {
	const session = await sessions.logIn(body.username ?? body.user, body.password);
	if (!session) throw new Refusal(401, { status: 'error', error: 'Unauthorized', message: 'Unauthorized' });
	const { user, authToken } = session;
	return {
		status: 'success',
		data: { userId: user._id, authToken, me: { _id: user._id, username: user.username, name: user.name } },
	};
}

async function me(sessions: Sessions, request: Request): Promise<object> {
	const { _id, username, name, roles } = await requireLogin(sessions, request);
	return { _id, username, name, roles, success: true };
}

function appRoutes(management: Management): Router {
	const router = express.Router();
	const { manager, sessions, logs } = management;
	/** "those two headers"; all but `icon` and `languages` need `manage-apps`, which the administrator has. */
	const route = (handle: (request: Request, app: ProxiedApp) => Promise<object>) =>
		answering(async (request) => {
			await requireLogin(sessions, request);
			const app = manager.getOneById(request.params.id);
			if (!app) throw new Refusal(404, { success: false, error: `No App found by the id of: ${request.params.id}` });
			return { ...(await handle(request, app)), success: true };
		});
	const listApps: RequestHandler = answering(async (request) => {
		await requireLogin(sessions, request);
		const apps = await manager.get();
		return { apps: await Promise.all(apps.map(describe)), success: true };
	});
	router.get(['/', '/installed'], listApps);
	router.post(
		'/',
		answering((request) => install(management, request)),
	);
	router.get(
		'/:id',
		route(async (_request, app) => ({ app: await describe(app) })),
	);
	router.post(
		'/:id',
		route((request) => update(management, request)),
	);
	router.delete(
		'/:id',
		route(async (request, app) => uninstall(management, request, app)),
	);
	router.get(
		'/:id/settings',
		route(async (_request, app) => ({ settings: visibleSettings(app) })),
	);
	router.post(
		'/:id/settings',
		route((request, app) => changeSettings(manager, request, app)),
	);
	router.get(
		'/:id/settings/:settingId',
		route(async (request, app) => ({ setting: requireSetting(app, request.params.settingId) })),
	);
	router.post(
		'/:id/settings/:settingId',
		route((request, app) => changeSetting(manager, request, app)),
	);
	router.get(
		'/:id/status',
		route(async (_request, app) => ({ status: await app.getStatus() })),
	);
	router.post(
		'/:id/status',
		route((request, app) => changeStatus(manager, request, app)),
	);
	router.get(
		'/:id/apis',
		route(async (_request, app) => ({ apis: manager.getApiManager().listApis(app.getID()) })),
	);
	router.get(
		'/:id/logs',
		route(async ({ query }, app) => {
			const [offset, count] = [Number(query.offset ?? 0), Number(query.count ?? 25)];
			const page = await logs.findPaginated({ appId: app.getID() }, { skip: offset, limit: count });
			return { logs: page.logs, offset, count: page.logs.length, total: page.total };
		}),
	);
	router.get(
		'/:id/languages',
		answering(async ({ params }) => {
			const app = manager.getOneById(params.id);
			if (!app) throw new Refusal(404, { success: false, error: `No App found by the id of: ${params.id}` });
			return { languages: app.getStorageItem().languageContent, success: true };
		}),
	);
	return router;
}

/**
 * "Installs with enable:false, then enables if licence permits (`auto_enabled`)". Stored as enabled, since the status
 * that is stored decides about later starts.
 */
async function install(management: Management, request: Request): Promise<object> {
	const { manager, sessions } = management;
	const user = await requireLogin(sessions, request);
	const { zip, permissions } = await readUpload(request, management.settings);
	const fabrication = await manager.add(zip, { enable: false, permissionsGranted: permissions, user: user as never });
	refuseFailure(fabrication);
	const app = fabrication.getApp();
	await manager.changeStatus(app.getID(), AppStatus.MANUALLY_ENABLED);
	const isEnabled = AppStatusUtils.isEnabled(await app.getStatus());
	const status = isEnabled ? AppStatus.AUTO_ENABLED : await app.getStatus();
	return {
		app: { ...(await describe(app)), status },
		implemented: fabrication.getImplementedInferfaces(),
		success: true,
	};
}

/** "keeps settings values, status and persistence; permissionsGranted replaced, or unset when not sent" */
async function update(management: Management, request: Request): Promise<object> {
	const { zip, permissions } = await readUpload(request, management.settings);
	const fabrication = await management.manager.update(zip, permissions as IPermission[]);
	refuseFailure(fabrication);
	return { app: await describe(fabrication.getApp()), implemented: fabrication.getImplementedInferfaces() };
}

async function uninstall({ manager, sessions, logs }: Management, request: Request, app: ProxiedApp): Promise<object> {
	const user = await requireLogin(sessions, request);
	const description = await describe(app);
	await manager.remove(app.getID(), { user: user as never });
	await logs.removeEntriesFor(app.getID());
	return { app: { ...description, status: AppStatus.DISABLED } };
}

/** "file field `app` (zip), text field `permissions` = JSON array …; missing, empty or bad JSON -> defaults" */
async function readUpload(
	request: Request,
	settings: ServerSettings,
): Promise<{ zip: Buffer; permissions?: IPermission[] }> {
	const limit = settings.get('FileUpload_MaxFileSize') as number;
	const { files, fields } = await readMultipart(request, limit).catch((error: Error) => {
		throw new Refusal(400, { success: false, error: error.message });
	});
	const zip = files.app;
	if (!zip) throw new Refusal(400, { success: false, error: 'Failed to get a file to install for the App. ' });
	return { zip, permissions: grantedPermissions(fields.permissions) };
}

function grantedPermissions(text: string | undefined): IPermission[] | undefined {
	try {
		const permissions = JSON.parse(text ?? '');
		return Array.isArray(permissions) && permissions.length > 0 ? permissions : undefined;
	} catch {
		return undefined;
	}
}

/** "Failures: `storage_error`, `app_user_error`" */
function refuseFailure(fabrication: Awaited<ReturnType<AppManager['add']>>): void {
	if (fabrication.hasStorageError()) {
		throw new Refusal(400, { success: false, status: 'storage_error', messages: [fabrication.getStorageError()] });
	}
	if (fabrication.hasAppUserError()) {
		throw new Refusal(400, { success: false, status: 'app_user_error', messages: [fabrication.getAppUserError()] });
	}
}

async function describe(app: ProxiedApp): Promise<object> {
	return { ...app.getInfo(), status: await app.getStatus(), languages: app.getStorageItem().languageContent };
}

/** Hidden settings are not shown, passwords are, in clear (docs/reference/rocketchat.md#settings). */
function visibleSettings(app: ProxiedApp): Record<string, ISetting> {
	const settings = Object.entries(app.getStorageItem().settings);
	return Object.fromEntries(settings.filter(([, setting]) => !setting.hidden));
}

function requireSetting(app: ProxiedApp, id: string): ISetting {
	const setting = app.getStorageItem().settings[id];
	if (!setting) throw new Refusal(404, { success: false, error: `No Setting found on the App by the id of: ${id}` });
	return setting;
}

/** "`{updated:[…]}` (changed ones only; unknown ids skipped)"; the posted object replaces the stored one. */
async function changeSettings(manager: AppManager, { body }: Request, app: ProxiedApp): Promise<object> {
	const current = app.getStorageItem().settings;
	const posted = (body.settings ?? []) as ISetting[];
	const changed = posted.filter(
		({ id, value }) => current[id] && JSON.stringify(current[id].value) !== JSON.stringify(value),
	);
	for (const setting of changed) await manager.getSettingsManager().updateAppSetting(app.getID(), setting);
	return { updated: changed };
}

async function changeSetting(manager: AppManager, { body, params }: Request, app: ProxiedApp): Promise<object> {
	requireSetting(app, params.settingId);
	if (!body.setting)
		throw new Refusal(400, { success: false, error: 'Setting to update to must be present on the posted body.' });
	await manager.getSettingsManager().updateAppSetting(app.getID(), body.setting);
	return {};
}

async function changeStatus(manager: AppManager, { body }: Request, app: ProxiedApp): Promise<object> {
	try {
		await manager.changeStatus(app.getID(), body.status);
	} catch (error) {
		throw new Refusal(400, { success: false, error: (error as Error).message });
	}
	return { status: await app.getStatus() };
}

async function requireLogin(
	sessions: Sessions,
	request: Request,
): Promise<NonNullable<Awaited<ReturnType<Sessions['user']>>>> {
	const user = await sessions.user(request.header('x-user-id'), request.header('x-auth-token'));
	if (!user) throw new Refusal(401, { status: 'error', message: 'You must be logged in to do this.' });
	return user;
}

/** Answers with what the handler yields, or with its refusal. */
function answering(handle: (request: Request) => Promise<object>): RequestHandler {
	return (request: Request, response: Response) => {
		handle(request)
			.then((body) => response.json(body))
			.catch((error: Error) => {
				const refusal = error instanceof Refusal ? error : new Refusal(400, { success: false, error: error.message });
				response.status(refusal.status).json(refusal.body);
			});
	};
}
