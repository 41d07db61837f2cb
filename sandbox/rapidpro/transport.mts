import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { gunzipSync } from 'node:zlib';
import type { Answer, ExchangeLog, HeaderList } from './exchanges.mts';

/** No answer came: refused, cut off or too late. */
export class NoAnswer extends Error {}

/** What is to be sent, header for header. `Host` is added in front, nothing else. */
export interface Outgoing {
	purpose: string;
	method: string;
	url: string;
	headers: HeaderList;
	body: string;
	timeoutMs: number;
}

/**
 * Sends HTTP/1.1 requests exactly as told over connections that are kept alive.
 *
 * `fetch` will not do: it refuses a GET with a body and adds headers of its own.
 */
export class Transport {
	private readonly agent = new Agent({ keepAlive: true });
	private readonly secureAgent = new SecureAgent({ keepAlive: true });

	constructor(private readonly log: ExchangeLog) {}

	/** Sends one request and reads the answer to its end. Throws {@link NoAnswer}. */
	async send(outgoing: Outgoing): Promise<Answer> {
		const { purpose, method, url, headers, body } = outgoing;
		const exchange = this.log.begin({ initiator: 'RapidPro', purpose, method, url, headers, body });
		try {
			const answer = await this.exchange(outgoing);
			this.log.end(exchange, { answer });
			return answer;
		} catch (error) {
			const noAnswer = new NoAnswer(`${method} ${url}: ${(error as Error).message}`, { cause: error });
			this.log.end(exchange, { error: noAnswer.message });
			throw noAnswer;
		}
	}

	/** Cuts all connections, those in use as well. */
	close(): void {
		this.agent.destroy();
		this.secureAgent.destroy();
	}

	private exchange(outgoing: Outgoing): Promise<Answer> {
		return new Promise((resolve, reject) => {
			const request = this.open(outgoing);
			const timer = setTimeout(
				() => request.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')),
				outgoing.timeoutMs,
			);
			request.on('close', () => clearTimeout(timer));
			request.on('error', reject);
			request.on('response', (response) => readAnswer(response).then(resolve, reject));
			request.end(outgoing.body);
		});
	}

	private open({ method, url, headers }: Outgoing): ClientRequest {
		const target = new URL(url);
		const secure = target.protocol === 'https:';
		const request = (secure ? httpsRequest : httpRequest)(target, {
			method,
			agent: secure ? this.secureAgent : this.agent,
			setHost: false,
		});
		request.setHeader('Host', target.host);
		// Node would add `Connection: keep-alive`, which Go leaves out.
		request.removeHeader('Connection');
		for (const [name, value] of headers) request.setHeader(name, value);
		return request;
	}
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
	const chunks: Buffer[] = [];
	for await (const chunk of response) chunks.push(chunk as Buffer);
	const bytes = Buffer.concat(chunks);
	const body = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
	return { status: response.statusCode ?? 0, headers: flat(response), body: body.toString('utf8') };
}

function flat(response: IncomingMessage): Record<string, string> {
	const entries = Object.entries(response.headersDistinct);
	return Object.fromEntries(entries.map(([name, values]) => [name, (values ?? []).join(', ')]));
}
