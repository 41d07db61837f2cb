/** Whatever the server lets through to the app gets a 2xx or a 4xx in the error pattern, and harms nobody. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { generation } from '../sandbox/rocketchat/generation.mts';
import type { Reply } from './support/app-client.mts';
import { assertErrorPattern, assertRefusal } from './support/expect.mts';
import { HostileBodies, type HostileRequest } from './support/hostile-bodies.mts';
import { AGENT, Stage } from './support/stage.mts';

const SEED = Number(process.env.HOSTILE_SEED ?? 20_200_717);
const COUNT = 1_000;
const AT_ONCE = 4;

let stage: Stage;
before(async () => {
	stage = await Stage.open();
	await stage.rocketChat.addDepartment({ name: 'Nurses', agents: [AGENT] });
});
after(() => stage?.close());

function judge({ method, endpoint, body }: HostileRequest, reply: Reply): void {
	try {
		assert.ok(reply.status >= 200 && reply.status < 500, `status ${reply.status}`);
		assert.ok(reply.status < 300 || reply.status >= 400, `status ${reply.status}`);
		if (reply.status >= 400) assertErrorPattern(reply);
	} catch (error) {
		const request = `${method} ${endpoint} ${body.slice(0, 2_000)}`;
		throw new Error(`${(error as Error).message}\nseed ${SEED}: ${request}\n${reply.status} ${reply.body}`);
	}
}

const ENDPOINTS = [
	['GET', 'room'],
	['POST', 'room'],
	['GET', 'room.close'],
	['POST', 'room.close'],
	['PUT', 'settings'],
	['POST', 'visitor-message'],
] as const;
/** The core reads 127 levels. */
const DEPTHS = [60, 90, 127, 128, 129, 1_000, 5_000, 40_000, 100_000];
/**
 * What is deeper no app hears of: an engine with a process of apps cannot write it (docs/reference/rocketchat.md 0b), one
 * without runs out of stack before it calls the app.
 */
const CARRIED_DEPTH = generation.appsInProcess ? 1_000 : 90;
const OF_THE_SERVER = /Too deep objects|Parse error|Payload Too Large|Maximum call stack size exceeded/;
/** What is longer Rocket.Chat from 7.6 refuses itself. */
const CARRIED_LENGTH = generation.bodyLimit === '100kb' ? 102_400 : Number.POSITIVE_INFINITY;
const WIDTH = 102_300;

const DEEP: readonly ((depth: number) => string)[] = [
	(depth) => '['.repeat(depth) + ']'.repeat(depth),
	(depth) => `${'{"visitor":'.repeat(depth)}1${'}'.repeat(depth)}`,
	(depth) => `{"visitor":{"token":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`,
];
const WIDE: readonly string[] = [
	`{${members(WIDTH)}}`,
	`[${'0,'.repeat(WIDTH / 2 - 1)}0]`,
	`[${'{},'.repeat(WIDTH / 3 - 1)}{}]`,
	`{"visitor":{${members(WIDTH - 20)}}}`,
	`{"visitor":{"token":[${'0,'.repeat(WIDTH / 2 - 20)}0]}}`,
	`{"webhook":{${members(WIDTH - 20)}}}`,
	`{"${'x'.repeat(WIDTH - 20)}":1}`,
];

/** As many members of an object as this many characters hold. */
function members(length: number): string {
	const [member, digits] = ['"k":0,', String(length).length];
	const count = Math.floor(length / (member.length + digits));
	return Array.from({ length: count }, (_, index) => `"k${index}":0`).join();
}

for (const [who, deviation, status] of [
	['RapidPro', {}, 400],
	['a stranger', { authorization: 'Token guessed' }, 401],
] as const) {
	describe(`deep and wide bodies of ${who}`, () => {
		for (const [method, endpoint] of ENDPOINTS) {
			it(`are refused by ${method} ${endpoint}`, async () => {
				const send = (body: string) => stage.app.call(method, endpoint, body, deviation);
				const isCarried = (depth: number, body: string) => depth <= CARRIED_DEPTH && body.length <= CARRIED_LENGTH;
				for (const depth of DEPTHS) {
					const bodies = DEEP.map((bodyOf) => bodyOf(depth));
					for (const [index, reply] of (await Promise.all(bodies.map(send))).entries()) {
						if (isCarried(depth, bodies[index] ?? '')) assertRefusal(reply, status);
						else if (reply.status !== status) assert.match(reply.body, OF_THE_SERVER);
					}
				}
				for (const reply of await Promise.all(WIDE.map(send))) assertRefusal(reply, status);
			});
		}

		it('leave the app alive', async () => {
			assert.equal((await stage.app.call('GET', 'secret.check')).status, 200);
			assert.doesNotMatch(JSON.stringify(stage.rocketChat.appLogs()), /internal error/);
		});
	});
}

describe(`${COUNT} hostile bodies (seed ${SEED})`, () => {
	it('get only 2xx and 4xx in the error pattern', async (test) => {
		const bodies = new HostileBodies(SEED);
		const statuses = new Map<number, number>();
		let left = COUNT;
		const sender = async () => {
			while (left-- > 0) {
				const request = bodies.next();
				const reply = await stage.app.call(request.method, request.endpoint, request.body);
				judge(request, reply);
				statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, sender));
		const figures = [...statuses].sort().map(([status, count]) => `${count} × ${status}`);
		test.diagnostic(figures.join(', '));
		assert.ok((statuses.get(400) ?? 0) > COUNT / 4, 'most are refused');
		assert.ok((statuses.get(200) ?? 0) > 0, 'some get through to Rocket.Chat');
	});

	it('leave the app healthy', async () => {
		await stage.rapidPro.connect(stage.rocketChat.appUrl);
		const { contact, ticketID, roomId } = await stage.openTicket();
		const [answer] = await stage.rapidPro.contactWrites(contact, 'Hello');
		assert.equal(answer?.status, 201);
		await stage.rocketChat.agentWrites(roomId, AGENT, 'Hello Ann');
		assert.equal((await stage.webhook(ticketID)).body.data?.text, 'Hello Ann');
		await stage.rocketChat.closeRoom(roomId, { by: AGENT, comment: 'Done' });
		assert.equal((await stage.webhook(ticketID, 2)).body.type, 'close-room');
	});
});
