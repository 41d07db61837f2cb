/**
 * The flows that RapidPro imports: for speed, and so that a flow gets the app's answer. One file serves everybody, since
 * address and secret come from globals that the app fills (docs/reference/rapidpro.md#flows-and-their-import).
 *
 * usage: node tools/flows.mjs [--out <folder>]
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ROOT } from './project.mjs';
import { main } from './run.mjs';

/** What both releases take: a server refuses flows of a later specification than its own. */
const FILE_VERSION = '13';
const SPEC_VERSION = '13.2.0';

const ANSWER = { name: 'Rocket Chat Answer', key: 'rocket_chat_answer' };
const TICKET = { name: 'Ticket', key: 'ticket' };
const OPEN_TICKETS = { uuid: uuid('group'), name: 'Open Tickets' };
const GENERAL = { uuid: uuid('topic'), name: 'General' };

const MESSAGE = {
	uuid: 'input.uuid',
	text: 'input.text',
	attachments: 'input.attachments',
	urn: 'input.urn',
	channel: 'if(input.channel, input.channel.name, "")',
	created_on: 'input.created_on',
};

/** Flows as they are read: steps from top to bottom. What is sent is written as RapidPro's expressions. */
const OPEN = {
	name: 'Rocket.Chat - Open Ticket',
	steps: [
		{ openTicket: GENERAL },
		{
			call: 'flow.open',
			with: {
				// A contact who has a ticket gets no second one; without any there is nothing to tell.
				ticket: given('ticket', {
					uuid: 'ticket.uuid',
					topic: 'ticket.topic.name',
					assignee: 'if(ticket.assignee, ticket.assignee.email, "")',
				}),
				contact: {
					uuid: 'contact.uuid',
					name: 'contact.name',
					language: 'contact.language',
					urn: 'contact.urn',
					urns: 'contact.urns',
					groups: 'foreach(contact.groups, extract, "name")',
					fields: 'contact.fields',
				},
				run: { uuid: 'run.uuid', flow: 'run.flow.name', started_on: 'run.created_on' },
				message: given('input', MESSAGE),
				params: 'trigger.params',
			},
			// On failure they are blank, so that a flow that goes on from here never sees those of an earlier ticket.
			results: { 'Rocket Chat Room': '@webhook.room_id', 'Rocket Chat Agent Online': '@webhook.agent_online' },
		},
	],
};
const MESSAGES = {
	name: 'Rocket.Chat - Message',
	steps: [
		{
			call: 'flow.message',
			with: {
				ticket: given('ticket', { uuid: 'ticket.uuid' }),
				contact: { uuid: 'contact.uuid' },
				message: given('input', MESSAGE),
			},
		},
	],
};
const CLOSED = {
	name: 'Rocket.Chat - Ticket Closed',
	steps: [
		{
			call: 'flow.closed',
			with: {
				ticket: { uuid: 'trigger.ticket.uuid', topic: 'trigger.ticket.topic.name' },
				contact: { uuid: 'contact.uuid' },
			},
		},
	],
};

/** What each file of a release holds, by its name. */
export const FLOW_FILES = {
	'rapidpro-flows.json': () =>
		importFile(
			[OPEN, MESSAGES],
			// Anything that a contact with an open ticket writes, unless a keyword or a waiting flow takes it.
			[{ trigger_type: 'C', flow: MESSAGES, groups: [OPEN_TICKETS], channel: null }],
		),
	// A file of its own: RapidPro archives the trigger for closed tickets that a workspace has already.
	'rapidpro-flow-closed.json': () => importFile([CLOSED], [{ trigger_type: 'T', flow: CLOSED, groups: [] }]),
};

/** Writes the files into a folder; gives their paths. */
export function writeFlows(folder) {
	mkdirSync(folder, { recursive: true });
	return Object.entries(FLOW_FILES).map(([name, make]) => {
		const path = join(folder, name);
		writeFileSync(path, `${JSON.stringify(make(), null, 1)}\n`);
		return path;
	});
}

function importFile(flows, triggers) {
	return {
		version: FILE_VERSION,
		// Of no server in particular.
		site: '',
		flows: flows.map(flowOf),
		campaigns: [],
		triggers: triggers.map(({ flow, ...trigger }) => ({ ...trigger, flow: reference(flow), exclude_groups: [] })),
		fields: [],
		groups: triggers.some(({ groups }) => groups.length > 0) ? [{ ...OPEN_TICKETS, query: 'tickets > 0' }] : [],
	};
}

function reference({ name }) {
	return { uuid: uuid(name), name };
}

