import { Refusal } from './reply.mts';

const HOUR_MS = 3_600_000;

/** What is counted together: messages, contacts, and all the rest. */
export type ThrottleScope = 'v2' | 'v2.messages' | 'v2.contacts';

/** Counts a workspace's requests over a sliding hour. A refused request does not count. */
export class Throttle {
	private readonly taken = new Map<ThrottleScope, number[]>();

	/** @param rate requests an hour, of each scope; may be changed, as by an administrator of the server. */
	constructor(public rate: number) {}

	/** Counts a request. @throws Refusal where there were too many within the hour. */
	take(scope: ThrottleScope): void {
		const now = Date.now();
		const times = (this.taken.get(scope) ?? []).filter((time) => time > now - HOUR_MS);
		this.taken.set(scope, times);
		if (times.length < this.rate) {
			times.push(now);
			return;
		}
		const seconds = Math.ceil(((times[times.length - this.rate] ?? now) + HOUR_MS - now) / 1000);
		const detail = `Request was throttled. Expected available in ${seconds} second${seconds === 1 ? '' : 's'}.`;
		throw new Refusal(429, { detail }, { 'retry-after': String(seconds) });
	}

	/** As if so many requests had come just now, or this long ago. */
	spend(scope: ThrottleScope, requests: number, agoMs = 0): void {
		const earlier = Array.from({ length: requests }, () => Date.now() - agoMs);
		this.taken.set(scope, [...earlier, ...(this.taken.get(scope) ?? [])].sort());
	}

	/** How many requests of a scope were counted within the hour. */
	count(scope: ThrottleScope): number {
		return (this.taken.get(scope) ?? []).filter((time) => time > Date.now() - HOUR_MS).length;
	}

	/** Nothing was asked yet. */
	reset(): void {
		this.taken.clear();
	}
}
