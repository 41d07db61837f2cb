import { openTicket, type Scenario } from './scenario.mts';

export const noAgent: Scenario = {
	id: 'no-agent',
	title: 'No agent',
	summary: 'Nobody is online: the ticket is refused in words that say what to do, until somebody comes.',

	async play(place, audience) {
		const { rocketChat, rapidPro } = place;
		const online = rocketChat.agents().filter(({ status }) => status === 'online');
		const contact = rapidPro.addContact({ name: 'Peter', urns: ['tel:+250788321321'] });
		audience.meet(contact);
		await audience.step('All agents go offline, and a contact’s flow opens a ticket');
		try {
			for (const { username } of online) await rocketChat.setAgentOnline(username, false);
			const { ticket, answer, error } = await rapidPro.openTicket(contact);
			audience.check(ticket === undefined && answer?.status === 424, `RapidPro’s log shows: ${error}`);
			audience.check(rapidPro.model.openTickets(contact).length === 0, 'no ticket is left half open');
		} finally {
			await audience.step('The agents come back');
			for (const { username } of online) await rocketChat.setAgentOnline(username, true);
		}
		const ticket = await openTicket(place, contact);
		const servedBy = rocketChat.room(ticket.externalId)?.servedBy?.username;
		audience.check(servedBy !== undefined, `now the ticket opens, served by ${servedBy}`);
	},
};
