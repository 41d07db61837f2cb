import { AGENT, type OpenTicket, type Stage } from './stage.mts';

/** Once a minute an operation also lists buckets of the time index, and the sweep comes by: the cheapest of these is the cost. */
const TIMES = 3;

/**
 * The calls from the app's process to the server, each over a pipe, that operations lead to with all that follows from
 * them, such as a webhook and what is stored around it.
 */
export async function roundTrips(stage: Stage): Promise<Record<string, string[]>> {
	const { app, rapidPro, rocketChat } = stage;
	const ticket = await stage.openTicket();
	const newTicket = () => stage.openTicket();
	const nothing = async () => undefined;
	let phone = 250_788_123_000;
	const newContact = async () => rapidPro.addContact({ name: 'Ann', urns: [`tel:+${++phone}`] });
	const count = <T,>(act: (prepared: T) => Promise<unknown>, prepare: () => Promise<T>) =>
		cheapest(stage, act, prepare);
	return {
		'secret.check': await count(() => app.call('GET', 'secret.check'), nothing),
		settings: await count(() => app.call('GET', 'settings'), nothing),
		'a refused request': await count(() => app.call('POST', 'room', { visitor: {} }), nothing),
		'a visitor message': await count(() => rapidPro.contactWrites(ticket.contact, 'Hello'), nothing),
		'an agent’s message, the webhook among them': await count(
			() => rocketChat.agentWrites(ticket.roomId, AGENT, 'Hello'),
			nothing,
		),
		'a message in a room that is not ours': await count(
			({ roomId }) => rocketChat.agentWrites(roomId, AGENT, 'Hello'),
			() => rocketChat.widgetVisitor(),
		),
		'a new contact’s ticket': await count((contact) => rapidPro.openTicket(contact), newContact),
		'a second ticket in the same room': await count(
			({ contact }: OpenTicket) => rapidPro.openTicket(contact),
			newTicket,
		),
		'a close by the agent, the webhook among them': await count(
			({ roomId }: OpenTicket) => rocketChat.closeRoom(roomId, { by: AGENT }),
			newTicket,
		),
		'a close by RapidPro': await count(({ contact }: OpenTicket) => rapidPro.closeTicket(contact), newTicket),
	};
}

async function cheapest<T>(
	{ app, rocketChat }: Stage,
	act: (prepared: T) => Promise<unknown>,
	prepare: () => Promise<T>,
): Promise<string[]> {
	const counted: string[][] = [];
	while (counted.length < TIMES) {
		const prepared = await prepare();
		await app.call('GET', 'settings'); // what the caches hold is short-lived
		await rocketChat.settled();
		rocketChat.roundTrips.reset();
		await act(prepared);
		await rocketChat.settled();
		counted.push(rocketChat.roundTrips.list());
	}
	return counted.reduce((least, trips) => (trips.length < least.length ? trips : least));
}