function flowOf({ name, steps }) {
	const nodes = [];
	// From the end, so that each step knows where it leads.
	for (const [index, step] of [...steps.entries()].reverse()) {
		nodes.unshift(...nodesOf(step, `${name} ${index}`, nodes[0]));
	}
	return {
		...reference({ name }),
		spec_version: SPEC_VERSION,
		language: 'und',
		type: 'messaging',
		revision: 1,
		expire_after_minutes: 60,
		localization: {},
		nodes: nodes.map(({ kind, column, ...node }) => node),
		_ui: {
			nodes: Object.fromEntries(nodes.map(({ uuid, kind, column }, row) => [uuid, drawn(kind, column, row)])),
			stickies: {},
		},
	};
}

function drawn(type, column = 0, row) {
	return { type, position: { left: 100 + 260 * column, top: 60 + 180 * row } };
}

function nodesOf(step, place, next) {
	return 'call' in step ? callNodes(step, place, next) : [ticketNode(step, place, next)];
}

/** Goes on either way: a contact may have had a ticket before. */
function ticketNode({ openTicket: topic }, place, next) {
	const action = { type: 'open_ticket', uuid: uuid(place, 'open'), topic, body: '', result_name: TICKET.name };
	const router = switchOn(`@results.${TICKET.key}`, 'has_category', place);
	return { ...split(place, action, router, next, next), kind: 'split_by_ticket' };
}

/** A call to the app, and what is kept of its answer. */
function callNodes({ call, with: body, results = {} }, place, next) {
	const action = {
		type: 'call_webhook',
		uuid: uuid(place, 'call'),
		method: 'POST',
		url: `@globals.rocketchat_url/${call}`,
		headers: {
			'Content-Type': 'application/json',
			Accept: 'application/json',
			Authorization: 'Token @globals.rocketchat_secret',
		},
		body: `@(json(${expression(body)}))`,
		result_name: ANSWER.name,
	};
	const router = switchOn(`@results.${ANSWER.key}.category`, 'has_only_text', place);
	const blank = Object.fromEntries(Object.keys(results).map((name) => [name, '']));
	const after =
		Object.keys(results).length === 0
			? []
			: [keep(results, `${place} success`, next), keep(blank, `${place} failure`, next, 1)];
	const [success = next, failure = next] = after;
	return [{ ...split(place, action, router, success, failure), kind: 'split_by_webhook' }, ...after];
}

/** Stores results that the calling flow finds as `@child.results.…`. */
function keep(results, place, next, column) {
	const actions = Object.entries(results).map(([name, value]) => ({
		type: 'set_run_result',
		uuid: uuid(place, name),
		name,
		value,
		category: '',
	}));
	return { uuid: uuid(place), actions, exits: [exit(place, 'done', next)], kind: 'execute_actions', column };
}

function split(place, action, router, success, failure) {
	return {
		uuid: uuid(place),
		actions: [action],
		router,
		exits: [exit(place, 'Success', success), exit(place, 'Failure', failure)],
	};
}

function switchOn(operand, test, place) {
	const category = (name) => ({ uuid: uuid(place, 'category', name), name, exit_uuid: uuid(place, 'exit', name) });
	const [success, failure] = [category('Success'), category('Failure')];
	return {
		type: 'switch',
		operand,
		cases: [{ uuid: uuid(place, 'case'), type: test, arguments: ['Success'], category_uuid: success.uuid }],
		categories: [success, failure],
		default_category_uuid: failure.uuid,
	};
}

function exit(place, name, next) {
	return { uuid: uuid(place, 'exit', name), destination_uuid: next?.uuid ?? null };
}

/** An object of which `null` is told where RapidPro does not know it. */
function given(name, fields) {
	return `if(${name}, ${expression(fields)}, null)`;
}

/** RapidPro's expression for a value: an object's fields, or what is an expression already. */
function expression(value) {
	if (typeof value === 'string') return value;
	return `object(${Object.entries(value)
		.map(([key, field]) => `"${key}", ${expression(field)}`)
		.join(', ')})`;
}

/** The same for the same parts, so that the file only changes where something did. RapidPro makes others on import. */
function uuid(...parts) {
	const hash = createHash('sha256').update(parts.join('\0')).digest('hex');
	return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	main(() => {
		const { values } = parseArgs({ options: { out: { type: 'string' } } });
		const out = values.out === undefined ? join(ROOT, 'dist') : resolve(values.out);
		for (const path of writeFlows(out)) console.log(relative(ROOT, path));
	});
}
