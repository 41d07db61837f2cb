import { UsageError } from './options.mts';
import { onStarterGone } from './starter.mts';

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
 * Runs a program until it is over, or until it is ended: by a signal, by the closing of its terminal, or by the end of
 * the npm that started it. Then it has the exit code `interrupted`, or that of what it has done so far. At the end
 * everything that it has started is stopped, and the process ends.
 */
export async function runProgram(program: (running: Running) => Promise<void>, interrupted?: number): Promise<never> {
	const running = new Running();
	const interrupt = async () => {
		console.log('\nstopping');
		await running.stop();
		process.exit(interrupted);
	};
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
	onStarterGone(interrupt);
	// A terminal that was closed takes no output any more, and that must not cut the end short.
	for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
	try {
		await program(running);
	} catch (error) {
		if (!running.ending) {
			console.error(`\n${(error as Error).message}`);
			if (error instanceof UsageError) console.error(`\n${error.usage}`);
			process.exitCode = 1;
		}
	}
	await running.stop();
	process.exit();
}
