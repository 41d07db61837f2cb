/** Named queues of this process: first come, first served. */
export class Queues {
	private readonly tails = new Map<string, Promise<void>>();

	/** Whether nobody has the queue or waits for it. */
	public isFree(name: string): boolean {
		return !this.tails.has(name);
	}

	/** Resolves, when it is one's turn, to what lets the next one go on. Takes its place in the queue at once. */
	public acquire(name: string): Promise<() => void> {
		const turn = this.tails.get(name) ?? Promise.resolve();
		let release: () => void = () => undefined;
		const released = new Promise<void>((resolve) => {
			release = resolve;
		});
		const tail = turn.then(() => released);
		this.tails.set(name, tail);
		return turn.then(() => () => {
			release();
			if (this.tails.get(name) === tail) {
				this.tails.delete(name);
			}
		});
	}
}
