/** A refusal that an agent or the administrator must act on is told where they read it. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { generation } from '../../sandbox/rocketchat/generation.mts';
import { until } from '../../sandbox/until.mts';
import { deliveredTo, PATIENCE_MS } from '../support/delivery.mts';
import { shownIn, statusAsTyped, toldIn } from '../support/field.mts';
import { AGENT, LOGGED, type OpenTicket, Stage } from '../support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());
afterEach(() => {
	stage.rocketChat.useUpMonthlyContacts(false);
	stage.rocketChat.faults.clear();
});

const send = (body: object) => stage.app.call('POST', 'visitor-message', body);
/** All that the room shows of the contact or tells its agents. */
const traceIn = (ticket: OpenTicket) => [...shownIn(stage, ticket), toldIn(stage, ticket)].filter(Boolean).join('\n');

describe('what a contact writes in a room that was made another visitor’s', () => {
	const changed = async () => {
		const [ticket, other] = [await stage.openTicket(), await stage.openTicket()];
		const otherVisitor = String(stage.rocketChat.room(other.roomId)?.v?._id);
		await stage.rocketChat.closeRoom(other.roomId, { by: AGENT });
		await stage.rocketChat.changeVisitor(ticket.roomId, otherVisitor);
		return ticket;
	};

	it('is shown there, or its agent is told', async () => {
		const ticket = await changed();
		await send({ visitor: { token: ticket.token }, text: 'Can you hear me?' });
		await until('a trace', () => traceIn(ticket) !== '');
	});

	it('is shown there, or its agent is told, also when it is a file', async () => {
		const ticket = await changed();
		const attachments = [{ type: 'image/png', url: 'https://media.example.org/a.png' }];
		await send({ visitor: { token: ticket.token }, attachments });
		await until('a trace', () => traceIn(ticket) !== '');
	});

	it('is shown there in order when it had to wait', async () => {
		const ticket = await changed();
		stage.rocketChat.faults.fail('livechat.createMessage', { times: 1 });
		for (const text of ['one', 'two']) await send({ visitor: { token: ticket.token }, text });
		await until('both', () => shownIn(stage, ticket).length === 2, PATIENCE_MS);
		assert.deepEqual(shownIn(stage, ticket), ['one', 'two']);
	});

	it('is shown there after a second change, and RapidPro closes the room', async () => {
		const ticket = await changed();
		const third = await stage.openTicket();
		const visitor = String(stage.rocketChat.room(third.roomId)?.v?._id);
		await stage.rocketChat.closeRoom(third.roomId, { by: AGENT });
		await stage.rocketChat.changeVisitor(ticket.roomId, visitor);
		await send({ visitor: { token: ticket.token }, text: 'Still here' });
		await until('her words', () => shownIn(stage, ticket).includes('Still here'), PATIENCE_MS);
		await stage.rapidPro.closeTicket(ticket.contact);
		await until('the end', () => !stage.rocketChat.room(ticket.roomId)?.open, PATIENCE_MS);
	});

	it('and what its agent writes still reaches the contact, or the agent is told', async () => {
		const ticket = await changed();
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Hello?');
		const reached = () => deliveredTo(stage, ticket).includes('Hello?');
		await until('the answer or a notice', () => reached() || toldIn(stage, ticket) !== '');
	});
});

describe('a contact’s message that holds nothing to show', () => {
	for (const [title, content] of [
		['no text and no attachments', {}],
		['an empty list of attachments', { attachments: [] }],
		['null', { text: null, attachments: null }],
		['blanks', { text: ' \n\u00a0' }],
	] as const) {
		it(`leaves a trace in the room: ${title}`, async () => {
			const ticket = await stage.openTicket();
			await send({ visitor: { token: ticket.token }, ...content });
			await until('a trace', () => traceIn(ticket) !== '');
			assert.match(traceIn(ticket), /\p{L}/u);
		});
	}
});

/** Waits until `/tickets status` says so. */
const untilStatusSays = (words: RegExp) =>
	until(`status says ${words}`, async () => words.test(await statusAsTyped(stage)), 30_000).catch(async (error) => {
		throw new Error(`${error.message}; it says ${await statusAsTyped(stage)}`);
	});

/** Settings are looked at anew when the administrator saves one. */
const lookAgain = async () => {
	await stage.rocketChat.setAppSetting('public_address', ' ');
	await stage.rocketChat.setAppSetting('public_address', '');
};

describe('where contacts are to be verified', { skip: !generation.contactVerification }, () => {
	for (const [id, value] of [
		['Livechat_Require_Contact_Verification', 'once'],
		['Livechat_Require_Contact_Verification', 'always'],
		['Livechat_Block_Unknown_Contacts', true],
		['Livechat_Block_Unverified_Contacts', true],
	] as const) {
		it(`status and the log warn that nobody will see the tickets: ${id} ${value}`, async () => {
			const usual = stage.rocketChat.serverSettings.get(id);
			stage.rocketChat.serverSettings.set(id, value);
			try {
				await lookAgain();
				const ticket = await stage.openTicket();
				assert.equal(stage.rocketChat.room(ticket.roomId)?.servedBy, undefined);
				await untilStatusSays(new RegExp(id));
				if (generation.logsComplete) {
					assert.ok(stage.rocketChat.appLogs().some((line) => line.includes(id)));
				}
			} finally {
				stage.rocketChat.serverSettings.set(id, usual);
				await lookAgain();
			}
		});
	}

	it('nothing is said where none of them is on', async () => {
		assert.doesNotMatch(await statusAsTyped(stage), /Livechat_/);
	});
});

describe('where the licence’s monthly contacts are used up', { skip: !generation.monthlyContacts }, () => {
	it('the log names it when what the app writes in a room is refused', LOGGED, async () => {
		const ticket = await stage.openTicket();
		stage.rapidPro.faults.answer({ status: 400, body: { error: 'invalid event type' } }, { ticketID: ticket.ticketID });
		// RapidPro refuses what the agent wrote just before, and the app wants to say so.
		await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'refused');
		stage.rocketChat.useUpMonthlyContacts();
		await until(
			'the log names it',
			() => stage.rocketChat.appLogs().some((line) => line.includes('error-mac-limit-reached')),
			PATIENCE_MS,
		);
		await untilStatusSays(/monthly|error-mac-limit-reached/i);
	});

	it('contacts’ messages come in all the same', async () => {
		const ticket = await stage.openTicket();
		stage.rocketChat.useUpMonthlyContacts();
		await send({ visitor: { token: ticket.token }, text: 'Hello?' });
		await until('the message', () => shownIn(stage, ticket).includes('Hello?'), PATIENCE_MS);
	});
});
