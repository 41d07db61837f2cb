/** A notice that was shown and not stored. */
export interface Notice {
	at: Date;
	roomId: string;
	/** A username; everybody in the room when absent. */
	to?: string;
	text: string;
}

/** What happens at a node and leaves nothing in the store. */
export type News =
	/** The server asks the app's process for something: `app:executePostMessageSent`, `scheduler:sweep` … */
	| { kind: 'asked'; id: string; method: string; params: string }
	/** `unknown`: the app has nothing of that name, which the server finds out by asking. */
	| { kind: 'answered'; id: string; error?: string; unknown?: boolean }
	/** The app's process makes a call to the server. */
	| { kind: 'called'; name: string }
	| { kind: 'logged'; method: string; severity: string; text: string }
	| { kind: 'noticed'; notice: Notice };
