/** How RapidPro fares: `late` stores a ticket only well after Rocket.Chat has taken it. */
export type RapidProHealth = 'well' | 'down' | 'slow' | 'failing' | 'late';

/** What is out of order just now. */
export interface Troubles {
	rapidPro: RapidProHealth;
	app: 'enabled' | 'disabled' | 'restarting';
	secondNode: 'off' | 'starting' | 'on';
	/** How far Rocket.Chat's clock is ahead, in milliseconds. */
	clockAheadMs: number;
}
