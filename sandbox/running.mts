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

/**
 * Runs a program until it is over, or until a signal ends it: with the exit code `interrupted`, or that of what it has
 * done so far. Then everything that it has started is stopped, and the process ends.
 */
export async function runProgram(program: (running: Running) => Promise<void>, interrupted?: number): Promise<never> {
	const running = new Running();
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, async () => {
			console.log('\nstopping');
			await running.stop();
			process.exit(interrupted);
		});
	}
	try {
		await program(running);
	} catch (error) {
		if (!running.ending) {
			console.error(`\n${(error as Error).message}`);
			process.exitCode = 1;
		}
	}
	await running.stop();
	process.exit();
}
