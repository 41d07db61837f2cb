import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ISetting } from '@rocket.chat/apps-engine/definition/settings/index.js';

/** What the administrator sees of an app. */
export interface AppPage {
	info: { id: string; name: string; version: string; description: string; author: { name: string }; status: string };
	settings: ISetting[];
	/** Texts by language and key. */
	languages: Record<string, Record<string, string>>;
}

/** The administrator, who works through the REST routes that a browser and `rc-apps` use. */
export class AdminClient {
	private readonly url: () => string;
	private readonly login: { username: string; password: string };
	private credentials?: Record<string, string>;

	constructor(url: () => string, login: { username: string; password: string }) {
		this.url = url;
		this.login = login;
	}

	/** Installs a package, or updates the app it holds, with the permissions that its app.json asks for but these. */
	async installApp(zipPath: string, withheld: string[] = []): Promise<void> {
		const zip = await readFile(zipPath);
		const { id, permissions } = await appInfo(zip);
		const form = new FormData();
		form.set('app', new Blob([new Uint8Array(zip)]), path.basename(zipPath));
		const granted = permissions?.filter(({ name }) => !withheld.includes(name));
		if (granted) form.set('permissions', JSON.stringify(granted));
		const isInstalled = (await this.installedApps()).includes(id);
		await this.call('POST', isInstalled ? `/api/apps/${id}` : '/api/apps', form);
	}

	/** Their ids. */
	async installedApps(): Promise<string[]> {
		const { apps } = await this.call('GET', '/api/apps/installed');
		return (apps as { id: string }[]).map(({ id }) => id);
	}

	async uninstallApp(appId: string): Promise<void> {
		await this.call('DELETE', `/api/apps/${appId}`);
	}

	/**
	 * What is posted replaces the stored setting (docs/reference/rocketchat.md#settings), so the whole of it is sent.
	 */
	async setAppSetting(appId: string, id: string, value: unknown): Promise<void> {
		const setting = await this.setting(appId, id);
		await this.call('POST', `/api/apps/${appId}/settings`, { settings: [{ ...setting, value }] });
	}

	async appSetting(appId: string, id: string): Promise<unknown> {
		return (await this.setting(appId, id)).value;
	}

	private async setting(appId: string, id: string): Promise<{ value?: unknown }> {
		const { settings } = await this.call('GET', `/api/apps/${appId}/settings`);
		const setting = (settings as Record<string, { value?: unknown }>)[id];
		if (!setting) throw new Error(`the app has no setting "${id}"`);
		return setting;
	}

	/** What the page of an app shows. */
	async appPage(appId: string): Promise<AppPage> {
		const [{ app }, { settings }, { languages }] = await Promise.all([
			this.call('GET', `/api/apps/${appId}`),
			this.call('GET', `/api/apps/${appId}/settings`),
			this.call('GET', `/api/apps/${appId}/languages`),
		]);
		return { info: app, settings: Object.values(settings as object), languages } as AppPage;
	}

	/** A file of a message or of an app, as its link says. */
	async file(link: string): Promise<Response> {
		this.credentials ??= await this.logIn();
		return fetch(new URL(link, this.url()), { headers: this.credentials });
	}

	async setAppStatus(appId: string, status: 'manually_enabled' | 'manually_disabled'): Promise<void> {
		await this.call('POST', `/api/apps/${appId}/status`, { status });
	}

	async appStatus(appId: string): Promise<string> {
		const { status } = await this.call('GET', `/api/apps/${appId}/status`);
		return String(status);
	}

	private async call(method: string, route: string, body?: FormData | object): Promise<Record<string, unknown>> {
		this.credentials ??= await this.logIn();
		const isForm = body instanceof FormData;
		const response = await fetch(this.url() + route, {
			method,
			headers: { ...this.credentials, ...(body && !isForm && { 'Content-Type': 'application/json' }) },
			body: isForm ? body : body && JSON.stringify(body),
		});
		const answer = (await response.json()) as Record<string, unknown>;
		if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${JSON.stringify(answer)}`);
		return answer;
	}

	private async logIn(): Promise<Record<string, string>> {
		const response = await fetch(`${this.url()}/api/v1/login`, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify(this.login),
		});
		const { data } = (await response.json()) as { data: { userId: string; authToken: string } };
		return { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken };
	}
}

/** What the package's app.json says. */
async function appInfo(zip: Buffer): Promise<{ id: string; permissions?: { name: string }[] }> {
	const { AppPackageParser } = await import('@rocket.chat/apps-engine/server/compiler/index.js');
	const { info } = await new AppPackageParser().unpackageApp(zip);
	return info;
}
