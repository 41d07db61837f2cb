/** What was started, to be stopped in the opposite order. */
export class Running {
	private readonly stops: (() => Promise<void>)[] = [];
	private stopping: Promise<void> | undefined;

	add<T>(started: T, stop: (started: T) => Promise<void>): T {
		this.stops.push(() => stop(started));
		return started;
	}

	/** Whether the end has begun; what fails from then on fails because of it. */
	get ending(): boolean {
		return this.stopping !== undefined;
	}

	stop(): Promise<void> {
		this.stopping ??= this.stopAll();
		return this.stopping;
	}

	private async stopAll(): Promise<void> {
		for (const stop of this.stops.reverse()) await stop();
	}
}
