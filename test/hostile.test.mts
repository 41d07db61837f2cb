/** Whatever the server lets through to the app gets a 2xx or a 4xx in the error pattern, and harms nobody. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Reply } from './support/app-client.mts';
import { assertErrorPattern } from './support/expect.mts';
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
