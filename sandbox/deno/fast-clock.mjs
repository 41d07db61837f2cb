/**
 * Lets an app's process live in the sandbox's time, which may run faster than outside: its dates and its timers. Comes
 * in by a module that the engine's runtime imports at its start; what the time is stands in an argument, or in a file beside
 * the runtime.
 */

export * from './io.mjs';

/** How soon a jump of the time is seen here. */
const NEWS_MS = 200;

const OutsideDate = Date;
let pace = readPace();
let readAt = OutsideDate.now();
const { speed } = pace;

/** An argument stays as it is; a file may tell of a jump. */
function readPace() {
	const at = Deno.args.indexOf('--pace');
	return JSON.parse(at < 0 ? Deno.readTextFileSync(new URL('../clock.json', Deno.mainModule)) : Deno.args[at + 1]);
}

function now() {
	const outsideNow = OutsideDate.now();
	if (outsideNow - readAt >= NEWS_MS) {
		pace = readPace();
		readAt = outsideNow;
	}
	return Math.floor(pace.inside + (outsideNow - pace.outside) * speed);
}

globalThis.Date = class extends OutsideDate {
	constructor(...args) {
		super(...(args.length === 0 ? [now()] : args));
	}

	static now() {
		return now();
	}
};

for (const name of ['setTimeout', 'setInterval']) {
	const set = globalThis[name];
	globalThis[name] = (callback, ms, ...args) => set(callback, ms / speed, ...args);
}
