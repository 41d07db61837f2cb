/** The core's face (crate/src/wasm.rs) and the plain data that crosses it, as the shim needs to know them. */

import { load } from './core.generated';

export interface Core {
	start(start: Start): Operation;
}

export interface Operation {
	begin(): Step;
	resume(answers: Answers): Step;
	free(): void;
}

export interface Start {
	trigger: Trigger;
	now: number;
	entropy: string;
}

/** What starts an operation: one name, with what it brings. */
export type Trigger =
	| { request: { request: Request } }
	| { messageSent: { message: object } }
	| { roomClosed: { room: object } }
	| 'settingUpdated'
	| 'installed'
	| 'enabled'
	| { command: { command: Command } }
	| { job: { job: Job } };

/** Something that the core itself wants done; only the core looks inside. */
export type Job = object;

/** What somebody typed, and who they are. */
export interface Command {
	room: string;
	roles: Array<string>;
	language?: string;
	words: Array<string>;
}

export interface Request {
	endpoint: string;
	method: string;
	headers: Record<string, string>;
	query: Record<string, unknown>;
	/** The body as JSON text, if there is one. */
	body?: string;
}

export interface Step {
	effects: Array<Effect>;
	log: Array<LogLine>;
	end?: End;
}

export interface LogLine {
	level: 'debug' | 'info' | 'warn' | 'error';
	text: string;
}

export interface End {
	response?: Response;
	followUps: Array<Job>;
}

export interface Response {
	status: number;
	/** JSON, or a text of the media type. */
	content?: unknown;
	/** The id of the stored file whose bytes are the body. */
	upload?: string;
	/** The body's MIME type, where it is not JSON. */
	mediaType?: string;
}

export interface Answers {
	now: number;
	outcomes: Array<Outcome>;
}

export type Outcome = { ok: unknown } | { error: string } | 'timeout';

export interface Visitor {
	id: string;
	token: string;
	username?: string;
	name?: string;
	department?: string;
}

/** What the core may ask for (crate/src/host.rs): the name of a method and its arguments. */
export interface EffectArguments {
	acquire: { queue: string };
	tryAcquire: { queue: string };
	release: { queue: string };
	sleep: { ms: number };
	readSetting: { id: string };
	readServerSetting: { id: string };
	readRecords: { association: string };
	createRecord: { associations: Array<string>; record: object };
	replaceRecord: { associations: Array<string>; record: object };
	removeRecords: { association: string };
	findVisitor: { token: string };
	registerVisitor: { visitor: { token: string; name?: string; email?: string; phone?: string } };
	findRoom: { room: string };
	findOpenRooms: { token: string };
	createRoom: { visitor: Visitor; customFields: Record<string, unknown> };
	closeRoom: { room: string; comment: string };
	postMessage: { room: string; visitor: Visitor; text: string; attachments: Array<object> };
	fetchFile: { url: string; bytesMax: number; timeoutMs: number };
	uploadFile: { name: string; room: string; token: string };
	setCustomField: { token: string; key: string; value: string | number | boolean };
	findUpload: { id: string };
	findDepartment: { department: string };
	normalize: { text: string };
	readMessages: { room: string };
	readLastMessages: { room: string };
	postNotice: { room: string; text: string };
	notify: { room: string; text: string };
	schedule: { job: Job; at: number };
	postWebhook: { url: string; secret: string; body: object; timeoutMs: number };
	areAgentsOnline: { department?: string };
	findRedirect: { url: string; timeoutMs: number };
	readApi: { url: string; token: string; timeoutMs: number };
	postApi: { url: string; token: string; body: object; timeoutMs: number };
	uploadMedia: {
		url: string;
		token: string;
		upload: string;
		name: string;
		mediaType: string;
		timeoutMs: number;
	};
	tellTimes: { times: Array<number>; timeZone: string };
}

export type EffectKind = keyof EffectArguments;
export type Effect = { [Kind in EffectKind]: { kind: Kind } & EffectArguments[Kind] }[EffectKind];

/** A fresh instance of the WebAssembly module, with nothing remembered; `node` is a random name for it. */
export function createCore(appId: string, node: string): Core {
	const { Core: Constructor } = load() as unknown as { Core: new (appId: string, node: string) => Core };
	return new Constructor(appId, node);
}
