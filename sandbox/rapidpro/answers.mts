import { STATUS_CODES } from 'node:http';
import type { Answer } from './exchanges.mts';

/**
 * mailroom takes the words from `{"error": "…"}`; anything else makes its own parse error the message, which would tell
 * nobody here anything: instead of that, what was answered.
 */
export function errorIn(answer: Answer): string {
	try {
		const { error } = JSON.parse(answer.body);
		if (typeof error === 'string') return error;
	} catch {
		// No JSON: not the app's own answer.
	}
	return unexpected(answer);
}

/** The answer of somebody else than the app, such as Rocket.Chat where the app is disabled. */
function unexpected({ status, body }: Answer): string {
	const text = body.trim();
	const words = [`${status} ${STATUS_CODES[status] ?? ''}`.trim()];
	if (text !== '' && text !== STATUS_CODES[status]) words.push(text.length > 200 ? `${text.slice(0, 200)} …` : text);
	const where = status === 404 ? '; in Rocket.Chat the app is disabled or not there' : '';
	return `the answer was not the app’s: ${words.join(': ')}${where}`;
}

/** The id of the room that was opened, or what is wrong with the answer. */
export function roomIn(answer: Answer): { id: string; error?: undefined } | { error: string } {
	try {
		const { id } = JSON.parse(answer.body);
		if (typeof id === 'string') return { id };
	} catch {
		// No JSON: not the app's own answer.
	}
	return { error: unexpected(answer) };
}
