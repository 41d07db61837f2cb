/** What agents write, as the contact gets it. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { emojiByName } from '../tools/emoji.mjs';
import { AGENT, type OpenTicket, Stage } from './support/stage.mts';

/** The default of Rocket.Chat's own limit is 5,000 characters; administrators may raise it. */
const LONG = 'many words, '.repeat(10_000);

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

/** The text that RapidPro is told where the agent writes this. */
async function sent(text: string): Promise<string | undefined> {
	const { ticketID, roomId } = await stage.openTicket();
	await stage.rocketChat.agentWrites(roomId, AGENT, text);
	return (await stage.webhook(ticketID)).body.data?.text;
}

describe('an agent’s text', () => {
	for (const text of [
		'*bold* _it_ ~gone~ [a](https://example.org/?a=b&c=d) # no heading',
		'Ask @anna or @here in #general, <b>please</b> &amp; thanks',
		'`:smile:` and ```\n:+1:\n  if (a) { b(); }\n```',
		'at 10:30:45, or 10:100:5; :no_such_name:',
		'https://example.org/:on:/x',
		'line one\n\n  line three ',
		LONG,
	]) {
		it(`arrives as typed: ${text.slice(0, 30)}`, async () => {
			assert.equal(await sent(text), text);
		});
	}

	it('has emoji in place of their names, but for code', async () => {
		assert.equal(await sent('Hi :smile: :wave_tone3: `:smile:` (:flag_rw:)'), 'Hi 😄 👋🏽 `:smile:` (🇷🇼)');
	});

	it('may have any name that Rocket.Chat knows', async () => {
		const known = [...emojiByName()];
		const ticket = await stage.openTicket();
		const size = 1000;
		for (let at = 0; at < known.length; at += size) {
			const names = known.slice(at, at + size);
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, names.map(([name]) => `:${name}:`).join(' '));
			const { body } = await stage.webhook(ticket.ticketID, at / size + 1);
			const shown = body.data?.text?.split(' ') ?? [];
			const wrong = names.filter(([, emoji], index) => bare(shown[index]) !== bare(emoji));
			assert.deepEqual(wrong, []);
		}
	});
});

describe('what an agent does to a message that was sent', () => {
	let ticket: OpenTicket;
	before(async () => {
		ticket = await stage.openTicket();
	});

	it('is not forwarded: an edit', async () => {
		const id = await write('Tak two');
		await stage.assertNothingLeaves(() => stage.rocketChat.editMessage(id, AGENT, 'Take two'));
	});

	it('is not forwarded: a deletion', async () => {
		const id = await write('Take nine');
		await stage.assertNothingLeaves(() => stage.rocketChat.deleteMessage(id, AGENT));
	});

	async function write(text: string): Promise<string> {
		const id = await stage.rocketChat.agentWrites(ticket.roomId, AGENT, text);
		await stage.settled();
		return id;
	}
});

/** Without what asks for the coloured form: not all sources of names say it. */
function bare(emoji: string | undefined): string | undefined {
	return emoji?.replaceAll('\ufe0f', '');
}
