/** Somebody else's answer is not taken for mailroom's verdict: docs/reference/rapidpro.md. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { BUSY_DATABASE } from '../../sandbox/rapidpro/faults.mts';
import { Redirector, STRANGERS, STRIPPED } from '../../sandbox/rapidpro/index.mts';
import { until } from '../../sandbox/until.mts';
import { agentSays, closesOf, deliveredTo, FAST, FOR_EVER, PATIENCE_MS, untilDelivered } from '../support/delivery.mts';
import { closes, statusAsAsked, statusAsTyped, toldIn, tryAgain, untilTold, untilTried } from '../support/field.mts';
import { MediaHost } from '../support/media-host.mts';
import { LOGGED, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());
afterEach(() => stage.rapidPro.faults.clear());

describe('an answer that is not mailroom’s', () => {
	for (const [who, answer] of Object.entries(STRANGERS)) {
		it(`(${who}) leaves a message where it was, and is quoted to nobody`, async () => {
			const ticket = await stage.openTicket();
			const { failed_messages } = await statusAsAsked(stage);
			stage.rapidPro.faults.answer(answer, FOR_EVER);
			await agentSays(stage, ticket, ['kept']);
			await untilTried(stage, ticket);
			await until('status tells', async () => (await statusAsAsked(stage)).answers === false);
			const status = await statusAsAsked(stage);
			assert.deepEqual([status.queued_messages, status.failed_messages], [1, failed_messages]);
			assert.doesNotMatch(`${toldIn(stage, ticket)}${await statusAsTyped(stage)}`, /<|7731|unknown route|no Route/);
			stage.rapidPro.faults.clear();
			await tryAgain(stage);
			await untilDelivered(stage, ticket, ['kept']);
		});
	}

	for (const who of ['maintenancePage', 'router', 'otherService'] as const) {
		it(`(${who}) is not the end of a close`, async () => {
			const ticket = await stage.openTicket();
			stage.rapidPro.faults.answer(STRANGERS[who], FOR_EVER);
			await closes(stage, ticket);
			await untilTried(stage, ticket);
			stage.rapidPro.faults.clear();
			await tryAgain(stage);
			await until('the close', () => closesOf(stage, ticket) === 1, PATIENCE_MS);
		});
	}

	for (const [index, answer] of STRIPPED.entries()) {
		it(`but was stripped of its body by a proxy (${answer.status}, ${index}) is mailroom’s`, async () => {
			const ticket = await stage.openTicket();
			stage.rapidPro.faults.answer(answer, { ticketID: ticket.ticketID, handled: true });
			await agentSays(stage, ticket, ['once', 'more']);
			await untilDelivered(stage, ticket, ['once', 'more']);
		});
	}

	for (const doing of BUSY_DATABASE) {
		it(`but its database’s (${doing}) is an outage`, async () => {
			const ticket = await stage.openTicket();
			stage.rapidPro.faults.breakDown(doing, { ticketID: ticket.ticketID });
			await agentSays(stage, ticket, ['one', 'two']);
			await untilDelivered(stage, ticket, ['one', 'two']);
			assert.doesNotMatch(toldIn(stage, ticket), /pq:/);
		});
	}
});

describe('an answer that is mailroom’s', () => {
	for (const error of ["field 'data' is required", 'invalid event type']) {
		it(`is final: ${error}`, async () => {
			const ticket = await stage.openTicket();
			const scope = { ticketID: ticket.ticketID };
			stage.rapidPro.faults.answer(
				{ status: 400, body: { error }, headers: { 'content-type': 'application/json' } },
				scope,
			);
			await agentSays(stage, ticket, ['refused', 'taken']);
			await untilDelivered(stage, ticket, ['taken']);
			await untilTold(stage, ticket, /refused/);
		});
	}
});

describe('a callback that redirects', () => {
	let front: Redirector | undefined;
	let host: MediaHost;
	before(async () => {
		host = await MediaHost.start();
	});
	after(() => host.stop());
	afterEach(async () => {
		await front?.stop();
		front = undefined;
		await callBackTo(stage.rapidPro.callbackUrl);
	});

	async function callBackTo(url: string): Promise<void> {
		const { status, body } = await stage.app.call('PUT', 'settings', { webhook: { url } });
		assert.equal(status, 204, body);
	}

	for (const code of [301, 302, 307, 308]) {
		it(`with ${code} to another address is told with that address, without its query`, async () => {
			const elsewhere = stage.rapidPro.url.replace('127.0.0.1', 'localhost');
			front = await Redirector.start(code, (path) => `${elsewhere}${path}?session=s3cr3t`);
			const ticket = await stage.openTicket();
			await callBackTo(stage.rapidPro.callbackUrl.replace(stage.rapidPro.url, front.url));
			await agentSays(stage, ticket, ['kept']);
			await until('the request', () => front?.asked.length, PATIENCE_MS);
			const told = await until('status tells', async () => {
				const text = await statusAsTyped(stage);
				return text.includes(elsewhere) && text;
			}).catch(async () => statusAsTyped(stage));
			assert.ok(told.includes(elsewhere), told);
			assert.match(told, /redirect/i);
			assert.doesNotMatch(`${told}${toldIn(stage, ticket)}`, /s3cr3t/);
			assert.deepEqual(deliveredTo(stage, ticket), []);
			await callBackTo(stage.rapidPro.callbackUrl);
			await tryAgain(stage);
			await untilDelivered(stage, ticket, ['kept']);
		});
	}

	it('to a log-in page that answers 200 keeps messages and closes', LOGGED, async () => {
		const page = host.offer('/log-in', { type: 'text/html', bytes: Buffer.from('<html>Log in</html>') });
		front = await Redirector.start(302, () => page);
		const ticket = await stage.openTicket();
		await callBackTo(stage.rapidPro.callbackUrl.replace(stage.rapidPro.url, front.url));
		await agentSays(stage, ticket, ['kept']);
		await closes(stage, ticket);
		await until('the request', () => front?.asked.length, PATIENCE_MS);
		await until('the log tells', () => stage.rocketChat.appLogs().some((line) => line.includes(page)), PATIENCE_MS);
		await callBackTo(stage.rapidPro.callbackUrl);
		await tryAgain(stage);
		await untilDelivered(stage, ticket, ['kept']);
		await until('the close', () => closesOf(stage, ticket) === 1, PATIENCE_MS);
	});
});
