import { agentOf, answered, closed, openTicket, type Scenario } from './scenario.mts';

const QUESTION = 'Hello, my child has had a fever since yesterday. What can I do?';
const ANSWER = 'Hello Ann! How old is the child, and how high is the *fever*?';

export const conversation: Scenario = {
	id: 'conversation',
	title: 'Conversation',
	summary: 'A contact asks, an agent answers and closes.',

	async play(place, audience) {
		const { rocketChat, rapidPro } = place;
		await audience.step('A contact’s flow opens a ticket: mailroom sends a GET with a body');
		const contact = rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788123123', 'mailto:ann@example.org'] });
		audience.meet(contact);
		const ticket = await openTicket(place, contact);
		const agent = agentOf(place, ticket);
		const isOpen = rocketChat.room(ticket.externalId)?.open === true;
		audience.check(isOpen, `room ${ticket.externalId} is open, served by ${agent}`);

		await audience.step('The contact writes');
		await rapidPro.contactWrites(contact, QUESTION);
		const messages = rocketChat.messages(ticket.externalId);
		audience.check(
			messages.some(({ msg }) => msg === QUESTION),
			'the agent sees it in the room',
		);

		await audience.step('The agent answers in Rocket.Chat: the app posts a webhook');
		await rocketChat.agentWrites(ticket.externalId, agent, ANSWER);
		await answered(place, ticket.uuid, 'agent-message');
		audience.check(rapidPro.model.messages.at(-1)?.text === ANSWER, 'RapidPro sends it to the contact');

		await audience.step('The agent closes the room: the app posts a webhook');
		await rocketChat.closeRoom(ticket.externalId, { by: agent, comment: 'Sent to the health centre' });
		audience.check(await closed(ticket), 'the ticket is closed in RapidPro');
	},
};
