import { Feed } from '../feed.mts';

/** Who started an HTTP exchange, and so who is behind the request. */
export type Initiator = 'RapidPro' | 'app';

/** Headers in the order in which they went over the wire, names as they were written. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** An HTTP response, read to its end. Header names are lower-case. */
export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: string;
}

/** One HTTP request and what became of it. */
export interface Exchange {
	initiator: Initiator;
	/** What it was for, in words: `open a ticket`. */
	purpose: string;
	method: string;
	url: string;
	headers: HeaderList;
	body: string;
	startedAt: Date;
	/** Milliseconds from the request to the end of the answer or to the failure. */
	durationMs?: number;
	/** Absent while it runs and when no answer came. */
	answer?: Answer;
	/** Why no answer came. */
	error?: string;
}

/** Every exchange from and to the stand-in, in the order in which they began. */
export class ExchangeLog {
	readonly list: Exchange[] = [];
	private readonly begun = new Feed<Exchange>();
	private readonly ended = new Feed<Exchange>();

	/** Takes up an exchange that begins now. */
	begin(start: Pick<Exchange, 'initiator' | 'purpose' | 'method' | 'url' | 'headers' | 'body'>): Exchange {
		const exchange: Exchange = { ...start, startedAt: new Date() };
		this.list.push(exchange);
		this.begun.tell(exchange);
		return exchange;
	}

	/** Records how an exchange ended and tells the listeners. */
	end(exchange: Exchange, outcome: { answer: Answer } | { error: string }): void {
		Object.assign(exchange, outcome);
		exchange.durationMs = Date.now() - exchange.startedAt.getTime();
		this.ended.tell(exchange);
	}

	/** Calls `listener` whenever an exchange begins. Returns the way to stop that. */
	onBegin(listener: (exchange: Exchange) => void): () => void {
		return this.begun.listen(listener);
	}

	/** Calls `listener` whenever an exchange has ended. Returns the way to stop that. */
	onEnd(listener: (exchange: Exchange) => void): () => void {
		return this.ended.listen(listener);
	}
}
