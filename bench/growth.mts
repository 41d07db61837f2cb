/** A process for one app: what a message costs while ever more is stored. */
import { Crowd } from './crowd.mts';
import { serve } from './process.mts';
import { type OpenTicket, Subject } from './subject.mts';

const ROOMS = 20;

await serve(async (zip: string, storeMs: number) => {
	const subject = await Subject.start(zip, storeMs);
	await subject.install();
	await subject.connect();
	const crowd = await Crowd.of(subject);
	let rooms: OpenTicket[] = [];
	return {
		grow: (size: number) => crowd.grow(size),
		queue: (count: number) => crowd.queue(count),
		/** Other rooms for each step: the cost of what was written in one before is another matter. */
		prepare: async () => {
			rooms = await subject.openTickets(ROOMS);
		},
		samples: (operation: 'contactMessage' | 'agentMessage', count: number) => {
			const act = operation === 'contactMessage' ? subject.contactWrites : subject.agentWrites;
			return subject.samples(count, (index) => act.call(subject, rooms[index % ROOMS]));
		},
		stop: () => subject.stop(),
	};
});
