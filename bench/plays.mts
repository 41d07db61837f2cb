/** Operations of the core as they run in the app: made once with a server that behaves, to be played again and again. */

/** What goes into the core while one operation runs. */
export interface Script {
	start: unknown;
	answers: unknown[];
}

/** An operation, and those before it that made the process one that has been busy. */
export interface Play {
	name: string;
	before: Script[];
	script: Script;
}

interface Step {
	effects: Effect[];
	end?: object;
}

interface Effect {
	kind: string;
	[argument: string]: unknown;
}

interface Operation {
	begin(): Step;
	resume(answers: unknown): Step;
	free(): void;
}

/** The core of one process of the app, as the shim sees it. */
export interface Core {
	start(start: unknown): Operation;
}

/** The core's id of its app. */
export const APP = 'c8b1f6d2-5a0e-4f3b-9c47-2e6d81a9b350';

const BEGINNING = 1_790_000_000_000;
const SECRET = '0123456789abcdef0123456789abcdef';
const TOKEN = '10000';
const CALLBACK =
	'https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/8e1c4f5a-7b4e-4b0f-9f50-0d8c3b6f7a21';

const SMALL = 'Hello, I would like to know when my order arrives.';
/** A body as large as Rocket.Chat lets through. */
const LARGE = 'Hello, again. '.repeat(99_000 / 14);

/** Makes all of them, each with a core of its own. */
export function plays(newCore: () => Core): Play[] {
	const kinds = { validate, 'map a visitor message': visitorMessage, 'build a webhook': agentMessage };
	return Object.entries(kinds).flatMap(([kind, trigger]) =>
		Object.entries({ small: SMALL, '100 kB': LARGE }).map(([size, text]) => {
			const server = new Server(newCore());
			const before = [
				server.run(request('put', 'settings', { webhook: { url: CALLBACK } })),
				server.run(request('get', 'room', { ticketID: '59d74b86-3e2f-4a93-aece-b05d2fdcde0c', visitor: VISITOR })),
				// The first one of a process also reads settings and lists what is found by time.
				server.run(trigger(text, server, 1)),
			];
			return { name: `${kind}, ${size}`, before, script: server.run(trigger(text, server, 2)) };
		}),
	);
}

/** All that the shim does with the core for one operation. */
export function play(core: Core, { start, answers }: Script): void {
	const operation = core.start(start);
	let step = operation.begin();
	for (const answer of answers) step = operation.resume(answer);
	operation.free();
	if (!step.end) throw new Error('the operation goes another way than it did before');
}

const VISITOR = { token: TOKEN, name: 'Ann', phone: '+250788123123' };

/** One without a contact is refused once it has been read. */
function validate(text: string): object {
	return request('post', 'visitor-message', { text });
}

function visitorMessage(text: string): object {
	return request('post', 'visitor-message', { visitor: { token: TOKEN }, text });
}

function agentMessage(text: string, server: Server, number: number): object {
	const sender = { id: 'agnes', username: 'agnes', type: 'user' };
	const message = { id: `message-of-agnes-${number}`, text, createdAt: BEGINNING, room: server.room(), sender };
	return { messageSent: { message } };
}

function request(method: string, endpoint: string, body: object): object {
	const headers = {
		host: 'chat.example.org',
		'user-agent': 'Go-http-client/1.1',
		'content-length': String(JSON.stringify(body).length),
		authorization: `Token ${SECRET}`,
		'content-type': 'application/json',
		'accept-encoding': 'gzip',
	};
	return { request: { request: { endpoint, method, headers, query: {}, body } } };
}

/** A Rocket.Chat and a RapidPro that do what they are asked, with one open ticket. */
class Server {
	private now = BEGINNING;
	private records: { associations: unknown; record: unknown }[] = [];
	private visitor: object | null = null;
	private ids = 0;

	constructor(private readonly core: Core) {}

	/** Runs the operation of a trigger to its end, and writes down what was said. */
	run(trigger: object): Script {
		const start = { trigger, now: this.now, entropy: '8d1f5c0a7b3e96428d1f5c0a7b3e9642' };
		const operation = this.core.start(start);
		const answers: unknown[] = [];
		let step = operation.begin();
		while (!step.end) {
			const outcomes = step.effects.map((effect) => ({ ok: this.perform(effect) }));
			this.now += 1;
			const answer = { now: this.now, outcomes };
			step = operation.resume(answer);
			answers.push(answer);
		}
		operation.free();
		return { start, answers };
	}

	/** The room, as the shim shows it. */
	room(): object {
		const source = { id: APP };
		return { id: 'Rm5dKq8vXzN2pTwYc', type: 'l', isOpen: true, messageCount: 4, source, visitor: this.visitor };
	}

	private perform(effect: Effect): unknown {
		const performed: Record<string, () => unknown> = {
			sleep: () => this.pass(Number(effect.ms)),
			tryAcquire: () => true,
			readSetting: () => (effect.id === 'app_secret' ? SECRET : null),
			readServerSetting: () => 'https://chat.example.org/',
			readRecords: () => this.found(effect.association),
			createRecord: () => this.store(effect),
			replaceRecord: () => this.replace(effect),
			findVisitor: () => this.visitor,
			registerVisitor: () => this.register(effect.visitor as { token: string }),
			findOpenRooms: () => [],
			findRoom: () => this.room(),
			createRoom: () => this.room(),
			postMessage: () => this.nextId('message'),
			postWebhook: () => ({ status: 200, body: '{"status":"handled"}', retryAfterMs: null }),
		};
		return performed[effect.kind]?.() ?? null;
	}

	private pass(ms: number): void {
		this.now += ms;
	}

	private found(association: unknown): unknown[] {
		const has = (associations: unknown) => (associations as unknown[]).includes(association);
		return this.records.filter(({ associations }) => has(associations)).map(({ record }) => record);
	}

	private store({ associations, record }: Effect): string {
		this.records.push({ associations, record });
		return this.nextId('record');
	}

	private replace(effect: Effect): string {
		const key = JSON.stringify(effect.associations);
		this.records = this.records.filter(({ associations }) => JSON.stringify(associations) !== key);
		return this.store(effect);
	}

	private register({ token }: { token: string }): string {
		const id = 'Vs8mRk3ZqPn6TbXwE';
		this.visitor = { id, token, username: 'guest-17', name: 'Ann' };
		return id;
	}

	private nextId(kind: string): string {
		this.ids += 1;
		return `${kind}-${this.ids}`;
	}
}
