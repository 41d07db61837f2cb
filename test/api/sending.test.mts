/** A workspace without ticketing services: what agents write, and the closes of their rooms, go out by its API. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Message } from '../../sandbox/rapidpro/index.mts';
import { until } from '../../sandbox/until.mts';
import { ApiStage, RELEASES } from '../support/api-stage.mts';
import { FAST, PATIENCE_MS } from '../support/delivery.mts';
import { AGENT } from '../support/stage.mts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

type Opened = Awaited<ReturnType<ApiStage['openTicket']>>;

for (const release of RELEASES) {
	describe(`RapidPro ${release}`, () => {
		let stage: ApiStage;
		before(async () => {
			stage = await ApiStage.open(release, FAST);
		});
		after(() => stage?.close());
		afterEach(() => {
			stage.rapidPro.apiFaults.clear();
			stage.rapidPro.apiV2.store.locked.clear();
			stage.rapidPro.apiV2.store.suspended = false;
		});

		/** A contact who can be reached has a ticket. */
		const openTicket = () =>
			stage.openTicket(stage.rapidPro.addContact({ name: 'Ann', urns: ['whatsapp:250788123456'] }));
		/** The agent writes, and the app takes it up: in a fast time events that overtake each other are not waited for. */
		async function agentSays({ roomId }: Opened, text: string): Promise<void> {
			const id = await stage.rocketChat.agentWrites(roomId, AGENT, text);
			const isTakenUp = () => stage.rocketChat.persistence().some(({ data }) => data.entry === id);
			await until(`“${text.slice(0, 20)}” is taken up`, isTakenUp, PATIENCE_MS);
		}
		const sentTo = ({ contact }: Opened): Message[] =>
			stage.rapidPro.model.messages.filter((message) => message.contact === contact && message.direction === 'out');
		const textsTo = (opened: Opened) => sentTo(opened).map(({ text }) => text);

		/** Waits until RapidPro has these texts and no others, and nothing is on its way. */
		async function untilSent(opened: Opened, texts: string[]): Promise<void> {
			await until(`${texts.length} messages`, () => sentTo(opened).length >= texts.length, PATIENCE_MS).catch(
				(error) => {
					throw new Error(`${error.message}; there are ${JSON.stringify(textsTo(opened))}`);
				},
			);
			await until('all is settled', () => settled(opened) >= agentsMessages(opened), PATIENCE_MS);
			assert.deepEqual(textsTo(opened), texts);
		}
		const settled = ({ roomId }: Opened) =>
			stage.rocketChat.persistence().filter(({ data }) => {
				const { room, line } = data as { room?: string; line?: { settled?: object } };
				return room === roomId && line?.settled !== undefined;
			}).length;
		const agentsMessages = ({ roomId }: Opened) =>
			stage.rocketChat.messages(roomId).filter(({ u, t }) => u.username === AGENT && t === undefined).length;
		const notesIn = ({ roomId }: Opened) =>
			stage.rocketChat
				.messages(roomId)
				.filter(({ u, t }) => u.username.endsWith('.bot') && t === undefined)
				.map(({ msg }) => msg);
		const posted = (resource: string) =>
			stage.rapidPro.exchanges.list.filter(({ method, url }) => method === 'POST' && url.includes(resource));

		describe("an agent's message", () => {
			it('goes out once, in order, and does not come back as RapidPro’s', async () => {
				const opened = await openTicket();
				for (const text of ['one', 'two', 'two', 'three']) {
					await agentSays(opened, text);
				}
				await untilSent(opened, ['one', 'two', 'two', 'three']);
				await stage.untilRead(2);
				assert.deepEqual(notesIn(opened), []);
			});

			it('names the ticket, and the contact by UUID', async () => {
				const opened = await openTicket();
				await agentSays(opened, 'for your ticket');
				await untilSent(opened, ['for your ticket']);
				const body = JSON.parse(String(posted('messages.json').at(-1)?.body));
				assert.deepEqual(body, {
					contact: opened.contact.uuid,
					text: 'for your ticket',
					ticket: opened.ticket.uuid,
				});
			});

			it('that is too long goes in parts', async () => {
				const opened = await openTicket();
				const words = Array.from({ length: 1_100 }, (_, n) => `w${n}`);
				await agentSays(opened, words.join(' '));
				const limit = stage.rapidPro.apiV2.store.traits.maxText;
				const complete = () => textsTo(opened).join(' ') === words.join(' ');
				await until('all parts', complete, PATIENCE_MS);
				assert.ok(sentTo(opened).length >= 2);
				assert.ok(textsTo(opened).every((text) => text.length <= limit));
			});

			it('that never reached RapidPro is sent when it is back', async () => {
				const opened = await openTicket();
				await stage.rapidPro.goDown();
				await agentSays(opened, 'while it is away');
				await new Promise((resolve) => setTimeout(resolve, 1_000));
				await stage.rapidPro.comeBack();
				await untilSent(opened, ['while it is away']);
			});

			for (const handled of [true, false]) {
				for (const [title, fail] of [
					['the connection is cut', () => stage.rapidPro.apiFaults.drop({ event: 'POST messages', handled })],
					[
						'the server breaks',
						() =>
							stage.rapidPro.apiFaults.answer(
								{ status: 500, body: 'Server Error.' },
								{ event: 'POST messages', handled },
							),
					],
				] as const) {
					it(`is there once where ${title} ${handled ? 'after' : 'before'} RapidPro has taken it`, async () => {
						const opened = await openTicket();
						await agentSays(opened, 'said twice');
						await untilSent(opened, ['said twice']);
						fail();
						await agentSays(opened, 'said twice');
						await agentSays(opened, 'and then this');
						await untilSent(opened, ['said twice', 'said twice', 'and then this']);
						await stage.untilRead(1);
						assert.deepEqual(notesIn(opened), [], 'none of them is taken for RapidPro’s own');
					});
				}
			}

			it('is there once where RapidPro takes it and never answers', async () => {
				const opened = await openTicket();
				stage.rapidPro.apiFaults.hang({ event: 'POST messages', handled: true });
				await agentSays(opened, 'unanswered');
				await agentSays(opened, 'behind it');
				await untilSent(opened, ['unanswered', 'behind it']);
			});

			for (const handled of [true, false]) {
				it(`is there once where the app dies while RapidPro ${handled ? 'takes' : 'ignores'} it`, async () => {
					const opened = await openTicket();
					stage.rapidPro.apiFaults.hang({ event: 'POST messages', handled });
					const before = posted('messages.json').length;
					await agentSays(opened, 'fatal');
					await until('the attempt', () => posted('messages.json').length > before, PATIENCE_MS);
					await stage.rocketChat.killApp();
					await agentSays(opened, 'and alive');
					await untilSent(opened, ['fatal', 'and alive']);
				});
			}

			it('in parts is there once where the answer to one of them gets lost', async () => {
				const opened = await openTicket();
				const words = Array.from({ length: 1_100 }, (_, n) => `w${n}`);
				stage.rapidPro.apiFaults.drop({ event: 'POST messages', says: 'w1099', handled: true });
				await agentSays(opened, words.join(' '));
				await agentSays(opened, 'the end');
				await until('the end', () => textsTo(opened).includes('the end'), PATIENCE_MS);
				assert.equal(textsTo(opened).join(' '), [...words, 'the end'].join(' '));
			});

			it('waits as long as RapidPro asks for it', async () => {
				const opened = await openTicket();
				const headers = { 'retry-after': '10' };
				stage.rapidPro.apiFaults.answer({ status: 429, body: {}, headers }, { event: 'POST messages' });
				await agentSays(opened, 'later');
				await untilSent(opened, ['later']);
			});

			it('waits while the workspace is suspended', async () => {
				const opened = await openTicket();
				stage.rapidPro.apiV2.store.suspended = true;
				const before = posted('messages.json').length;
				await agentSays(opened, 'held back');
				await until('an attempt', () => posted('messages.json').length > before, PATIENCE_MS);
				stage.rapidPro.apiV2.store.suspended = false;
				await untilSent(opened, ['held back']);
			});

			it('that RapidPro cannot send is told to the agent, once', async () => {
				const opened = await openTicket();
				opened.contact.status = 'blocked';
				await agentSays(opened, 'nobody gets this');
				await untilSent(opened, ['nobody gets this']);
				await until('the notice', () => notesIn(opened).length > 0, PATIENCE_MS);
				await stage.untilRead(2);
				const notes = notesIn(opened);
				assert.equal(notes.length, 1, notes.join('\n'));
				assert.match(String(notes[0]), /cannot send it: “nobody gets this”/);
			});

			it('that RapidPro rejects becomes a dead letter', async () => {
				const opened = await openTicket();
				const body = { contact: ['No such object: x'] };
				stage.rapidPro.apiFaults.answer({ status: 400, body }, { event: 'POST messages' });
				await agentSays(opened, 'rejected');
				const note = () => notesIn(opened).find((text) => text.includes('rejected'));
				assert.match(await until('the notice', note, PATIENCE_MS), /No such object/);
			});
		});

		describe('a file', () => {
			it('goes as media, with its caption', async () => {
				const opened = await openTicket();
				const files = [{ name: 'né 1.png', type: 'image/png', bytes: PNG }];
				await stage.rocketChat.agentWrites(opened.roomId, AGENT, { text: 'look', files });
				await untilSent(opened, ['look']);
				const [message] = sentTo(opened);
				assert.deepEqual(
					message?.attachments.map(({ type }) => type),
					['image/png'],
				);
				const upload = stage.rapidPro.apiV2.store.uploads.at(-1);
				assert.equal(upload?.filename, 'né 1.png');
				const address = new URL(String(upload?.url), stage.rapidPro.url);
				assert.deepEqual(Buffer.from(await (await fetch(address)).arrayBuffer()), PNG);
			});

			it('that RapidPro does not take goes as a link', async () => {
				const opened = await openTicket();
				const files = [{ name: 'plan.txt', type: 'text/plain', bytes: Buffer.from('hello') }];
				await stage.rocketChat.agentWrites(opened.roomId, AGENT, { text: 'read', files });
				await until('the message', () => sentTo(opened).length > 0, PATIENCE_MS);
				const [text = ''] = textsTo(opened);
				const [, link = ''] = /^read\nplan\.txt: (\S+)$/.exec(text) ?? [];
				assert.equal(await (await fetch(link)).text(), 'hello', text);
			});
		});

		describe('a close', () => {
			const close = ({ roomId }: Opened, comment?: string) =>
				stage.rocketChat.closeRoom(roomId, { by: AGENT, comment });
			const untilClosed = ({ ticket }: Opened) => until('the close', () => ticket.status === 'closed', PATIENCE_MS);

			it('closes the ticket after all messages, without a note', async () => {
				const opened = await openTicket();
				await agentSays(opened, 'bye');
				await close(opened);
				await untilClosed(opened);
				assert.deepEqual(textsTo(opened), ['bye']);
				assert.deepEqual(opened.ticket.notes, []);
			});

			it('says how, once, where that is wanted', async () => {
				await stage.rocketChat.setAppSetting('send_close_details', true);
				const opened = await openTicket();
				await agentSays(opened, 'bye');
				stage.rapidPro.apiFaults.answer({ status: 502, body: '' }, { event: 'POST ticket_actions', says: '"close"' });
				await close(opened, 'All well');
				await untilClosed(opened);
				assert.equal(opened.ticket.notes.length, 1);
				assert.match(
					String(opened.ticket.notes[0]),
					/^Closed in Rocket\.Chat by Agnes Agent.*\nAgents: Agnes Agent\nComment: All well$/,
				);
				await stage.rocketChat.setAppSetting('send_close_details', false);
			});

			it('is tried again while a flow holds the contact', async () => {
				const opened = await openTicket();
				stage.rapidPro.apiV2.lockWaitMs = 50;
				stage.rapidPro.apiV2.store.locked.add(opened.contact);
				const before = posted('ticket_actions').length;
				await close(opened);
				await until('an attempt', () => posted('ticket_actions').length > before, PATIENCE_MS);
				stage.rapidPro.apiV2.store.locked.delete(opened.contact);
				if (stage.rapidPro.apiV2.store.traits.tellsFailures) await untilClosed(opened);
			});

			it('of what RapidPro has closed meanwhile is done', async () => {
				const opened = await openTicket();
				stage.rapidPro.apiFaults.drop({ event: 'POST ticket_actions', handled: true });
				await close(opened);
				await untilClosed(opened);
				const finished = () =>
					stage.rocketChat.persistence().some(({ data }) => {
						const { room, fact } = data as { room?: string; fact?: { told?: object; closed?: { by: string } } };
						return room === opened.roomId && (fact?.told !== undefined || fact?.closed?.by === 'rapidPro');
					});
				await until('the app knows', finished, PATIENCE_MS);
			});
		});
	});
}
