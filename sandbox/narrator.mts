import { STATUS_CODES } from 'node:http';
import { Feed } from './feed.mts';
import type { Answer, Exchange } from './rapidpro/index.mts';

/** Headers that a reader wants to see; all others are the client's own business. */
const TELLING = new Set(['authorization', 'content-type', 'retry-after']);

const STYLES = { bold: [1, 22], dim: [2, 22], green: [32, 39], red: [31, 39] } as const;

/** Tells on the terminal what happens, step by step, with the HTTP exchanges. Secrets are never shown. */
export class Narrator {
	private steps = 0;
	private readonly titles = new Feed<string>();

	constructor(private readonly print: (line: string) => void) {}

	/** The next step begins. */
	step(title: string): void {
		this.print('');
		this.print(style('bold', `${++this.steps}. ${title}`));
		this.titles.tell(title);
	}

	/** Calls `listener` with the title of each step. */
	onStep(listener: (title: string) => void): void {
		this.titles.listen(listener);
	}

	/** A remark on the step, of one line or several. */
	note(text: string): void {
		for (const line of text.split('\n')) this.print(`   ${line}`);
	}

	/** Says whether a step had the effect that it should have. */
	verdict(good: boolean, text: string): void {
		this.print(`   ${good ? style('green', '✓') : style('red', '✗')} ${text}`);
	}

	/** A headline outside the steps. */
	headline(text: string): void {
		this.print('');
		this.print(style('bold', text));
	}

	/** A request with what became of it. */
	exchange({ initiator, method, url, headers, body, answer, error, durationMs }: Exchange): void {
		const direction = initiator === 'RapidPro' ? 'RapidPro → app' : 'app → RapidPro';
		const duration = style('dim', `${durationMs} ms`);
		this.print(`   ${style('dim', direction)}  ${style('bold', `${method} ${pathOf(url)}`)}  ${duration}`);
		for (const [name, value] of headers) {
			if (TELLING.has(name.toLowerCase())) this.print(`      ${style('dim', `${name}: ${masked(name, value)}`)}`);
		}
		this.body(body);
		if (answer === undefined) this.print(`   ${style('red', '←')} ${error}`);
		else this.answer(answer);
	}

	private answer({ status, body }: Answer): void {
		const arrow = style(status < 400 ? 'green' : 'red', '←');
		this.print(`   ${arrow} ${style('bold', String(status))} ${STATUS_CODES[status] ?? ''}`);
		this.body(body);
	}

	private body(text: string): void {
		if (text === '') return;
		for (const line of pretty(text).split('\n')) this.print(`      ${line}`);
	}
}

/** Keeps the scheme of an `Authorization` header and hides the rest. */
function masked(name: string, value: string): string {
	return name.toLowerCase() === 'authorization' ? value.replace(/\S+$/, '••••••••') : value;
}

function pathOf(url: string): string {
	return url.replace(/^https?:\/\/[^/]+/, '');
}

function pretty(text: string): string {
	try {
		return JSON.stringify(JSON.parse(text), undefined, 2);
	} catch {
		return text;
	}
}

function style(name: keyof typeof STYLES, text: string): string {
	if (!process.stdout.isTTY) return text;
	const [on, off] = STYLES[name];
	return `\u001b[${on}m${text}\u001b[${off}m`;
}
