import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, HeaderList } from './exchanges.mts';
import { NoAnswer, type Transport } from './transport.mts';

/** How patient mailroom is. */
export interface Patience {
	/** For one attempt, in milliseconds. */
	timeoutMs: number;
	/** Pause before the second, the third … attempt, in milliseconds. */
	backoffsMs: readonly number[];
	/** The share of a pause that is left to chance: 0.5 makes 5 s anything from 3.75 s to 6.25 s. */
	jitter: number;
}

/** mailroom's defaults (docs/reference/rapidpro.md#http-client). */
export const MAILROOM_PATIENCE: Patience = { timeoutMs: 15_000, backoffsMs: [5_000, 10_000], jitter: 0.5 };

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** What mailroom calls in the app. */
export interface Call {
	purpose: string;
	method: string;
	url: string;
	secret: string;
	/** Sent as JSON. */
	payload: unknown;
}

/** mailroom's HTTP client for ticketers, with the retries it really makes (docs/reference/rapidpro.md#http-client). */
export class MailroomClient {
	private readonly stopped = new AbortController();

	constructor(
		private readonly transport: Transport,
		private readonly patience: Patience,
	) {}

	/** Calls the app, again where mailroom would, and gives the last answer. Throws {@link NoAnswer}. */
	async call(call: Call): Promise<Answer> {
		const body = JSON.stringify(call.payload);
		let attempt = await this.attempt(call, body);
		for (const backoffMs of this.patience.backoffsMs) {
			const pauseMs = this.pauseBeforeRetry(call.method, attempt, this.withJitter(backoffMs));
			if (pauseMs === undefined) break;
			await sleep(pauseMs, undefined, { signal: this.stopped.signal });
			attempt = bodyIsGone(attempt) ? localFailure(call, body) : await this.attempt(call, body);
		}
		if (attempt instanceof NoAnswer) throw attempt;
		return attempt;
	}

	/** Ends all waiting for a retry. */
	stop(): void {
		this.stopped.abort();
	}

	private async attempt({ purpose, method, url, secret }: Call, body: string): Promise<Answer | NoAnswer> {
		const { timeoutMs } = this.patience;
		try {
			return await this.transport.send({ purpose, method, url, headers: goHeaders(secret, body), body, timeoutMs });
		} catch (error) {
			if (error instanceof NoAnswer) return error;
			throw error;
		}
	}

	private withJitter(backoffMs: number): number {
		const { jitter } = this.patience;
		return backoffMs * (1 - jitter / 2 + Math.random() * jitter);
	}

	/** Milliseconds to wait before the next attempt, or nothing when there is none. */
	private pauseBeforeRetry(method: string, attempt: Answer | NoAnswer, backoffMs: number): number | undefined {
		const askedForMs = attempt instanceof NoAnswer ? 0 : retryAfterMs(attempt);
		if (askedForMs > 0 && askedForMs <= backoffMs) return askedForMs;
		const failed = attempt instanceof NoAnswer || attempt.status > 501;
		return IDEMPOTENT.has(method) && failed ? backoffMs : undefined;
	}
}

/** The headers of mailroom's request in the order in which Go writes them. */
function goHeaders(secret: string, body: string): HeaderList {
	return [
		['User-Agent', 'Go-http-client/1.1'],
		['Content-Length', String(Buffer.byteLength(body))],
		['Authorization', `Token ${secret}`],
		['Content-Type', 'application/json'],
		['Accept-Encoding', 'gzip'],
	];
}

/** `Retry-After` in seconds or as a date; 0 when there is none that can be read. */
function retryAfterMs({ headers }: Answer): number {
	const value = headers['retry-after'];
	if (value === undefined) return 0;
	const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
	return Number.isNaN(ms) ? 0 : ms;
}

/**
 * Whether the body of the request was used up by this attempt.
 *
 * mailroom sends the same request again without rewinding its body. Go does that for it only where an
 * error came with an empty body over a connection that stays open.
 */
function bodyIsGone(attempt: Answer | NoAnswer): boolean {
	if (attempt instanceof NoAnswer) return true;
	return attempt.body !== '' || attempt.headers.connection?.toLowerCase() === 'close';
}

function localFailure({ method, url }: Call, body: string): NoAnswer {
	return new NoAnswer(`${method} ${url}: http: ContentLength=${Buffer.byteLength(body)} with Body length 0`);
}
