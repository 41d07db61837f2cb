import type { RapidProHealth } from '../troubles.mts';

/** A file that somebody picked in the browser. */
export interface PickedFile {
	name: string;
	type: string;
	/** The bytes in Base64. */
	data: string;
}

/** What a person may send: words, files, or the picture that the sandbox has ready. */
interface Sent {
	text?: string;
	files?: PickedFile[];
	sample?: boolean;
}

/** What a ticket may be opened with besides the contact. */
export interface TicketFields {
	department?: string;
	/** RFC 3339, seconds optional. */
	sessionStart?: string;
	priority?: string;
	customFields?: Record<string, string>;
}

/** What people do at the page, by the name under which the browser asks for it. */
export interface Asked {
	'contact/add': { name: string; phone?: string; email?: string };
	'contact/open': { contact: string } & TicketFields;
	'contact/write': { contact: string } & Sent;
	'contact/close': { contact: string };
	'agent/write': { room: string; agent: string } & Sent;
	'agent/take': { room: string; agent: string };
	'agent/return': { room: string };
	'agent/transfer': { room: string; by: string; agent?: string; department?: string };
	'agent/close': { room: string; by: string; comment: string };
	'agent/online': { agent: string; online: boolean };
	'trouble/rapidpro': { health: RapidProHealth };
	'trouble/kill': object;
	'trouble/enable': { enabled: boolean };
	'trouble/node': { on: boolean };
	'trouble/clock': { ms: number };
	'settings/save': { values: Record<string, unknown> };
	connect: object;
}

export type ActionName = keyof Asked;

/** A setting of the app, as Rocket.Chat describes it. */
export interface AppSetting {
	id: string;
	type: string;
	value?: unknown;
	packageValue: unknown;
	required: boolean;
	multiline?: boolean;
	values?: { key: string; i18nLabel: string }[];
	section?: string;
	i18nLabel: string;
	i18nDescription?: string;
	i18nAlert?: string;
	i18nPlaceholder?: string;
}

/** What the administrator sees on the app's page, and what RapidPro shows beside it. */
export interface SettingsPage {
	info: { name: string; version: string; description: string; author: { name: string }; status: string };
	settings: AppSetting[];
	/** Texts by language and key. */
	languages: Record<string, Record<string, string>>;
	/** What is to be pasted into RapidPro. */
	appUrl: string;
	/** What is to be pasted into Rocket.Chat. */
	secret: string;
	/** Of a RapidPro without ticketers: what is to be pasted into Rocket.Chat in place of the secret. */
	api?: { address: string; token: string };
}
