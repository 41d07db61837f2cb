/** A process for one app: how long operations take, how many at once go through, how many round trips they are. */
import { serve } from './process.mts';
import { AT_ONCE, type OpenTicket, Subject, throughput } from './subject.mts';

/** What takes time. */
export type Operation = 'secretCheck' | 'contactMessage' | 'agentMessage' | 'openAndClose';

/** Over so many rooms messages are spread. */
const ROOMS = 20;

await serve(async (zip: string, storeMs: number) => {
	const subject = await Subject.start(zip, storeMs);
	let rooms: OpenTicket[] = [];
	let busy: OpenTicket[] = [];
	const operations: Record<Operation, (index: number) => Promise<number>> = {
		secretCheck: () => subject.checkSecret(),
		contactMessage: (index) => subject.contactWrites(rooms[index % ROOMS]),
		agentMessage: (index) => subject.agentWrites(rooms[index % ROOMS]),
		openAndClose: () => subject.openAndClose(),
	};
	return {
		/** Installs the app, anew if it is: the time until it is enabled, and of the first request. */
		install: async () => {
			await subject.uninstall();
			return [await subject.install(), await subject.checkSecret()];
		},
		prepare: async () => {
			await subject.connect();
			rooms = await subject.openTickets(ROOMS);
			busy = await subject.openTickets(4 * AT_ONCE);
		},
		samples: (operation: Operation, count: number) => subject.samples(count, operations[operation]),
		throughput: async (operation: 'contactMessage' | 'agentMessage', count: number) => {
			const act = operation === 'contactMessage' ? subject.contactWrites : subject.agentWrites;
			const rate = await throughput(busy, count, act.bind(subject));
			await subject.rocketChat.settled();
			return [rate];
		},
		roundTrips: () => roundTrips(subject),
		stop: () => subject.stop(),
	};
});

/** The least of several: once a minute an operation also lists a bucket of the time index, and the sweep comes by. */
async function roundTrips(subject: Subject): Promise<Record<string, number>> {
	const counts: Record<string, number> = {};
	const count = async (name: string, act: () => Promise<unknown>) => {
		counts[name] = Math.min(counts[name] ?? Number.POSITIVE_INFINITY, await subject.roundTrips(act));
	};
	for (let time = 0; time < 3; time++) {
		await count('secret check', () => subject.checkSecret());
		const [ticket] = await subject.openTickets(1);
		await count('visitor message', () => subject.contactWrites(ticket));
		await count('agent message', () => subject.agentWrites(ticket));
		let opened = ticket;
		await count('open', async () => {
			opened = await subject.openTicket();
		});
		await count('close', () => subject.closeTicket(opened));
	}
	return counts;
}
