/** A small seeded generator (mulberry32): the same seed gives the same delays in the same order. */
export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed >>> 0;
	}

	/** From 0 up to, not including, 1. */
	next(): number {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let mixed = this.state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	}
}

/** Small random pauses, which let what runs in parallel interleave; none when switched off. */
export class Delays {
	private readonly random: Random;
	private readonly enabled: boolean;

	constructor(seed: number, enabled: boolean) {
		this.random = new Random(seed);
		this.enabled = enabled;
	}

	/** Waits for up to `maximumMs` milliseconds. */
	async pause(maximumMs: number): Promise<void> {
		if (!this.enabled) return;
		const delayMs = this.random.next() * maximumMs;
		// A timer lasts at least a millisecond; half of the pauses are shorter, so that the store's calls stay quick.
		if (delayMs < maximumMs / 2) await new Promise((resolve) => setImmediate(resolve));
		else await new Promise((resolve) => setTimeout(resolve, delayMs));
	}
}

/** Waits, where there is anything to wait for. */
export async function pause(ms: number): Promise<void> {
	if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
