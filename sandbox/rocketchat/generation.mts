import { engineVersion } from './engine/home.mts';

/**
 * In which ways the servers of a time differ from others, as far as apps notice (docs/reference/rocketchat.md, from its
 * versions on). What is said of a version is true of those before it, too, where the list below does not say otherwise.
 */
export interface Generation {
	/** The version of Rocket.Chat. */
	rocketChat: string;
	/** Whether apps live in the server's own process, as in all servers before 6.9. */
	appsInProcess: boolean;
	/** How often a process of an app that died is started again. */
	restarts: number;
	/** Whether an app that was enabled since the server started is enabled again in the next process. */
	enablesRestarted: boolean;
	/** Whether an app is always enabled again after an update or a restart; once a setting is saved, 1.55 stores the status before. */
	enablesUpdated: boolean;
	/** Whether apps learn why a call failed; from engines 1.43 to 1.46 they mostly get `[object Object]`. */
	tellsErrors: boolean;
	/** Whether the log keeps all lines; Deno engines before 1.62 lose those of requests that another one overtakes. */
	logsComplete: boolean;
	/**
	 * Whether an updated app takes the place of the old one before it starts; before, it starts with the old one's
	 * permissions, and what its endpoints and jobs log goes to the old one and is lost.
	 */
	replacesBeforeStart: boolean;
	/** Whether messages with a type go to IPostSystemMessageSent; before, a few of them went to IPostMessageSent. */
	systemMessagesApart: boolean;
	/** Whether apps hear of the message with the comment of a close at all: from 6.12 to 7.0 they do not. */
	tellsCloses: boolean;
	/** Whether a thumbnail among a message's files says by `typeGroup` that it is one. */
	thumbnailsMarked: boolean;
	/** Whether a visitor's token may have one open room only, which the database sees to. */
	oneOpenRoom: boolean;
	/** Whether contacts may have to be verified, and unknown ones be kept away from agents. */
	contactVerification: boolean;
	/** Whether nobody but visitors can write once the licence's monthly contacts are used up. */
	monthlyContacts: boolean;
	/** Whether an app's message has `type` and `files`; before, both were among what is not mapped. */
	messageType: boolean;
	messageFiles: boolean;
	/** Whether an app's room has `source`; before, the same. */
	roomSource: boolean;
	/** Whether an app's room has `closer` and `closedBy`; before, both were as stored among what is not mapped. */
	roomCloser: boolean;
	/** What becomes of a close of a closed room: an error, or this answer. */
	closeAgain: 'refused' | boolean;
	/** Whether comments and tags may be demanded of who closes a room. */
	closingRules: boolean;
	/** Whether a room is made only for the source type `app`. */
	demandsSourceType: boolean;
	/** Whether the custom fields of a new room are taken. */
	roomCustomFields: boolean;
	/** Whether an HTTP request without an answer throws; before, it gave undefined. */
	httpThrows: boolean;
	/** What storing a record gives. */
	stored: 'id' | 'insertResult';
	/** What removing no records gives: undefined, or an empty list. */
	removedNothing: 'undefined' | 'list';
	/** Whether an update without a match inserts, asked to or not. */
	updateInserts: boolean;
	/** How large a body may be that reaches an app. */
	bodyLimit: string;
}

const v8: Generation = {
	rocketChat: '8.4.0',
	appsInProcess: false,
	restarts: Number.POSITIVE_INFINITY,
	tellsErrors: true,
	enablesRestarted: true,
	enablesUpdated: true,
	logsComplete: true,
	replacesBeforeStart: true,
	systemMessagesApart: true,
	tellsCloses: true,
	thumbnailsMarked: true,
	oneOpenRoom: true,
	contactVerification: true,
	monthlyContacts: true,
	messageType: true,
	messageFiles: true,
	roomSource: true,
	roomCloser: true,
	closeAgain: 'refused',
	closingRules: true,
	demandsSourceType: false,
	roomCustomFields: true,
	httpThrows: true,
	stored: 'id',
	removedNothing: 'undefined',
	updateInserts: false,
	bodyLimit: '100kb',
};
const v7: Generation = {
	...v8,
	rocketChat: '7.13.0',
	logsComplete: false,
	messageFiles: false,
	thumbnailsMarked: false,
	oneOpenRoom: false,
};
const v7Middle: Generation = { ...v7, rocketChat: '7.10.0', enablesRestarted: false, enablesUpdated: false };
const v7First: Generation = {
	...v7Middle,
	rocketChat: '7.0.0',
	restarts: 3,
	enablesUpdated: true,
	tellsErrors: false,
	systemMessagesApart: false,
	tellsCloses: false,
	messageType: false,
	demandsSourceType: true,
	stored: 'insertResult',
	bodyLimit: '50mb',
};
const v6: Generation = {
	...v7First,
	rocketChat: '6.8.0',
	appsInProcess: true,
	restarts: 0,
	tellsErrors: true,
	logsComplete: true,
	tellsCloses: true,
	contactVerification: false,
	closeAgain: true,
	closingRules: false,
	roomCustomFields: false,
};
const v5: Generation = {
	...v6,
	rocketChat: '5.3.0',
	monthlyContacts: false,
	roomCloser: false,
	closeAgain: false,
	demandsSourceType: false,
	httpThrows: false,
	stored: 'id',
	removedNothing: 'list',
	updateInserts: true,
};
const v4: Generation = { ...v5, rocketChat: '4.2.2', replacesBeforeStart: false, roomSource: false };

/** By the version of the engine that they shipped. */
const GENERATIONS: Record<string, Generation> = {
	'1.62': v8,
	'1.58': v7,
	'1.55': v7Middle,
	'1.46': v7First,
	'1.42': v6,
	'1.35': v5,
	'1.28': v4,
};

/** The one that is played here: the engine's. */
export const generation = generationOf(engineVersion);

function generationOf(version: string): Generation {
	const found = GENERATIONS[version.split('.').slice(0, 2).join('.')];
	if (!found) throw new Error(`the sandbox knows no Rocket.Chat with the Apps-Engine ${version}`);
	return found;
}
