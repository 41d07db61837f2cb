import type { Exchange } from '../rapidpro/index.mts';
import type { TrafficDetail } from './documents.mts';

/** Headers that hold a secret. */
const SECRET = new Set(['authorization', 'x-auth-token']);

/** What a request is for, with its verb and the end of its path. */
export function exchangeTitle({ purpose, method, url }: Exchange): string {
	return `${sentence(purpose)} · ${method} ${lastPart(url)}`;
}

/** Request and answer for a reader. `masked` hides secrets in bodies; of a webhook only the path was logged. */
export function exchangeDetail(
	exchange: Exchange,
	masked: (text: string) => string,
	webhookBase: string,
): TrafficDetail {
	const { method, headers, body, answer, error } = exchange;
	const url = exchange.url.startsWith('/') ? webhookBase + exchange.url : exchange.url;
	const request = [`${method} ${url}`, ...headers.map(([name, value]) => `${name}: ${shown(name, value)}`)].join('\n');
	const sections = [{ title: 'Request', text: masked(withBody(request, body)) }];
	if (answer !== undefined) {
		const head = [String(answer.status), ...Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`)];
		sections.push({ title: 'Answer', text: masked(withBody(head.join('\n'), answer.body)) });
	} else if (error !== undefined) {
		sections.push({ title: 'No answer', text: masked(error) });
	}
	return { sections, curl: masked(curl({ ...exchange, url })) };
}

/** The request as a command, which takes the secret from the variable `SECRET`. */
function curl({ method, url, headers, body }: Exchange): string {
	const kept = headers.filter(([name]) => SECRET.has(name.toLowerCase()) || name.toLowerCase() === 'content-type');
	const options = kept.map(([name, value]) =>
		SECRET.has(name.toLowerCase())
			? `-H "${name}: ${value.replace(/\S+$/, '$SECRET')}"`
			: `-H ${quoted(`${name}: ${value}`)}`,
	);
	if (body !== '') options.push(`-d ${quoted(body)}`);
	return ['curl -i', `-X ${method}`, ...options, quoted(url)].join(' ');
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

function shown(name: string, value: string): string {
	return SECRET.has(name.toLowerCase()) ? value.replace(/\S+$/, '••••••••') : value;
}

function withBody(head: string, body: string): string {
	if (body === '') return head;
	try {
		return `${head}\n\n${JSON.stringify(JSON.parse(body), undefined, 2)}`;
	} catch {
		return `${head}\n\n${body}`;
	}
}

function lastPart(url: string): string {
	const path = url.split('?')[0] ?? url;
	const part = path.slice(path.lastIndexOf('/') + 1);
	return /^[0-9a-f-]{36}$/.test(part) ? 'event_callback' : part;
}

function sentence(words: string): string {
	return words.charAt(0).toUpperCase() + words.slice(1);
}
