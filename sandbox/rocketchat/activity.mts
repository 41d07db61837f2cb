import { performance } from 'node:perf_hooks';

/** How long nothing may happen until the server counts as settled: longer than an app thinks between two calls. */
const QUIET_MS = 30;

/** Counts what is in flight, so that tests can wait for quiet instead of sleeping. */
export class Activity {
	private inFlight = 0;
	private lastChangeAt = performance.now();

	/** Something begins; call what comes back when it is over. */
	begin(): () => void {
		this.inFlight++;
		this.lastChangeAt = performance.now();
		let over = false;
		return () => {
			if (over) return;
			over = true;
			this.inFlight--;
			this.lastChangeAt = performance.now();
		};
	}

	/** Counts a promise as in flight until it settles. */
	async track<T>(work: Promise<T>): Promise<T> {
		const end = this.begin();
		try {
			return await work;
		} finally {
			end();
		}
	}

	/** Resolves when nothing has been in flight for a short while, counted from now: what was begun just before shows. */
	async settled(): Promise<void> {
		this.lastChangeAt = performance.now();
		for (;;) {
			const quietMs = this.inFlight === 0 ? performance.now() - this.lastChangeAt : 0;
			if (quietMs >= QUIET_MS) return;
			await new Promise((resolve) => setTimeout(resolve, Math.max(1, QUIET_MS - quietMs)));
		}
	}
}
