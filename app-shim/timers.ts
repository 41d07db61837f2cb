/** Calls something later. Apps-Engine 1.28 gives the timers to the class file alone, which hands them on. */
export interface Timers {
	/** Returns what stops it. */
	start(call: () => void, ms: number): () => void;
}
