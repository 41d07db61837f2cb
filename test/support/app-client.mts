import { Agent, type IncomingMessage, request } from 'node:http';

/** What came back from the app's API. */
export interface Reply {
	status: number;
	headers: IncomingMessage['headers'];
	body: string;
	/** The body as JSON; nothing where it is none. */
	json: unknown;
}

/** How a request differs from a proper one. `null` leaves the header out. */
export interface Deviation {
	authorization?: string | null;
	contentType?: string | null;
}

/** Calls the app's API over HTTP, any verb with any body. */
export class AppClient {
	private readonly agent = new Agent({ keepAlive: true });

	constructor(
		readonly url: string,
		readonly secret: string,
	) {}

	/** Sends a request. A body that is not a string is sent as JSON. */
	call(method: string, endpoint: string, body?: unknown, deviation: Deviation = {}): Promise<Reply> {
		return this.send(method, endpoint, body, { ...this.properHeaders(body), ...given(deviation) });
	}

	/** Sends a proper request with one header more. */
	callWith(header: [name: string, value: string], method: string, endpoint: string, body?: unknown): Promise<Reply> {
		return this.send(method, endpoint, body, { ...this.properHeaders(body), [header[0]]: header[1] });
	}

	/** Closes the idle connections. */
	close(): void {
		this.agent.destroy();
	}

	private properHeaders(body: unknown): Record<string, string | null> {
		const authorization = `Token ${this.secret}`;
		return body === undefined ? { authorization } : { authorization, 'content-type': 'application/json' };
	}

	private send(
		method: string,
		endpoint: string,
		body: unknown,
		headers: Record<string, string | null>,
	): Promise<Reply> {
		const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
		return new Promise((resolve, reject) => {
			const outgoing = request(`${this.url}/${endpoint}`, { method, agent: this.agent });
			for (const [name, value] of Object.entries(headers)) if (value !== null) outgoing.setHeader(name, value);
			if (text !== undefined) outgoing.setHeader('content-length', Buffer.byteLength(text));
			outgoing.on('error', reject);
			outgoing.on('response', (response) => read(response).then(resolve, reject));
			outgoing.end(text);
		});
	}
}

function given({ authorization, contentType }: Deviation): Record<string, string | null> {
	return {
		...(authorization === undefined ? {} : { authorization }),
		...(contentType === undefined ? {} : { 'content-type': contentType }),
	};
}

async function read(response: IncomingMessage): Promise<Reply> {
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(chunk as Buffer);
	const body = Buffer.concat(chunks).toString('utf8');
	return { status: response.statusCode ?? 0, headers: response.headers, body, json: jsonIn(body) };
}

function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
