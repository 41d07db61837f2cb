/**
 * Lets an app's process live in the sandbox's time, which may run faster than outside: its dates and its timers. Comes
 * in by a module that the engine's runtime imports at its start; what the time is stands in an argument, or in a file beside
 * the runtime.
 */

export * from './io.mjs';

const at = Deno.args.indexOf('--pace');
const pace = at < 0 ? Deno.readTextFileSync(new URL('../clock.json', Deno.mainModule)) : Deno.args[at + 1];
const { outside, inside, speed } = JSON.parse(pace);

const OutsideDate = Date;

function now() {
	return Math.floor(inside + (OutsideDate.now() - outside) * speed);
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
