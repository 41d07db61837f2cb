/** What the page shows, as its server tells it: plain documents by collection and id. */

import type { Troubles } from '../troubles.mts';

/** A person with a phone, in RapidPro. */
export interface Contact {
	id: string;
	name: string;
	phone?: string;
	email?: string;
	/** Of RapidPro, where it is not the first. */
	workspace?: string;
}

/** A ticket of a contact. */
export interface Ticket {
	id: string;
	contact: string;
	room: string;
	open: boolean;
	/** What the flow that opened it got from the app. */
	flowResult?: string;
}

/** A file of a message, with an address from which the browser can load it. */
export interface FileLink {
	name: string;
	type: string;
	url: string;
	size?: number;
}

/** What became of a message on its way to the other side. */
export interface Delivery {
	state: 'waiting' | 'delivered' | 'failed';
	/** Why it failed or waits, for people. */
	reason?: string;
}

/** A message as RapidPro holds it. */
export interface PhoneMessage {
	id: string;
	contact: string;
	from: 'contact' | 'agent';
	text: string;
	files: FileLink[];
	at: number;
	delivery: Delivery;
}

/** A livechat room. */
export interface Room {
	id: string;
	name: string;
	state: 'queued' | 'open' | 'closed';
	agent?: string;
	department?: string;
	at: number;
	/** Whether the contact waits for an answer. */
	waiting: boolean;
	/** What is known of the visitor, and the room's fields, as label and value. */
	details: [string, string][];
}

/** A message in a room, or a notice, which Rocket.Chat shows without keeping it. */
export interface RoomMessage {
	id: string;
	room: string;
	from: 'contact' | 'agent' | 'app' | 'system' | 'notice';
	author: string;
	text: string;
	files: FileLink[];
	at: number;
	/** Only of what goes to the contact. */
	delivery?: Delivery;
	/** Only of a notice: the agent who sees it; everybody where absent. */
	to?: string;
}

/** Somebody who acts in Rocket.Chat: agents, and the administrator, whom no conversation is given to. */
export interface Agent {
	id: string;
	name: string;
	online: boolean;
	isAdmin: boolean;
}

export interface Department {
	id: string;
	name: string;
}

/** What an entry of the traffic is about. */
export type TrafficKind = 'request' | 'webhook' | 'event' | 'record' | 'job' | 'call' | 'log';

/** One thing that happened, in a line. What it carried is fetched when somebody wants to see it. */
export interface TrafficEntry {
	id: string;
	kind: TrafficKind;
	at: number;
	title: string;
	/** The room that it is about, where that is known. */
	room?: string;
	/** `200`, `stored`, `failed` … */
	outcome?: string;
	state: 'running' | 'good' | 'bad' | 'neutral';
	durationMs?: number;
	/** Calls that the app's process made to the server meanwhile. */
	calls?: number;
}

/** The rest of an entry. */
export interface TrafficDetail {
	sections: { title: string; text: string }[];
	/** The same request for a terminal, its secret left out. */
	curl?: string;
}

/** A scenario that can be played. */
export interface ScenarioInfo {
	id: string;
	title: string;
	summary: string;
}

/** A scenario that is being played or was. */
export interface Play {
	scenario: string;
	/** The contact whom it is about, as soon as there is one. */
	contact?: string;
	steps: { title: string; checks: { good: boolean; text: string }[] }[];
	state: 'playing' | 'succeeded' | 'failed';
}

/** All that there is only one of. */
export interface Sandbox extends Troubles {
	id: 'sandbox';
	/** What is being started; absent when all is there. */
	starting?: string;
	rocketChatUrl?: string;
	rapidProUrl?: string;
	appUrl?: string;
	/** Whether RapidPro knows the app. */
	connected: boolean;
	/** The contact and the agent to begin with. */
	firstContact?: string;
	firstAgent?: string;
	play?: Play;
}

/** The collections with what is in them. */
export interface Collections {
	sandbox: Sandbox;
	scenarios: ScenarioInfo;
	contacts: Contact;
	tickets: Ticket;
	phoneMessages: PhoneMessage;
	rooms: Room;
	roomMessages: RoomMessage;
	agents: Agent;
	departments: Department;
	traffic: TrafficEntry;
}

export type CollectionName = keyof Collections;

/** A document as it is now, or null where it is gone. */
export type BoardChange = { [Name in CollectionName]: [Name, string, Collections[Name] | null] }[CollectionName];

/** How many entries of the traffic are kept. */
export const TRAFFIC_MAX = 5000;
