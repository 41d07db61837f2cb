import { until } from '../until.mts';
import { agentOf, closed, openTicket, received, type Scenario } from './scenario.mts';

const ANSWERS = ['Good morning, Joseph!', 'The clinic opens at eight.', 'Please bring your card.'];

export const outage: Scenario = {
	id: 'outage',
	title: 'Outage',
	summary: 'RapidPro is down while the agent writes and closes; all of it arrives later, in order.',

	async play(place, audience) {
		const { rocketChat, rapidPro, trouble } = place;
		await audience.step('A contact opens a ticket');
		const contact = rapidPro.addContact({ name: 'Joseph', urns: ['tel:+250788456456'] });
		audience.meet(contact);
		const ticket = await openTicket(place, contact);
		const agent = agentOf(place, ticket);
		await rapidPro.contactWrites(contact, 'When does the clinic open?');
		audience.check(rocketChat.room(ticket.externalId)?.open === true, 'the agent has the room');

		await audience.step('RapidPro goes down, and the agent goes on writing');
		trouble.setRapidPro('down');
		try {
			for (const text of ANSWERS) {
				await rocketChat.agentWrites(ticket.externalId, agent, text);
				await rocketChat.settled();
			}
			await until('an attempt', () => rapidPro.receivedFor(ticket.uuid).length > 0);
			const reached = rapidPro.model.messages.some((it) => it.contact === contact && it.direction === 'out');
			audience.check(!reached, 'nothing reaches the contact; the messages wait');

			await audience.step('The agent closes the room all the same');
			await rocketChat.closeRoom(ticket.externalId, { by: agent, comment: 'All said' });
			await rocketChat.settled();
			audience.check(ticket.status === 'open', 'the close waits behind the messages');
		} finally {
			await audience.step('RapidPro comes back');
			trouble.setRapidPro('well');
		}
		const texts = await received(place, contact, ANSWERS.length);
		audience.check(texts.join('\n') === ANSWERS.join('\n'), 'every message arrives, once and in order');
		audience.check(await closed(ticket), 'the close comes last');
	},
};
