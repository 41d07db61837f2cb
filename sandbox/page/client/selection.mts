import { batch, computed, effect, type Signal, signal } from '@preact/signals';
import type { TrafficKind } from '../documents.mts';
import { documents, sandbox } from './documents.mts';

/** The parts of the page, one of which is to be seen where there is no room for all. */
export type Part = 'rapidpro' | 'rocketchat' | 'traffic' | 'controls';

/** Kept in the browser's tab, so that a reload shows the same. */
function kept<T>(name: string, first: T): Signal<T> {
	const stored = sessionStorage.getItem(name);
	const value = signal<T>(stored === null ? first : JSON.parse(stored));
	effect(() => sessionStorage.setItem(name, JSON.stringify(value.value ?? null)));
	return value;
}

export const part = kept<Part>('part', 'rapidpro');
const chosenContact = kept<string | null>('contact', null);
const chosenRoom = kept<string | null>('room', null);
const chosenAgent = kept<string | null>('agent', null);

/** Calls of the app are many, and of interest to few. */
export const trafficKinds = kept<TrafficKind[]>('trafficKinds', [
	'request',
	'webhook',
	'event',
	'record',
	'job',
	'log',
]);
export const trafficSearch = kept('trafficSearch', '');
export const onlyThisConversation = kept('onlyThisConversation', false);

/** Whose phone is shown. */
export const contact = computed(() => {
	const contacts = documents('contacts').value;
	return contacts.get(chosenContact.value ?? '') ?? contacts.get(sandbox()?.firstContact ?? '');
});

/** The room that is shown: the one that was chosen, or that of the contact's newest ticket. */
export const room = computed(() => {
	const newest = [...documents('tickets').value.values()].findLast((ticket) => ticket.contact === contact.value?.id);
	return documents('rooms').value.get(chosenRoom.value ?? newest?.room ?? '');
});

/** The agent who acts. */
export const agent = computed(() => {
	const agents = documents('agents').value;
	return agents.get(chosenAgent.value ?? '') ?? agents.get(sandbox()?.firstAgent ?? '');
});

/** Shows a contact's phone and, beside it, the room of the newest ticket. */
export function showContact(id: string): void {
	batch(() => {
		chosenContact.value = id;
		chosenRoom.value = null;
	});
}

/** Shows a room and, beside it, the phone of the contact whose ticket it is. */
export function showRoom(id: string): void {
	const ticket = [...documents('tickets').value.values()].findLast(({ room }) => room === id);
	batch(() => {
		chosenRoom.value = id;
		if (ticket !== undefined) chosenContact.value = ticket.contact;
	});
}

export function showAgent(username: string): void {
	chosenAgent.value = username;
}

/** The contact of the scenario that was seen last; null before anything was. */
let followed: string | undefined | null = null;

/** The contact of a scenario comes to the fore, unless it was over before the page was opened. */
effect(() => {
	const now = sandbox();
	if (now === undefined) return;
	const played = now.play?.contact;
	const isOld = followed === null && now.play?.state !== 'playing';
	if (played !== undefined && played !== followed && !isOld) showContact(played);
	followed = played;
});

const serving = computed(() => room.value?.agent);

/** The agent who is given the room on the screen is the one who answers. */
effect(() => {
	if (serving.value !== undefined) chosenAgent.value = serving.value;
});
