import { type Question, Refusal } from './reply.mts';

/** The fields of a request's body. */
export type Fields = Record<string, unknown>;

/** Reads a body as Django REST framework does: JSON or a form, nothing else. */
export function fieldsIn({ contentType, body }: Question): Fields {
	const [type] = contentType.split(';') as [string];
	switch (type.trim().toLowerCase()) {
		case 'application/json':
			return objectIn(body.toString('utf8'));
		case 'application/x-www-form-urlencoded':
			return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
		default:
			throw unsupported(contentType);
	}
}

export function unsupported(contentType: string): Refusal {
	return Refusal.detail(415, `Unsupported media type "${contentType}" in request.`);
}

function objectIn(text: string): Fields {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw Refusal.detail(400, `JSON parse error - ${parseError(text)}`);
	}
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
	throw new Refusal(400, { non_field_errors: ['Request body should be a single JSON object'] });
}

/** Roughly in Python's words: nobody may depend on the place that they name. */
function parseError(text: string): string {
	return text.startsWith('{')
		? 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'
		: 'Expecting value: line 1 column 1 (char 0)';
}
