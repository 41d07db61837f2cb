import type { Contact } from '../model.mts';
import { fieldsIn } from './body.mts';
import { Form, invalid, list, noSuchObject, text } from './form.mts';
import { listing, page } from './paging.mts';
import { json, NO_CONTENT, type Question, Refusal, type Reply } from './reply.mts';
import { contactResult } from './results.mts';
import type { Store } from './store.mts';
import { uuidParam } from './uuid-param.mts';

/** `GET contacts.json`: the last modified first. */
export function getContacts({ url }: Question, store: Store, size: number): Reply {
	const params = url.searchParams;
	const uuid = uuidParam(params, 'uuid', store.traits);
	const urn = params.get('urn');
	const found = store.model.contacts.filter(
		(contact) => (uuid ?? contact.uuid) === contact.uuid && (urn === null || contact.urns.includes(urn)),
	);
	const shown = page(found, { url, size, at: ({ modifiedAt }) => modifiedAt });
	return json(
		200,
		listing(shown, (contact) => contactResult(contact, store)),
	);
}

/** `POST contacts.json`: changes the contact that `uuid` or `urn` names, else makes one. 9.0 knows no notes. */
export function postContact(question: Question, store: Store): Reply {
	const params = question.url.searchParams;
	const named = uuidParam(params, 'uuid', store.traits) ?? params.get('urn');
	const form = new Form(fieldsIn(question));
	const name = form.optional('name', text(64), { nullable: true });
	const language = form.optional('language', text(3), { nullable: true });
	const urns = form.optional('urns', list(text(255)));
	const fields = form.optional('fields', fieldValues);
	const note = store.traits.contactNotes ? form.optional('note', text(10_000)) : undefined;
	form.done();
	const known = named === null ? undefined : store.contact(named);
	if (named !== null && known === undefined) throw Refusal.detail(404, 'No Contact matches the given query.');
	const contact = known ?? store.model.addContact({ urns: urns ?? [] });
	if (name !== undefined) contact.name = name ?? '';
	if (language !== undefined) contact.language = language ?? '';
	Object.assign(contact.fields, fields);
	if (note) contact.notes.push(note);
	contact.modifiedAt = store.model.moment();
	return json(known === undefined ? 201 : 200, contactResult(contact, store));
}

function fieldValues(value: unknown): Record<string, string> {
	if (typeof value !== 'object' || value === null) return invalid('Expected a dictionary of items.');
	return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, String(held)]));
}

const STATUSES: Record<string, Contact['status']> = { block: 'blocked', unblock: 'active', archive: 'archived' };

/** `POST contact_actions.json`. Flows are not played here, so `interrupt` has nothing to end. */
export function postContactActions(question: Question, store: Store): Reply {
	const form = new Form(fieldsIn(question));
	const contacts = form.required(
		'contacts',
		list((named) => store.contact(String(named)) ?? noSuchObject(named), 100),
	);
	const action = form.required('action', (value) =>
		value === 'interrupt' || String(value) in STATUSES ? String(value) : invalid(`"${value}" is not a valid choice.`),
	);
	form.done();
	const status = STATUSES[action ?? ''];
	for (const contact of contacts ?? []) if (status !== undefined) contact.status = status;
	return NO_CONTENT;
}
