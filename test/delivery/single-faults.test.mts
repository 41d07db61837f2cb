/**
 * Each call that delivery makes goes wrong once, in each way in which a call can: what agents wrote arrives all the
 * same, in order, and the close comes last. Where nobody can know whether something took effect it may come twice.
 */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../sandbox/until.mts';
import { closesOf, FAST, PATIENCE_MS } from '../support/delivery.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

const CALLS = [
	'persistence.createWithAssociations',
	'persistence.readByAssociations',
	'persistence.removeByAssociations',
	'persistence.updateByAssociations',
	'livechat._fetchLivechatRoomMessages',
	'scheduler.scheduleOnce',
	'http.call',
	'*',
];

type Faults = Stage['rocketChat']['faults'];
const WAYS: [title: string, strike: (faults: Faults, call: string) => void][] = [
	['fails', (faults, call) => faults.fail(call, { times: 1 })],
	['fails after it took effect', (faults, call) => faults.fail(call, { times: 1, afterwards: true })],
	['is never answered', (faults, call) => faults.hang(call, 1)],
	['takes effect and is never answered', (faults, call) => faults.hang(call, 1, { afterwards: true })],
];

/** Between two things that an agent does, so that their events come in that order, in milliseconds. */
const PAUSE_MS = 60;

/** What RapidPro has taken for a ticket, in order, but for copies. */
function taken(stage: Stage, { ticketID }: OpenTicket): (string | undefined)[] {
	const answered = stage.rapidPro.receivedFor(ticketID).filter(({ answer }) => answer?.status === 200);
	const texts = answered.map(({ body }) => body.data?.text ?? body.type);
	return texts.filter((text, index) => text !== texts[index - 1]);
}

describe('one call', () => {
	let stage: Stage;
	const tickets = new Map<string, OpenTicket>();

	before(async () => {
		stage = await Stage.open({ rocketChat: FAST });
		for (const call of CALLS) for (const [title, strike] of WAYS) await converse(`${call} ${title}`, strike, call);
		await until('all closes', () => [...tickets.values()].every((ticket) => closesOf(stage, ticket) > 0), PATIENCE_MS);
	});
	after(() => stage?.close());

	/** While the ones before may still wait to be made good. */
	async function converse(title: string, strike: (typeof WAYS)[number][1], call: string): Promise<void> {
		const ticket = await stage.openTicket();
		tickets.set(title, ticket);
		strike(stage.rocketChat.faults, call);
		for (const text of ['first', 'second']) {
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
			await sleep(PAUSE_MS);
		}
		await stage.rocketChat.closeRoom(ticket.roomId, { by: AGENT });
		await sleep(PAUSE_MS);
		stage.rocketChat.faults.clear();
	}

	for (const call of CALLS) {
		for (const [title] of WAYS) {
			it(`(${call}) ${title}`, () => {
				const ticket = tickets.get(`${call} ${title}`);
				assert.deepEqual(ticket && taken(stage, ticket), ['first', 'second', 'close-room']);
			});
		}
	}
});
