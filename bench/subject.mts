import assert from 'node:assert/strict';
import { type Contact, RapidPro } from '../sandbox/rapidpro/index.mts';
import { RocketChat } from '../sandbox/rocketchat/index.mts';
import { AppClient } from '../test/support/app-client.mts';

const AGENT = 'agnes';

/** A ticket that is open on both sides. */
export interface OpenTicket {
	contact: Contact;
	roomId: string;
}

/** An app under measurement: ours or the floor, in a Rocket.Chat of its own, with a RapidPro. All times in milliseconds. */
export class Subject {
	private app?: AppClient;
	/** Texts of agents' messages on their way, to what is to be done when RapidPro has them. */
	private readonly expected = new Map<string, (arrivedAt: number) => void>();
	private texts = 0;

	private constructor(
		private readonly zip: string,
		readonly rocketChat: RocketChat,
		readonly rapidPro: RapidPro,
	) {
		rapidPro.exchanges.onBegin(({ initiator, body }) => {
			if (initiator !== 'app') return;
			const text: string = JSON.parse(body).data?.text;
			this.expected.get(text)?.(performance.now());
			this.expected.delete(text);
		});
	}

	/** Starts what is around the app, whose database takes `storeMs` a call. */
	static async start(zip: string, storeMs: number): Promise<Subject> {
		const rocketChat = await RocketChat.start({ delays: false, storeMs });
		const rapidPro = await RapidPro.start();
		await rocketChat.addAgent({ username: AGENT, online: true });
		return new Subject(zip, rocketChat, rapidPro);
	}

	async stop(): Promise<void> {
		this.app?.close();
		await this.rapidPro.stop();
		await this.rocketChat.settled();
		await this.rocketChat.stop();
	}

	/** Installs the app: the time until it is enabled. */
	async install(): Promise<number> {
		const time = await timed(() => this.rocketChat.installApp(this.zip));
		await this.rocketChat.setAppSetting('app_secret', this.rapidPro.secret);
		await this.rocketChat.settled();
		this.app?.close();
		this.app = new AppClient(this.rocketChat.appUrl, this.rapidPro.secret);
		return time;
	}

	async uninstall(): Promise<void> {
		if (!this.app) return;
		await this.rocketChat.uninstallApp();
		await this.rocketChat.settled();
	}

	/** RapidPro connects, so that all else can be measured. */
	async connect(): Promise<void> {
		await this.rapidPro.connect(this.rocketChat.appUrl);
		await this.rocketChat.settled();
	}

	async checkSecret(): Promise<number> {
		assert.ok(this.app);
		const { app } = this;
		return timed(async () => assert.equal((await app.call('GET', 'secret.check')).status, 200));
	}

	async openTicket(): Promise<OpenTicket> {
		const contact = this.rapidPro.addContact({ name: 'Ann', urns: ['tel:+250788123123'] });
		const { ticket, error } = await this.rapidPro.openTicket(contact);
		assert.ok(ticket, error);
		return { contact, roomId: ticket.externalId };
	}

	/** A request for a ticket that RapidPro does not remember; gives the room's id. */
	async openFor(token: string, ticketID: string): Promise<string> {
		assert.ok(this.app);
		const { status, body, json } = await this.app.call('POST', 'room', { ticketID, visitor: { token } });
		assert.equal(status, 200, body);
		return (json as { id: string }).id;
	}

	async openTickets(count: number): Promise<OpenTicket[]> {
		const tickets: OpenTicket[] = [];
		while (tickets.length < count) tickets.push(await this.openTicket());
		await this.rocketChat.settled();
		return tickets;
	}

	/** RapidPro closes a ticket. */
	async closeTicket({ contact }: OpenTicket): Promise<void> {
		await this.rapidPro.closeTicket(contact);
	}

	/** The contact of a ticket writes: the time until the answer. */
	async contactWrites({ contact }: OpenTicket): Promise<number> {
		return timed(async () => {
			const [answer] = await this.rapidPro.contactWrites(contact, this.nextText());
			assert.equal(answer?.status, 201, answer?.body);
		});
	}

	/** The agent of a ticket writes: the time until RapidPro has it. */
	async agentWrites({ roomId }: Pick<OpenTicket, 'roomId'>): Promise<number> {
		const text = this.nextText();
		const arrival = new Promise<number>((resolve) => this.expected.set(text, resolve));
		const start = performance.now();
		await this.rocketChat.agentWrites(roomId, AGENT, text);
		return (await arrival) - start;
	}

	/** A ticket is opened and closed: the time of both requests. */
	async openAndClose(): Promise<number> {
		let ticket: OpenTicket | undefined;
		const opening = await timed(async () => {
			ticket = await this.openTicket();
		});
		await this.rocketChat.settled();
		return opening + (await timed(() => this.closeTicket(ticket as OpenTicket)));
	}

	/** One sample after the other, each when all is at rest. */
	async samples(count: number, sample: (index: number) => Promise<number>): Promise<number[]> {
		const times: number[] = [];
		while (times.length < count) {
			times.push(await sample(times.length));
			await this.rocketChat.settled();
		}
		return times;
	}

	/** The app's calls to the server that `act` leads to, with all that follows from it. */
	async roundTrips(act: () => Promise<unknown>): Promise<number> {
		await this.rocketChat.settled();
		this.rocketChat.roundTrips.reset();
		await act();
		await this.rocketChat.settled();
		return this.rocketChat.roundTrips.list().length;
	}

	private nextText(): string {
		return `Message number ${++this.texts} of those that are exchanged here, as long as most are.`;
	}
}

/** How long something takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
	const start = performance.now();
	await act();
	return performance.now() - start;
}

/** Does `act` so often in all, `AT_ONCE` at a time, each of those with tickets of its own. Gives the number a second. */
export async function throughput(
	tickets: OpenTicket[],
	count: number,
	act: (ticket: OpenTicket) => Promise<unknown>,
): Promise<number> {
	let begun = 0;
	const work = async (mine: OpenTicket[]) => {
		for (let turn = 0; begun < count; turn++) {
			begun++;
			await act(mine[turn % mine.length]);
		}
	};
	const shares = Array.from({ length: AT_ONCE }, (_, worker) => tickets.filter((_, i) => i % AT_ONCE === worker));
	const time = await timed(() => Promise.all(shares.map(work)));
	return (count / time) * 1000;
}

export const AT_ONCE = 16;
