import { until } from '../until.mts';
import { agentOf, closed, received, type Scenario } from './scenario.mts';

/** What the app promises after a call: three seconds, and the rest is patience. */
const SOON_MS = 10_000;

export const doorbell: Scenario = {
	id: 'doorbell',
	title: 'Doorbell',
	summary: 'The imported flows call the app, which looks at once and answers the flow.',

	async play(place, audience) {
		const { rocketChat, rapidPro } = place;
		const { flows, apiV2 } = rapidPro;
		await audience.step('The app has filled the globals of the imported flows');
		await until('the globals', () => apiV2.store.global('rocketchat_secret') !== '', SOON_MS);
		audience.check(apiV2.store.global('rocketchat_url') !== '', 'rocketchat_url and rocketchat_secret are there');

		await audience.step('A flow opens a ticket and calls the app before RapidPro has stored it');
		const contact = rapidPro.addContact({ name: 'Jean', urns: ['whatsapp:250788456456'] });
		audience.meet(contact);
		const { ticket, error } = await flows.openInFlow(contact, { webhook: true });
		if (ticket === undefined || ticket.externalId === '') throw new Error(`the flow got no room: ${error}`);
		audience.check(rocketChat.room(ticket.externalId)?.open === true, `the flow’s result: ${ticket.flowResult}`);

		await audience.step('The contact writes, and the flow for messages calls the app');
		await flows.contactWrites(contact, 'Is the clinic open on Sunday?', { webhook: true });
		const posted = () => rocketChat.messages(ticket.externalId).filter(({ msg }) => msg.includes('on Sunday'));
		await until('the message', () => posted().length > 0, SOON_MS);
		audience.check(posted().length === 1, 'the agent sees it in the room');

		await audience.step('The agent answers and closes the room');
		const agent = agentOf(place, ticket);
		await rocketChat.agentWrites(ticket.externalId, agent, 'From 9 to 12');
		const [text] = await received(place, contact, 1);
		audience.check(text === 'From 9 to 12', 'RapidPro sends it to the contact');
		await rocketChat.closeRoom(ticket.externalId, { by: agent, comment: 'Answered' });
		audience.check(await closed(ticket), 'the ticket is closed in RapidPro');
	},
};
