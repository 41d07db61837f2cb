/** The RapidPros without ticketers: nyaruka's own server and the public distribution (docs/reference/rapidpro.md#without-ticketing-services). */
export type Release = (typeof RELEASES)[number];

export const RELEASES = ['26.3', '9.0'] as const;

/** In what the two differ. */
export interface Traits {
	/** Code points in a message's text. */
	maxText: number;
	/** Characters in a note. */
	maxNote: number;
	/** Requests an hour and scope. */
	rate: number;
	/** Whether messages have a `uuid` and can be asked for by it; otherwise only by `id`. */
	messageUuids: boolean;
	/** Whether a parameter that should be a UUID and is none is refused. */
	checksUuids: boolean;
	/** Whether ticket_actions tells the tickets that it left as they were. */
	tellsFailures: boolean;
	/** Whether POST messages looks at `ticket`. */
	messagesHaveTickets: boolean;
	/** Whether tickets tell what the flow wrote about them. */
	ticketBodies: boolean;
	/** Whether users have a `uuid`, a `name`, a team and an avatar. */
	userDetails: boolean;
	/** Whether contacts have notes. */
	contactNotes: boolean;
	/** Whether the addresses of media lack scheme and host, as with local storage. */
	relativeMedia: boolean;
	/** The images that media takes; all of them where this is absent. */
	images?: ReadonlySet<string>;
}

export const TRAITS: Readonly<Record<Release, Traits>> = {
	'26.3': {
		maxText: 4096,
		maxNote: 10_000,
		rate: 3600,
		messageUuids: true,
		checksUuids: true,
		tellsFailures: true,
		messagesHaveTickets: false,
		ticketBodies: false,
		userDetails: true,
		contactNotes: true,
		relativeMedia: false,
		images: new Set(['apng', 'avif', 'gif', 'jpeg', 'png', 'webp'].map((name) => `image/${name}`)),
	},
	'9.0': {
		maxText: 640,
		maxNote: 4096,
		rate: 2500,
		messageUuids: false,
		checksUuids: false,
		tellsFailures: false,
		messagesHaveTickets: true,
		ticketBodies: true,
		userDetails: false,
		contactNotes: false,
		relativeMedia: true,
	},
};
