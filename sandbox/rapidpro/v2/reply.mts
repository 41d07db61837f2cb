/** An answer of the API. */
export interface Reply {
	status: number;
	headers?: Record<string, string>;
	body: string;
}

/** What was asked for, as the endpoints see it. */
export interface Question {
	method: string;
	/** Such as `messages`. */
	resource: string;
	/** The address with the Host header that came, from which RapidPro builds `next`. */
	url: URL;
	contentType: string;
	body: Buffer;
}

/** Ends the handling of a request with an error answer. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		readonly body: object,
		readonly headers: Record<string, string> = {},
	) {
		super(JSON.stringify(body));
	}

	/** Django REST framework's answer where no field is to blame. */
	static detail(status: number, detail: string): Refusal {
		return new Refusal(status, { detail });
	}
}

/** Something broke inside RapidPro, which tells nothing of it. */
export class ServerError extends Error {}

export function json(status: number, body: object): Reply {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export function html(status: number, body: string): Reply {
	return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

export const NO_CONTENT: Reply = { status: 204, body: '' };
export const SERVER_ERROR = html(500, 'Server Error. Site administrators have been notified.');
