import type { Timers } from './timers';

/** As much of Node's modules `http` and `https` as is needed: rc-apps lets apps import neither. */
interface Requests {
	request(url: string, options: object, answered: (answer: Answer) => void): Asked;
}
interface Addresses {
	URL: new (address: string, base: string) => { href: string };
}
interface Answer {
	statusCode?: number;
	headers: { location?: string };
}
interface Asked {
	on(event: 'error', listener: (error: Error) => void): void;
	end(): void;
	destroy(): void;
}

/**
 * Where an address redirects a POST to; nothing where it does not. Asked directly, since the server's HTTP client follows
 * redirects and does not say that it has. No secret goes along.
 */
export function redirectOf(url: string, timeoutMs: number, timers: Timers): Promise<string | null> {
	const node: Requests = /^https:/i.test(url) ? require('https') : require('http');
	return new Promise((resolve, reject) => {
		const options = { method: 'POST', agent: false, headers: { 'Content-Length': 0 } };
		const asked = node.request(url, options, (answer) => {
			stop();
			resolve(redirectIn(url, answer.statusCode, answer.headers.location) ?? null);
			asked.destroy();
		});
		const stop = timers.start(() => asked.destroy(), timeoutMs);
		asked.on('error', (error) => {
			stop();
			reject(error);
		});
		asked.end();
	});
}

/** The absolute address to which an answer redirects, if it does. */
export function redirectIn(url: string, status: number | undefined, location: string | undefined): string | undefined {
	if (!status || status < 300 || status > 399 || !location) {
		return undefined;
	}
	// Servers up to 6.x keep the global one from apps.
	const addresses: Addresses = require('url');
	try {
		return new addresses.URL(location, url).href;
	} catch {
		return undefined;
	}
}
