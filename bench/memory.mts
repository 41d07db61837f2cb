/** A process for one app: how much memory the app's process holds after many messages. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from './process.mts';
import { AT_ONCE, Subject, throughput } from './subject.mts';

/** As many messages a room as a conversation has. */
const MESSAGES_A_ROOM = 20;

await serve(async (zip: string, storeMs: number) => {
	const subject = await Subject.start(zip, storeMs);
	await subject.install();
	await subject.connect();
	return {
		/** Conversations with so many messages in all, half of them by agents, from opening to closing. */
		converse: async (messages: number) => {
			const tickets = await subject.openTickets(Math.max(AT_ONCE, messages / MESSAGES_A_ROOM));
			await throughput(tickets, messages / 2, (ticket) => subject.contactWrites(ticket));
			await throughput(tickets, messages / 2, (ticket) => subject.agentWrites(ticket));
			for (const ticket of tickets) await subject.closeTicket(ticket);
		},
		/** Resident memory in bytes. */
		resident: async () => [await residentBytes(subject)],
		stop: () => subject.stop(),
	};
});

/** The least of a few looks: what has just been used is given back now and then. */
async function residentBytes({ rocketChat }: Subject): Promise<number> {
	const looks: number[] = [];
	while (looks.length < 5) {
		await rocketChat.settled();
		const status = readFileSync(`/proc/${rocketChat.appPid}/status`, 'utf8');
		looks.push(Number(status.match(/^VmRSS:\s+(\d+) kB$/m)?.[1]) * 1024);
		await sleep(200);
	}
	return Math.min(...looks);
}
