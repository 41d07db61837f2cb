import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RapidPro, type Release } from './index.mts';
import { type Recording, recordings } from './recorded/recordings.mts';
import { type Asked, requests } from './recorded/requests.mts';

/** The requests are sent in the order of the recordings, as some build upon others. */
for (const release of ['26.3', '9.0'] as const) {
	describe(`RapidPro ${release} answers as the real server did`, () => {
		let rapidPro: RapidPro;
		let asked: Record<string, () => Asked>;

		before(async () => {
			rapidPro = await RapidPro.start({ release });
			asked = requests(await cast(rapidPro, release));
		});
		after(() => rapidPro.stop());

		for (const recording of recordings(`${release}.txt`)) compare(recording);

		describe('on another day', () => {
			before(() => {
				const [ticket] = rapidPro.model.tickets;
				if (ticket) rapidPro.flows.assign(ticket, rapidPro.model.users[0]);
			});

			for (const recording of recordings(`${release}-more.txt`)) compare(recording);
		});

		function compare(recording: Recording): void {
			it(recording.name, async () => {
				const request = asked[recording.name]?.();
				assert.ok(request, 'there is no request for this recording');
				const { path, headers = {}, ...rest } = request;
				const authorization = `Token ${rapidPro.apiToken}`;
				const response = await fetch(`${rapidPro.url}/api/v2/${path}`, {
					...rest,
					headers: { authorization, ...headers },
				});
				assert.equal(response.status, recording.status);
				assertAlike(await response.text(), response.headers.get('content-type') ?? '', recording);
			});
		}
	});
}

/** Who and what the recordings are about. What they call blocked could be reached in the recording of 9.0. */
async function cast(rapidPro: RapidPro, release: Release) {
	const { model, apiV2 } = rapidPro;
	model.addUser({ email: 'admin@example.com', firstName: 'Ada', lastName: 'Admin', role: 'administrator' });
	if (release === '26.3') {
		model.addUser({ email: 'bob@example.com', firstName: 'Bob', lastName: 'Agent', role: 'agent' });
	}
	const zoe = rapidPro.addContact({ name: 'Zoë', urns: ['whatsapp:12065551212'] });
	const blocked = rapidPro.addContact({ name: 'Blocked', urns: ['whatsapp:12065551213'], status: 'blocked' });
	const ticket = await rapidPro.flows.open(zoe);
	return {
		contact: zoe.uuid,
		blocked: release === '26.3' ? blocked.uuid : zoe.uuid,
		ticket: ticket.uuid,
		unknown: '01a21edd-48a3-77db-ab7b-8904f92c5052',
		topic: () => model.topics.at(-1)?.uuid ?? '',
		media: () => apiV2.store.uploads[0]?.uuid ?? '',
		mediaUrl: () => apiV2.store.uploads[0]?.url ?? '',
		firstMessage: () => (release === '26.3' ? `uuid=${model.messages[0]?.uuid}` : `id=${model.messages[0]?.id}`),
	};
}

/** The same keys in the same order, and the same words where something is refused. Long answers were cut off. */
function assertAlike(body: string, contentType: string, recording: Recording): void {
	if (recording.status !== 204) assert.equal(contentType, recording.contentType);
	if (recording.contentType.startsWith('text/html')) return;
	const expected = parsed(recording.body);
	if (expected === undefined) return;
	const actual = parsed(body);
	if (recording.status >= 400) assert.deepEqual(actual, expected);
	else assert.deepEqual(shape(actual), shape(expected));
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** What varies: whether these hold something is no part of the comparison. */
const VARIED = new Set([
	'next',
	'fields',
	'groups',
	'notes',
	'quick_replies',
	'labels',
	'attachments',
	'failures',
	'team',
]);

/** Keys and kinds. Of a list the first item stands for all. */
function shape(value: unknown): unknown {
	if (value === null) return 'null';
	if (Array.isArray(value)) return value.slice(0, 1).map(shape);
	if (typeof value !== 'object') return typeof value;
	return Object.entries(value as object).map(([key, held]) => [
		key,
		VARIED.has(key) ? Array.isArray(held) : shape(held),
	]);
}
