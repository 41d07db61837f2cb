/** The flows of a release can be imported by both releases of RapidPro, and hold nothing of one's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLOW_FILES } from './flows.mjs';

/** Keys that both servers took, of a file that was really imported into both. */
const KEYS = {
	file: ['version', 'site', 'flows', 'campaigns', 'triggers', 'fields', 'groups'],
	flow: [
		...['uuid', 'name', 'spec_version', 'language', 'type', 'revision', 'expire_after_minutes', 'localization'],
		...['nodes', '_ui'],
	],
	actions: {
		open_ticket: ['type', 'uuid', 'topic', 'body', 'result_name'],
		call_webhook: ['type', 'uuid', 'method', 'url', 'headers', 'body', 'result_name'],
		set_run_result: ['type', 'uuid', 'name', 'value', 'category'],
	},
};

const files = Object.fromEntries(Object.entries(FLOW_FILES).map(([name, make]) => [name, make()]));
const main = files['rapidpro-flows.json'];
const closed = files['rapidpro-flow-closed.json'];

function actionsOf(file, type) {
	return file.flows.flatMap(({ nodes }) => nodes.flatMap(({ actions }) => actions)).filter((it) => it.type === type);
}

for (const [name, file] of Object.entries(files)) {
	describe(name, () => {
		it('is of a version that every server takes', () => {
			assert.deepEqual(Object.keys(file), KEYS.file);
			assert.equal(file.version, '13');
			assert.equal(file.site, '');
			for (const flow of file.flows) {
				assert.deepEqual(Object.keys(flow), KEYS.flow);
				assert.equal(flow.spec_version, '13.2.0');
			}
		});

		it('has actions as they were imported before', () => {
			for (const [type, keys] of Object.entries(KEYS.actions)) {
				for (const action of actionsOf(file, type)) assert.deepEqual(Object.keys(action), keys);
			}
		});

		it('takes address and secret from globals, and holds no secret', () => {
			for (const { url, headers } of actionsOf(file, 'call_webhook')) {
				assert.match(url, /^@globals\.rocketchat_url\/flow\.(open|message|closed)$/);
				assert.equal(headers.Authorization, 'Token @globals.rocketchat_secret');
			}
			assert.doesNotMatch(JSON.stringify(file), /https?:/);
			assert.doesNotMatch(JSON.stringify(file), /Token (?!@)/);
		});

		it('leads nowhere that is not there, and names nothing twice', () => {
			for (const { nodes, _ui } of file.flows) {
				const ids = nodes.map(({ uuid }) => uuid);
				const exits = nodes.flatMap((node) => node.exits);
				for (const { destination_uuid: to } of exits) assert.ok(to === null || ids.includes(to));
				for (const { router, exits } of nodes.filter((node) => node.router)) {
					const own = exits.map(({ uuid }) => uuid);
					const categories = router.categories.map(({ uuid }) => uuid);
					for (const { exit_uuid } of router.categories) assert.ok(own.includes(exit_uuid));
					for (const { category_uuid } of router.cases) assert.ok(categories.includes(category_uuid));
					assert.ok(categories.includes(router.default_category_uuid));
				}
				assert.deepEqual(Object.keys(_ui.nodes), ids);
				const all = [...ids, ...exits.map(({ uuid }) => uuid)];
				assert.equal(new Set(all).size, all.length);
			}
		});

		it('has expressions whose brackets and quotes close', () => {
			for (const { body } of actionsOf(file, 'call_webhook')) {
				const outside = body.replace(/"[^"]*"/g, '');
				assert.doesNotMatch(outside, /"/);
				assert.equal(outside.split('(').length, outside.split(')').length);
			}
		});

		it('has triggers with groups, even if none', () => {
			for (const { groups, flow } of file.triggers) {
				assert.ok(Array.isArray(groups));
				assert.ok(file.flows.some(({ uuid, name }) => uuid === flow.uuid && name === flow.name));
			}
		});
	});
}

describe('the flows for everybody', () => {
	it('catch what contacts with open tickets write', () => {
		const [trigger] = main.triggers;
		assert.equal(trigger.trigger_type, 'C');
		assert.deepEqual(
			trigger.groups.map(({ name }) => name),
			['Open Tickets'],
		);
		assert.deepEqual(
			main.groups.map(({ name, query }) => [name, query]),
			[['Open Tickets', 'tickets > 0']],
		);
		assert.equal(main.groups[0].uuid, trigger.groups[0].uuid);
	});

	it('have no trigger for closed tickets, which would archive the workspace’s own', () => {
		assert.deepEqual(
			main.triggers.map(({ trigger_type }) => trigger_type),
			['C'],
		);
	});

	it('open a ticket, tell the app, and keep its answer', () => {
		const [open] = main.flows;
		assert.equal(open.name, 'Rocket.Chat - Open Ticket');
		assert.deepEqual(
			open.nodes.map(({ actions }) => actions.map(({ type }) => type)),
			[['open_ticket'], ['call_webhook'], ['set_run_result', 'set_run_result'], ['set_run_result', 'set_run_result']],
		);
		const [, , success, failure] = open.nodes;
		assert.deepEqual(
			success.actions.map(({ value }) => value),
			['@webhook.room_id', '@webhook.agent_online'],
		);
		assert.deepEqual(
			failure.actions.map(({ value }) => value),
			['', ''],
		);
	});
});

describe('the flow for closed tickets', () => {
	it('has a trigger of its own, without a channel', () => {
		const [trigger] = closed.triggers;
		assert.equal(trigger.trigger_type, 'T');
		assert.ok(!('channel' in trigger));
		assert.deepEqual(closed.groups, []);
	});
});
