/** How a process of the benchmark does what the one that started it asks for, one thing at a time. */

/** What it can be asked for, by name. */
export type Commands = Record<string, (...args: never[]) => Promise<unknown>>;

/** A question to a process. */
export interface Question {
	command: string;
	args: unknown[];
}

/** What comes back. */
export type Reply = { result: unknown } | { error: string };

/** Makes what does the work, of the arguments that this process was started with, and lets it do what it is asked for. */
export async function serve<Args extends unknown[]>(make: (...args: Args) => Promise<Commands>): Promise<void> {
	const commands = await make(...(JSON.parse(process.argv[2]) as Args));
	process.on('message', async ({ command, args }: Question) => {
		const reply = await outcome(() => commands[command](...(args as never[])));
		process.send?.(reply);
	});
	process.send?.({ result: 'ready' });
}

async function outcome(act: () => Promise<unknown>): Promise<Reply> {
	try {
		return { result: await act() };
	} catch (error) {
		return { error: (error as Error).stack ?? String(error) };
	}
}
