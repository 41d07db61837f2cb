/** Tells whoever listens, at once and in order. */
export class Feed<T> {
	private readonly listeners = new Set<(news: T) => void>();

	/** Calls `listener` with all that is told from now on. Returns the way to stop that. */
	listen(listener: (news: T) => void): () => void {
		this.listeners.add(listener);
		return () => void this.listeners.delete(listener);
	}

	/** Whether anybody listens, so that what takes effort is told only to someone. */
	get isHeard(): boolean {
		return this.listeners.size > 0;
	}

	tell(news: T): void {
		for (const listener of this.listeners) listener(news);
	}
}
