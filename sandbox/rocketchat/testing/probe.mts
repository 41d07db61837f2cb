import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { IHttp, IModify, IPersistence, IRead } from '@rocket.chat/apps-engine/definition/accessors/index.js';
import AdmZip from 'adm-zip';
import { RocketChat, type RocketChatOptions } from '../index.mts';

/** What code sent to the probe app can use. */
export interface ProbeScope {
	read: IRead;
	modify: IModify;
	http: IHttp;
	persistence: IPersistence;
	// biome-ignore lint/suspicious/noExplicitAny: the app's own memory and modules, in JavaScript
	app: any;
	// biome-ignore lint/suspicious/noExplicitAny: see above
	require(name: string): any;
}

/** An event as the probe app got it. */
export interface ProbeEvent {
	event: string;
	// biome-ignore lint/suspicious/noExplicitAny: each test names what it expects
	payload: any;
}

const PERMISSIONS = [
	...['networking', 'persistence', 'scheduler', 'api', 'server-setting.read'],
	...[
		'livechat-visitor.read',
		'livechat-visitor.write',
		'livechat-room.read',
		'livechat-room.write',
		'livechat-status.read',
	],
	...['livechat-message.read', 'livechat-message.write', 'livechat-message.multiple', 'livechat-department.read'],
	...[
		'livechat-custom-fields.write',
		'upload.read',
		'upload.write',
		'user.read',
		'room.read',
		'message.read',
		'message.write',
	],
];

const EVENT_INTERFACES = [
	...['IPostMessageSent', 'IPostSystemMessageSent', 'IPostMessageUpdated', 'IPostMessageDeleted'],
	'IPreLivechatRoomCreatePrevent',
	...[
		'IPostLivechatRoomStarted',
		'IPostLivechatRoomClosed',
		'ILivechatRoomClosedHandler',
		'IPostLivechatRoomTransferred',
	],
	...['IPostLivechatAgentAssigned', 'IPostLivechatAgentUnassigned'],
];

/** A Rocket.Chat with the probe app and the agent `ana`: what a test file needs. */
export class Probe {
	readonly rocketChat: RocketChat;

	private constructor(rocketChat: RocketChat) {
		this.rocketChat = rocketChat;
	}

	static async start(options: RocketChatOptions = {}): Promise<Probe> {
		const rocketChat = await RocketChat.start(options);
		await rocketChat.addAgent({ username: 'ana', name: 'Ana' });
		await installProbe(rocketChat);
		return new Probe(rocketChat);
	}

	stop(): Promise<void> {
		return this.rocketChat.stop();
	}

	/** Runs a function inside the app; what it throws is thrown here. It sees its scope and arguments only. */
	async run<Result, Args extends unknown[]>(
		code: (scope: ProbeScope, ...args: Args) => Promise<Result> | Result,
		...args: Args
	): Promise<Result> {
		return runInProbe(this.rocketChat.appUrl, code, ...args);
	}

	/** The events since the last look, once all is quiet. */
	async events(): Promise<ProbeEvent[]> {
		await this.rocketChat.settled();
		return this.run(({ app }) => app.events.splice(0));
	}

	/** A visitor of the app, with an open room. */
	async openRoom(visitor: Record<string, unknown> = {}): Promise<{ token: string; visitorId: string; roomId: string }> {
		const token = `token-${Math.random()}`;
		return this.run(
			async ({ read, modify }, details) => {
				const creator = modify.getCreator().getLivechatCreator();
				const visitorId = await creator.createVisitor(details as never);
				const stored = await read.getLivechatReader().getLivechatVisitorById(visitorId);
				const room = await creator.createRoom(
					stored as never,
					undefined as never,
					{ source: { type: 'app' } } as never,
				);
				return { token: details.token, visitorId, roomId: room.id };
			},
			{ token, name: 'Vera', ...visitor },
		);
	}
}

/** Runs a function inside the probe app at that address, see {@link Probe.run}. */
export async function runInProbe<Result, Args extends unknown[]>(
	appUrl: string,
	code: (scope: ProbeScope, ...args: Args) => Promise<Result> | Result,
	...args: Args
): Promise<Result> {
	const response = await fetch(`${appUrl}/run`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ code: code.toString(), args }),
	});
	if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
	const { result, error } = (await response.json()) as { result: Result; error?: string };
	if (error !== undefined) throw new Error(error);
	return result;
}

/** Packs the probe app and uploads it. */
export async function installProbe(
	rocketChat: { installApp(zipPath: string): Promise<void> },
	changes: { permissions?: string[]; version?: string } = {},
): Promise<void> {
	const dir = await mkdtemp(path.join(os.tmpdir(), 'probe-'));
	try {
		const zip = path.join(dir, 'probe.zip');
		await writeFile(zip, await packProbe(changes));
		await rocketChat.installApp(zip);
	} finally {
		await rm(dir, { recursive: true });
	}
}

async function packProbe({
	permissions = PERMISSIONS,
	version = '1.0.0',
}: {
	permissions?: string[];
	version?: string;
}): Promise<Buffer> {
	const zip = new AdmZip();
	const info = {
		id: '7b2c5ad4-1111-4222-8333-444455556666',
		name: 'Probe',
		nameSlug: 'probe',
		description: 'Runs what the sandbox tests send it',
		version,
		requiredApiVersion: '^1.28.1',
		author: { name: 'sandbox', homepage: 'https://example.org', support: 'https://example.org' },
		classFile: 'probeApp.js',
		iconFile: 'icon.png',
		implements: EVENT_INTERFACES,
		permissions: permissions.map((name) => ({ name })),
	};
	zip.addFile('app.json', Buffer.from(JSON.stringify(info)));
	zip.addFile('probeApp.js', await readFile(new URL('./probeApp.js', import.meta.url)));
	zip.addFile('icon.png', Buffer.from('iVBORw0KGgo=', 'base64'));
	return zip.toBuffer();
}
