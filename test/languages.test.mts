/** What people read is in the server's language. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../sandbox/until.mts';
import { AGENT, type OpenTicket, Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

/** All that a room shows: messages, system messages, titles of attachments. */
function shown({ roomId }: OpenTicket): string {
	return JSON.stringify(stage.rocketChat.messages(roomId));
}

async function speak(language: string): Promise<void> {
	stage.rocketChat.serverSettings.set('Language', language);
	// A saved setting ends what the app remembers of the server's.
	await stage.rocketChat.setAppSetting('agent_name_form', `{name} (${language}): `);
}

for (const [language, place, notice, comment] of [
	['pt-BR', 'Localização: -1.95,30.06', 'Esta mensagem não chegou ao contato: “Olá”', 'Fechado no RapidPro'],
	['es', 'Ubicación: -1.95,30.06', 'Este mensaje no llegó al contacto: «Olá»', 'Cerrado en RapidPro'],
	['fr', 'Position\u00a0: -1.95,30.06', 'Ce message n’est pas parvenu au contact', 'Fermé dans RapidPro'],
	['zh', 'Location: -1.95,30.06', 'This message did not reach the contact: “Olá”', 'Closed in RapidPro'],
] as const) {
	describe(`a server that speaks ${language}`, () => {
		it('shows what contacts send, what went wrong and the close in it', async () => {
			await speak(language);
			const ticket = await stage.openTicket();
			const attachments = [{ type: 'geo', url: '-1.95,30.06' }];
			await stage.app.call('POST', 'visitor-message', { visitor: { token: ticket.token }, attachments });
			const refusal = { status: 400, body: { error: "field 'manners' is required" } };
			stage.rapidPro.faults.answer(refusal, { ticketID: ticket.ticketID, times: 1 });
			await stage.rocketChat.agentWrites(ticket.roomId, AGENT, 'Olá');
			await until('the notice', () => shown(ticket).includes(notice));
			await stage.rapidPro.closeTicket(ticket.contact);
			await until('the comment', () => shown(ticket).includes(comment));
			assert.ok(shown(ticket).includes(place), shown(ticket));
		});
	});
}
