/**
 * Deeper than this the engine's wire format fails (docs/reference/rocketchat.md#deno-wire-format: 100, its own envelope
 * included).
 */
const MAX_DEPTH = 80;
/** Longer than 100 kB Rocket.Chat refuses before the app sees it. */
const MAX_BYTES = 95_000;
const HUGE = 30_000;

/** A hostile request that Rocket.Chat lets through to the app. */
export interface HostileRequest {
	method: string;
	endpoint: string;
	/** JSON, an object or a list, below Rocket.Chat's limits. */
	body: string;
}

/** Makes hostile requests, the same from the same seed. */
export class HostileBodies {
	constructor(private state: number) {}

	/** The next request: a proper one with parts replaced by, or nothing but, random values. */
	next(): HostileRequest {
		const [method, endpoint, proper] = this.pick(PROPER);
		for (;;) {
			const value = this.chance(0.8) ? this.spoil(proper()) : this.container(this.below(6));
			if (typeof value !== 'object' || value === null) continue; // scalars are refused by Rocket.Chat
			const body = JSON.stringify(value);
			if (Buffer.byteLength(body) < MAX_BYTES) return { method, endpoint, body };
		}
	}

	/** Replaces some values at any depth, and adds some. */
	private spoil(value: unknown): unknown {
		if (this.chance(0.25)) return this.chance(0.1) ? this.deep() : this.value(this.below(4));
		if (Array.isArray(value)) return value.map((element) => this.spoil(element));
		if (typeof value !== 'object' || value === null) return value;
		const spoiled = Object.entries(value).map(([name, element]) => [name, this.spoil(element)]);
		if (this.chance(0.3)) spoiled.push([this.name(), this.value(2)]);
		return Object.fromEntries(spoiled);
	}

	private value(depth: number): unknown {
		return depth > 0 && this.chance(0.5) ? this.container(depth) : this.scalar();
	}

	private container(depth: number): unknown {
		const elements = Array.from({ length: this.below(6) }, () => this.value(depth - 1));
		if (this.chance(0.4)) return elements;
		return Object.fromEntries(elements.map((element) => [this.name(), element]));
	}

	private deep(): unknown {
		let value = this.scalar();
		for (let depth = this.below(MAX_DEPTH); depth > 0; depth--) value = this.chance(0.5) ? [value] : { visitor: value };
		return value;
	}

	private scalar(): unknown {
		return this.chance(0.5) ? this.text() : this.pick(SCALARS);
	}

	private text(): string {
		if (this.chance(0.05)) return this.pick(TEXTS).repeat(HUGE).slice(0, HUGE);
		if (this.chance(0.7)) return this.pick(TEXTS);
		const units = Array.from({ length: this.below(12) }, () => this.below(0x10000));
		return String.fromCharCode(...units);
	}

	/** Never `__proto__`: that key is a flaw of the server, which no app can mend. */
	private name(): string {
		const name = this.chance(0.6) ? this.pick(NAMES) : this.text().slice(0, 100);
		return name === '__proto__' ? 'proto' : name;
	}

	private pick<T>(choices: readonly T[]): T {
		return choices[this.below(choices.length)] as T;
	}

	private chance(probability: number): boolean {
		return this.random() < probability;
	}

	private below(limit: number): number {
		return Math.floor(this.random() * limit);
	}

	/** Mulberry32: small, and the same everywhere. */
	private random(): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
	}
}

const TICKET = '59d74b86-3e2f-4a93-aece-b05d2fdcde0c';

const visitor = () => ({
	token: 'hostile',
	contactUUID: TICKET,
	department: 'Nurses',
	name: 'Ann',
	email: 'ann@example.org',
	phone: '+250788123123',
	customFields: { district: 'Gasabo' },
});

const PROPER: readonly [method: string, endpoint: string, body: () => unknown][] = [
	['POST', 'room', () => ({ ticketID: TICKET, sessionStart: '2020-07-17T10:28Z', priority: 1, visitor: visitor() })],
	['GET', 'room', () => ({ ticketID: TICKET, visitor: { token: 'hostile' } })],
	['POST', 'room.close', () => ({ visitor: visitor() })],
	['GET', 'room.close', () => ({ visitor: { token: 'hostile' } })],
	['PUT', 'settings', () => ({ webhook: { url: 'http://127.0.0.1:9/hook' } })],
	[
		'POST',
		'visitor-message',
		() => ({
			visitor: { token: 'hostile' },
			text: 'Hello',
			attachments: [
				{ type: 'image/png', url: 'https://example.org/a.png' },
				{ type: 'geo', url: '-1.95,30.06' },
			],
		}),
	],
];

const NAMES = [
	...['visitor', 'token', 'ticketID', 'text', 'attachments', 'url', 'type', 'webhook', 'customFields', 'deparment'],
	...['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'then', 'toJSON', 'length', 'id', '_id'],
	...['', ' ', '$set', '$where', 'a.b', 'visitor.token', '0', '-1', '\u0000', '\ud800', '👋'],
];

const SCALARS = [
	...[null, true, false, 0, -0, 1, -1, 0.1, 1e308, -1e308, 5e-324, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), 4294967296],
];

const TEXTS = [
	...['', ' ', '\n', '\t', 'hostile', 'Nurses', '10000', '-1', 'NaN', 'null', 'undefined', 'APP_ID', 'true'],
	...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '[object Object]'],
	...['\u0000', '\u0001\u0002\u0007\u001b[31m', '\u007f\u0085\u2028\u2029', '\ufeff', '\ufffe\uffff', '\u202e', '%00'],
	...['\ud800', '\udfff', '\ud83d', '👩🏽‍⚕️', 'ﷺ', 'Z̸̢͔a', 'İ', 'ß', '\r\nX-Injected: 1', '{{7*7}}', '#{7*7}', '`id`'],
	...["' OR 1=1 --", '"}],"a":[{"', '<script>alert(1)</script>', '../../etc/passwd', 'file:///etc/passwd', '@all'],
	...['https://example.org/', 'http://', 'https://[::1', 'http://a:99999/', 'javascript:alert(1)', 'data:,x', '//host'],
	...['2020-07-17T10:28-03:00', '2020-02-30T10:28Z', '+999999-01-01T00:00Z', '-1-1-1', '1e400', '9'.repeat(400)],
	...['3f3ae1ef-2b4c-4a5a-8a3b-0d9f2b7a1c11', '00000000-0000-0000-0000-000000000000', 'ann@example.org', '+250788'],
];
