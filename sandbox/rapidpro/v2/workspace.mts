import { fieldsIn } from './body.mts';
import { Form, invalid, refuse, text } from './form.mts';
import { listing, page } from './paging.mts';
import { json, type Question, Refusal, type Reply } from './reply.mts';
import { globalResult, topicResult, userResult } from './results.mts';
import { type Global, keyOf, type Store } from './store.mts';

/** `GET users.json`: the newest first. */
export function getUsers({ url }: Question, store: Store, size: number): Reply {
	const shown = page(store.model.users, { url, size, at: ({ createdAt }) => createdAt });
	return json(
		200,
		listing(shown, (user) => userResult(user, store)),
	);
}

/** `GET topics.json`: the newest first. */
export function getTopics({ url }: Question, store: Store, size: number): Reply {
	const shown = page(store.model.topics, { url, size, at: ({ createdAt }) => createdAt });
	return json(
		200,
		listing(shown, (topic) => topicResult(topic, store)),
	);
}

/** `POST topics.json`. */
export function postTopic(question: Question, store: Store): Reply {
	const form = new Form(fieldsIn(question));
	const taken = (name: string) => store.model.topics.some((topic) => sameName(topic.name, name));
	const name = form.required('name', unique(text(64), taken));
	form.done();
	return json(201, topicResult(store.model.addTopic(name ?? ''), store));
}

/** `GET globals.json`: the last modified first. */
export function getGlobals({ url }: Question, { globals }: Store, size: number): Reply {
	const key = url.searchParams.get('key');
	const found = globals.filter((global) => key === null || global.key === key);
	return json(200, listing(page(found, { url, size, at: ({ modifiedAt }) => modifiedAt }), globalResult));
}

/** `POST globals.json`: `key` says which to change; without it a name makes a new one. */
export function postGlobal(question: Question, store: Store): Reply {
	const key = question.url.searchParams.get('key');
	const known = key === null ? undefined : store.globals.find((global) => global.key === key);
	if (key !== null && known === undefined) throw Refusal.detail(404, 'No Global matches the given query.');
	const form = new Form(fieldsIn(question));
	const taken = (name: string) => store.globals.some((global) => global !== known && sameName(global.name, name));
	const value = form.required('value', text(10_000));
	const name = form.optional('name', unique(globalName, taken)) ?? undefined;
	form.done();
	if (known === undefined && name === undefined) refuse('Name is required when creating new global.');
	const global = known ?? named(name ?? '', store);
	global.value = value ?? '';
	global.modifiedAt = store.model.moment();
	return json(known === undefined ? 201 : 200, globalResult(global));
}

/** A new global, or the one whose key this name makes. */
function named(name: string, { globals, model }: Store): Global {
	const key = keyOf(name);
	const known = globals.find((global) => global.key === key);
	if (known !== undefined) return known;
	const global = { key, name, value: '', modifiedAt: model.moment() };
	globals.push(global);
	return global;
}

function globalName(value: unknown): string {
	const name = text(36)(value);
	return /^[a-z][a-z0-9_\- ]*$/i.test(name) ? name : invalid('Name contains illegal characters.');
}

function unique(check: (value: unknown) => string, taken: (name: string) => boolean): (value: unknown) => string {
	return (value) => {
		const name = check(value);
		return taken(name) ? invalid('This field must be unique.') : name;
	};
}

function sameName(one: string, other: string): boolean {
	return one.toLowerCase() === other.toLowerCase();
}

/**
 * `GET definitions.json`: the flows that were imported, with their triggers and groups where `dependencies` asks for
 * them; nothing where no flow is named.
 */
export function getDefinitions({ url }: Question, { definitions }: Store): Reply {
	const wanted = url.searchParams.getAll('flow').flatMap((uuids) => uuids.split(','));
	const dependencies = url.searchParams.get('dependencies') ?? 'all';
	const flows = definitions.flows.filter(({ uuid }) => wanted.includes(uuid));
	const withTriggers = dependencies !== 'none' && flows.length > 0;
	return json(200, {
		version: '13',
		site: 'https://app.rapidpro.io',
		flows,
		campaigns: [],
		triggers: withTriggers ? definitions.triggers.filter(({ flow }) => wanted.includes(flow.uuid)) : [],
		fields: [],
		groups: withTriggers && dependencies === 'all' ? definitions.groups : [],
	});
}

/** `GET flows.json`: those that were imported. */
export function getFlows(_question: Question, { definitions }: Store): Reply {
	const results = definitions.flows.map(({ uuid, name }) => ({
		uuid,
		name,
		type: 'message',
		archived: false,
		labels: [],
	}));
	return json(200, { next: null, previous: null, results });
}

/** `GET groups.json`: the one that matters here, which is always there. */
export function getGroups(_question: Question, { openTickets, model }: Store): Reply {
	const count = model.contacts.filter((contact) => model.openTickets(contact).length > 0).length;
	const group = { ...openTickets, query: 'tickets > 0', status: 'ready', system: true, count };
	return json(200, { next: null, previous: null, results: [group] });
}
