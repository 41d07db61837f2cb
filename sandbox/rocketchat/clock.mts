/** How a time runs beside the one outside: when they were what, and how much faster it has run since. */
export interface Pace {
	/** Milliseconds since the Unix epoch. */
	outside: number;
	/** What it was here then. */
	inside: number;
	speed: number;
}

/**
 * The time of Rocket.Chat and of the apps' processes: documents, the scheduler, dates and timers of apps, and how long
 * these are willing to wait for an HTTP answer. What belongs to the machine keeps the time outside: the engine's own
 * deadlines, delays and faults.
 */
export class Clock {
	/** All processes that share a store share a pace, so that one that starts later does not begin in the past. */
	pace: Pace = { outside: Date.now(), inside: Date.now(), speed: 1 };

	/** Runs on from now at another speed. */
	runAt(speed: number): void {
		this.pace = { outside: Date.now(), inside: this.now().getTime(), speed };
	}

	/** Jumps, as when a clock is set. Timers that run go on as they are. */
	move(ms: number): void {
		this.pace = { ...this.pace, inside: this.pace.inside + ms };
	}

	now(): Date {
		const { outside, inside, speed } = this.pace;
		return new Date(Math.floor(inside + (Date.now() - outside) * speed));
	}

	/** How long something that takes `ms` of this time takes outside. */
	outside(ms: number): number {
		return ms / this.pace.speed;
	}
}

/** There is one Rocket.Chat a process, and so one time, which goes on from one to the next. */
export const clock = new Clock();
