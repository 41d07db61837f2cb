import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the fake app saw it. */
export interface SeenRequest {
	method: string;
	path: string;
	/** As on the wire: name, value, name, value … */
	rawHeaders: string[];
	body: string;
}

type Reply = (request: SeenRequest, response: ServerResponse) => void;

/** In place of the app, for the tests of the RapidPro stand-in alone. */
export class FakeApp {
	readonly seen: SeenRequest[] = [];
	/** How the next requests are answered. */
	reply: Reply = (_request, response) => response.writeHead(204).end();
	private readonly server = createServer((request, response) => void this.serve(request, response));

	static async start(): Promise<FakeApp> {
		const app = new FakeApp();
		await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve));
		return app;
	}

	get url(): string {
		const { port } = this.server.address() as AddressInfo;
		return `http://127.0.0.1:${port}/api/apps/public/684202ed-1461-4983-9ea7-fde74b15026c`;
	}

	async stop(): Promise<void> {
		const closed = new Promise((resolve) => this.server.close(resolve));
		this.server.closeAllConnections();
		await closed;
	}

	private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const body = Buffer.concat(chunks).toString('utf8');
		const seen = { method: request.method ?? '', path: request.url ?? '', rawHeaders: request.rawHeaders, body };
		this.seen.push(seen);
		this.reply(seen, response);
	}
}
