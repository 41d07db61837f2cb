/** Whatever shape Rocket.Chat gives a message, its contact gets it, or its author is told: docs/reference/rocketchat.md. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AgentMessage } from '../../sandbox/rocketchat/index.mts';
import { deliveredTo, FAST } from '../support/delivery.mts';
import { closes, untilTold } from '../support/field.mts';
import { AGENT, type OpenTicket, Stage } from '../support/stage.mts';

const PDF = Buffer.from('%PDF-1.4');

let stage: Stage;
before(async () => {
	stage = await Stage.open({ rocketChat: FAST });
});
after(() => stage?.close());

/** The words and addresses that the contact gets of the ticket's next webhook. */
async function reached(ticket: OpenTicket, count = 1): Promise<string> {
	const { body } = await stage.webhook(ticket.ticketID, count);
	return JSON.stringify(body.data ?? {});
}

type Writer = (roomId: string, message: AgentMessage) => Promise<string>;

const WRITERS: Record<string, Writer> = {
	'an agent': (roomId, message) => stage.rocketChat.agentWrites(roomId, AGENT, message),
	'a bot': (roomId, message) => stage.rocketChat.botWrites(roomId, message),
};

describe('a file that is forwarded or quoted', () => {
	const withFile = async (name: string, text = '') => {
		const ticket = await stage.openTicket();
		const files = [{ name, type: 'application/pdf', bytes: PDF }];
		const id = await stage.rocketChat.agentWrites(ticket.roomId, AGENT, { text, files });
		await stage.webhook(ticket.ticketID);
		return { ticket, id };
	};

	it('in its own room reaches the contact, or its name does', async () => {
		const { ticket, id } = await withFile('form.pdf');
		await stage.rocketChat.quote(ticket.roomId, AGENT, id);
		assert.match(await reached(ticket, 2), /form\.pdf/);
	});

	it('from another contact’s room: the name', async () => {
		const [{ id }, ticket] = [await withFile('leaflet.pdf'), await stage.openTicket()];
		await stage.rocketChat.quote(ticket.roomId, AGENT, id);
		assert.match(await reached(ticket), /leaflet\.pdf/);
	});

	it('in an answer: which one', async () => {
		const { ticket, id } = await withFile('dose.pdf', 'caption');
		await stage.rocketChat.quote(ticket.roomId, AGENT, id, 'Read this again');
		const words = await reached(ticket, 2);
		assert.match(words, /dose\.pdf/);
		assert.match(words, /Read this again/);
		assert.doesNotMatch(words, /msg=/);
	});

	it('in an answer to a quote of it: which one', async () => {
		const { ticket, id } = await withFile('deep.pdf');
		const quote = await stage.rocketChat.quote(ticket.roomId, AGENT, id, 'first');
		await stage.rocketChat.quote(ticket.roomId, AGENT, quote, 'second');
		assert.match(await reached(ticket, 3), /second/);
	});
});

const SHAPES: [title: string, message: AgentMessage, words: RegExp[]][] = [
	[
		'a picture by address',
		{ attachments: [{ image_url: 'https://example.org/map.png' }] },
		[/https:\/\/example\.org\/map\.png/],
	],
	[
		'sound and film by address beside text',
		{
			text: 'listen',
			attachments: [{ audio_url: 'https://example.org/a.mp3' }, { video_url: 'https://example.org/b.mp4' }],
		},
		[/listen/, /a\.mp3/, /b\.mp4/],
	],
	[
		'a card without text',
		{
			attachments: [
				{
					title: 'Appointment',
					title_link: 'https://example.org/a/7',
					text: 'Bring your card',
					fields: [{ title: 'Day', value: 'Monday' }],
				},
			],
		},
		[/Appointment/, /example\.org\/a\/7/, /Bring your card/, /Day/, /Monday/],
	],
	[
		'a card beside text',
		{ text: 'See:', attachments: [{ pretext: 'Before', title: 'Dose', text: '5 ml twice a day' }] },
		[/See:/, /Dose/, /5 ml twice a day/],
	],
	[
		'fields alone',
		{
			attachments: [
				{
					fields: [
						{ title: 'Ward', value: 'B' },
						{ title: 'Bed', value: '12' },
					],
				},
			],
		},
		[/Ward/, /B/, /Bed/, /12/],
	],
	[
		'blocks of words',
		{
			blocks: [
				{ type: 'section', text: { type: 'mrkdwn', text: 'Which day suits you?' } },
				{ type: 'context', elements: [{ type: 'plain_text', text: 'Answer by Friday' }] },
			],
		},
		[/Which day suits you\?/, /Answer by Friday/],
	],
	[
		'a block with a picture',
		{ blocks: [{ type: 'image', imageUrl: 'https://example.org/x.png', altText: 'The way to us' }] },
		[/example\.org\/x\.png|The way to us/],
	],
	[
		'a poll',
		{
			text: '',
			blocks: [
				{ type: 'section', text: { type: 'plain_text', text: 'Tea or coffee?' } },
				{ type: 'section', text: { type: 'plain_text', text: 'Tea' }, accessory: { type: 'button', actionId: 'vote' } },
				{ type: 'section', text: { type: 'plain_text', text: 'Coffee' } },
			],
		},
		[/Tea or coffee\?/, /Coffee/],
	],
	['a place', { location: { longitude: 30.06, latitude: -1.95 } }, [/-1\.95/, /30\.06/]],
	['a place on the equator', { location: { longitude: -78.45, latitude: 0 } }, [/-78\.45/]],
	['a place beside words', { text: 'here', location: { longitude: 12.5, latitude: 41.9 } }, [/here/, /41\.9/, /12\.5/]],
];

for (const [who, write] of Object.entries(WRITERS)) {
	describe(`what ${who} posts`, () => {
		for (const [title, message, words] of SHAPES) {
			it(`reaches the contact: ${title}`, async () => {
				const ticket = await stage.openTicket();
				await write(ticket.roomId, message);
				const got = await reached(ticket);
				for (const word of words) assert.match(got, word);
			});
		}
	});
}

describe('what leaves nothing to send', () => {
	for (const [title, message] of [
		['an attachment of a colour alone', { attachments: [{ color: '#f00' }] }],
		['a divider', { blocks: [{ type: 'divider' }] }],
		['an attachment of a kind that nobody knows', { attachments: [{ type: 'hologram', hologram: { id: 1 } }] }],
	] as [string, AgentMessage][]) {
		it(`is told to the agent: ${title}`, async () => {
			const ticket = await stage.openTicket();
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, message);
			await untilTold(stage, ticket);
			assert.deepEqual(deliveredTo(stage, ticket), []);
		});
	}
});

describe('the comment of a close', () => {
	before(() => stage.rocketChat.setAppSetting('send_close_details', true));

	for (const comment of ['Got well', 'Volta na *segunda*\nàs 9']) {
		it(`comes with the close: ${JSON.stringify(comment)}`, async () => {
			const ticket = await stage.openTicket();
			await closes(stage, ticket, comment);
			const { body } = await stage.webhook(ticket.ticketID);
			assert.equal(body.type, 'close-room');
			assert.equal((body.data as { comment?: string } | undefined)?.comment, comment);
		});
	}
});
