import type { Narrator } from './narrator.mts';
import type { Contact, RapidPro, ReceivedEvent } from './rapidpro/index.mts';
import type { RocketChat } from './rocketchat/index.mts';
import { until } from './until.mts';

/** One ticket from its opening to its close. */
export interface Conversation {
	contact: Contact;
	/** Whether every step had its effect on the other side. */
	succeeded: boolean;
}

const QUESTION = 'Hello, my child has had a fever since yesterday. What can I do?';
const ANSWER = 'Hello Ann! How old is the child, and how high is the *fever*?';

/** Connects RapidPro and lets a contact and an agent talk, telling each step and checking its effect. */
export async function converse(
	rocketChat: RocketChat,
	rapidPro: RapidPro,
	agent: string,
	narrator: Narrator,
): Promise<Conversation> {
	let succeeded = true;
	const check = (good: boolean, text: string) => {
		narrator.verdict(good, text);
		succeeded &&= good;
	};

	narrator.step('RapidPro is connected: it hands its callback URL to the app');
	await rapidPro.connect(rocketChat.appUrl);

	narrator.step('A contact’s flow opens a ticket: mailroom sends a GET with a body');
	const contact = rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788123123', 'mailto:ann@example.org'] });
	const { ticket, error } = await rapidPro.openTicket(contact);
	if (ticket === undefined) throw new Error(`RapidPro could not open a ticket: ${error}`);
	const room = rocketChat.room(ticket.externalId);
	check(
		room?.open === true,
		`room ${ticket.externalId} is open, served by ${room?.servedBy?.username ?? 'nobody yet'}`,
	);

	narrator.step('The contact writes');
	await rapidPro.contactWrites(contact, QUESTION);
	const messages = rocketChat.messages(ticket.externalId);
	check(
		messages.some(({ msg }) => msg === QUESTION),
		'the agent sees it in the room',
	);

	narrator.step('The agent answers in Rocket.Chat: the app posts a webhook');
	await rocketChat.agentWrites(ticket.externalId, agent, ANSWER);
	await answered(rapidPro, ticket.uuid, 'agent-message');
	check(rapidPro.model.messages.at(-1)?.text === ANSWER, 'RapidPro sends it to the contact');

	narrator.step('The agent closes the room: the app posts a webhook');
	await rocketChat.closeRoom(ticket.externalId, { by: agent, comment: 'Sent to the health centre' });
	await answered(rapidPro, ticket.uuid, 'close-room');
	check(ticket.status === 'closed', 'the ticket is closed in RapidPro');

	return { contact, succeeded };
}

/** Waits until RapidPro has answered a webhook of this type. */
function answered(rapidPro: RapidPro, ticketID: string, type: string): Promise<ReceivedEvent> {
	return until(`a webhook ${type}`, () =>
		rapidPro.receivedFor(ticketID).find(({ body, answer }) => body.type === type && answer !== undefined),
	);
}
