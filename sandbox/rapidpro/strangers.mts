import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer that is not mailroom's, for {@link Faults.answer}. */
export interface StrangersAnswer {
	status: number;
	headers: Record<string, string>;
	body: string;
}

const html = (status: number, words: string): StrangersAnswer => ({
	status,
	headers: { 'content-type': 'text/html; charset=utf-8' },
	body: `<!DOCTYPE html><html><head><title>${words}</title></head><body><h1>${words}</h1></body></html>`,
});
const json = (status: number, body: unknown): StrangersAnswer => ({
	status,
	headers: { 'content-type': 'application/json' },
	body: JSON.stringify(body),
});

/** What answers in mailroom's place between Rocket.Chat and RapidPro: proxies, firewalls, routers, other services. */
export const STRANGERS = {
	maintenancePage: html(200, 'Down for maintenance'),
	logInPage: html(200, 'Please log in'),
	firewall: html(403, 'Access denied by policy 7731'),
	router: { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' },
	routersPage: html(404, 'Backend not found'),
	otherService: json(200, { status: 'ok', service: 'gateway' }),
	otherServicesRefusal: json(400, { error: 'unknown route', code: 1044 }),
	cloud: json(404, { message: 'no Route matched with those values' }),
	tooLarge: html(413, 'Request Entity Too Large'),
} as const satisfies Record<string, StrangersAnswer>;

/** Answers that a proxy has stripped of their body: mailroom has handled what they answer. */
export const STRIPPED: readonly StrangersAnswer[] = [
	{ status: 200, headers: {}, body: '' },
	{ status: 202, headers: { 'content-type': 'application/json' }, body: '' },
	{ status: 204, headers: {}, body: '' },
];

/** A web server that redirects every request to one address, the path as it came. */
export class Redirector {
	/** How often each method was asked for. */
	readonly asked: string[] = [];
	private readonly server: Server;

	private constructor(
		private readonly status: number,
		private readonly target: (path: string) => string,
	) {
		this.server = createServer((request, response) => {
			this.asked.push(request.method ?? '');
			request.resume();
			response.writeHead(this.status, { location: this.target(request.url ?? '') }).end();
		});
	}

	/** Redirects with this status; the target may be an address, to which the path is added, or made of the path. */
	static async start(status: number, target: string | ((path: string) => string)): Promise<Redirector> {
		const redirector = new Redirector(status, typeof target === 'string' ? (path) => target + path : target);
		await new Promise<void>((resolve) => redirector.server.listen(0, '127.0.0.1', resolve));
		return redirector;
	}

	/** `http://127.0.0.1:<port>` */
	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}
}
