import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a file is handed over. */
export interface MediaAnswer {
	status?: number;
	type?: string;
	bytes: Buffer;
	/** The answer comes this much later, in milliseconds. */
	delayMs?: number;
	/** The host does not know ranges: it sends everything. */
	ignoresRange?: boolean;
	redirectTo?: string;
}

/** A host of contacts' media, as a RapidPro or its object store is one. */
export class MediaHost {
	/** The paths asked for, oldest first. */
	readonly asked: string[] = [];
	private readonly files = new Map<string, MediaAnswer>();
	private readonly server = createServer((request, response) => void this.answer(request, response));

	static async start(): Promise<MediaHost> {
		const host = new MediaHost();
		await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', resolve));
		return host;
	}

	/** `127.0.0.1:<port>` */
	get name(): string {
		return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Offers a file; gives its address. */
	offer(path: string, answer: MediaAnswer): string {
		this.files.set(path, answer);
		return `http://${this.name}${path}`;
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const path = request.url ?? '';
		this.asked.push(path);
		const file = this.files.get(path);
		await new Promise((resolve) => setTimeout(resolve, file?.delayMs ?? 0));
		if (file?.redirectTo) {
			response.writeHead(302, { location: file.redirectTo }).end();
			return;
		}
		const last = /^bytes=0-(\d+)$/.exec(request.headers.range ?? '')?.[1];
		const isPart = file?.status === undefined && last !== undefined && !file?.ignoresRange;
		const status = file === undefined ? 404 : (file.status ?? (isPart ? 206 : 200));
		response.writeHead(status, { 'content-type': file?.type ?? 'text/plain' });
		response.end(isPart ? file?.bytes.subarray(0, Number(last) + 1) : file?.bytes);
	}
}
