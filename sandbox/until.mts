import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 10;

/**
 * Waits until `look` finds something, and gives it. Anything but `undefined` and `false` is a find.
 *
 * @throws Error naming `what` after `deadlineMs`.
 */
export async function until<T>(
	what: string,
	look: () => T | undefined | false | Promise<T | undefined | false>,
	deadlineMs = 10_000,
): Promise<T> {
	const deadline = Date.now() + deadlineMs;
	for (;;) {
		const found = await look();
		if (found !== undefined && found !== false) return found;
		if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
		await sleep(PAUSE_MS);
	}
}
