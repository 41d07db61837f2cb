import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Contact, RapidPro } from './rapidpro/index.mts';
import type { RocketChat } from './rocketchat/index.mts';

/** Something that a person in the sandbox does; what it gives is answered as JSON. */
type Action = (text: string) => Promise<unknown>;

/**
 * Lets whoever runs the sandbox act as its people with curl: as the agent in Rocket.Chat, and as the contact
 * and the user of RapidPro. Not part of either product. A text is the request's body as it is.
 *
 * | Request | Who does what |
 * |---|---|
 * | `POST /agent/write` | the agent answers in the contact's room |
 * | `POST /agent/close` | the agent closes the room, the text being the comment |
 * | `POST /contact/open` | the contact's flow opens a ticket |
 * | `POST /contact/write` | the contact writes |
 * | `POST /contact/close` | a user of RapidPro closes the ticket |
 * | `GET /contact/messages` | what RapidPro holds of the conversation |
 * | `GET /agent/messages` | what the room holds |
 */
export class Desk {
	private readonly server: Server;
	private readonly actions: Record<string, Action>;

	constructor(
		private readonly rocketChat: RocketChat,
		private readonly rapidPro: RapidPro,
		agent: string,
		private readonly contact: Contact,
	) {
		this.actions = {
			'POST /agent/write': async (text) => rocketChat.agentWrites(this.room(), agent, text),
			'POST /agent/close': async (comment) => rocketChat.closeRoom(this.room(), { by: agent, comment }),
			'GET /agent/messages': async () => this.roomMessages(),
			'POST /contact/open': async () => rapidPro.openTicket(contact),
			'POST /contact/write': async (text) => rapidPro.contactWrites(contact, text),
			'POST /contact/close': async () => rapidPro.closeTicket(contact),
			'GET /contact/messages': async () => this.contactMessages(),
		};
		this.server = createServer(async (request, response) => {
			const { status, body } = await this.serve(request);
			response.writeHead(status, { 'Content-Type': 'application/json' });
			response.end(`${JSON.stringify(body, undefined, 2)}\n`);
		});
	}

	/** Listens on the loopback interface, on any free port for 0. Gives the address. */
	async listen(port: number): Promise<string> {
		await new Promise<void>((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', resolve);
		});
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Stops listening and cuts every connection. */
	async close(): Promise<void> {
		const closed = new Promise((resolve) => this.server.close(resolve));
		this.server.closeAllConnections();
		await closed;
	}

	private async serve(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
		const action = this.actions[`${request.method} ${request.url}`];
		if (action === undefined) return { status: 404, body: { offered: Object.keys(this.actions) } };
		try {
			return { status: 200, body: (await action(await textOf(request))) ?? {} };
		} catch (error) {
			return { status: 409, body: { error: (error as Error).message } };
		}
	}

	/** The room of the contact's newest ticket. */
	private room(): string {
		const ticket = this.rapidPro.model.tickets.findLast(({ contact }) => contact === this.contact);
		if (ticket === undefined) throw new Error('the contact has no ticket yet');
		return ticket.externalId;
	}

	private roomMessages(): unknown {
		const messages = this.rocketChat.messages(this.room());
		return messages.map(({ t, u, msg }) => ({ by: u.username, system: t, text: msg }));
	}

	private contactMessages(): unknown {
		const messages = this.rapidPro.model.messages.filter(({ contact }) => contact === this.contact);
		return messages.map(({ direction, text, files, status }) => ({ direction, text, files, status }));
	}
}

async function textOf(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString('utf8');
}
