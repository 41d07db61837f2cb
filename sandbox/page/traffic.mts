import { randomUUID } from 'node:crypto';
import type { Exchange, RapidPro } from '../rapidpro/index.mts';
import type { Change, News, PersistenceRecord, RocketChat } from '../rocketchat/index.mts';
import type { Workspace } from '../workspaces.mts';
import { eventTitle, jobName, recordTitle } from './app-text.mts';
import type { Board } from './board.mts';
import { TRAFFIC_MAX, type TrafficDetail, type TrafficEntry } from './documents.mts';
import { exchangeDetail, exchangeTitle } from './exchange-text.mts';

/** Longer texts are cut: what an app is installed with is a megabyte. */
const TEXT_MAX = 20_000;

/** The engine asks for it all the time. */
const TRIVIAL = new Set(['app:getStatus', 'app:setStatus']);

/** The database's collections that belong to the traffic. */
const RECORDS = 'rocketchat_apps_persistence';
const JOBS = 'rocketchat_apps_scheduler';

/** Puts all that happens between RapidPro, the app and Rocket.Chat on the board, a line each, and keeps the details. */
export class Traffic {
	private readonly board: Board;
	private readonly workspaces: Workspace[] = [];
	/** Details of what is on the board, oldest first. */
	private readonly details = new Map<string, () => TrafficDetail>();
	private readonly exchanges = new Map<Exchange, { id: string; rapidPro: RapidPro }>();
	/** How many calls the app's process has made since something began that is not over. */
	private readonly running = new Map<string, number>();

	constructor(board: Board, rocketChat: RocketChat) {
		this.board = board;
		rocketChat.news.listen((news) => this.happened(news));
		rocketChat.changes.listen((change) => this.changed(change));
	}

	/** Listens to what goes to and from a RapidPro, too. */
	listenTo(workspace: Workspace): void {
		const { rapidPro } = workspace;
		this.workspaces.push(workspace);
		for (const exchange of rapidPro.exchanges.list) this.exchangeBegan(exchange, workspace);
		rapidPro.exchanges.onBegin((exchange) => this.exchangeBegan(exchange, workspace));
		rapidPro.exchanges.onEnd((exchange) => this.exchangeEnded(exchange));
	}

	/** What an entry carried; nothing where it is gone. */
	detail(id: string): TrafficDetail | undefined {
		return this.details.get(id)?.();
	}

	clear(): void {
		for (const id of this.details.keys()) this.board.remove('traffic', id);
		this.details.clear();
	}

	private exchangeBegan(exchange: Exchange, { name, rapidPro }: Workspace): void {
		const { initiator, startedAt } = exchange;
		const id = this.add(
			{
				kind: initiator === 'RapidPro' ? 'request' : 'webhook',
				at: startedAt.getTime(),
				title: name === undefined ? exchangeTitle(exchange) : `${exchangeTitle(exchange)} · ${name}`,
				room: roomOf(exchange, rapidPro),
				state: 'running',
			},
			() => exchangeDetail(exchange, (words) => this.masked(words), rapidPro.url),
		);
		if (initiator === 'RapidPro') this.running.set(id, 0);
		this.exchanges.set(exchange, { id, rapidPro });
		if (exchange.durationMs !== undefined) this.exchangeEnded(exchange);
	}

	private exchangeEnded(exchange: Exchange): void {
		const begun = this.exchanges.get(exchange);
		if (begun === undefined) return;
		this.exchanges.delete(exchange);
		const { answer, durationMs } = exchange;
		this.end(begun.id, {
			outcome: answer === undefined ? 'no answer' : String(answer.status),
			state: answer !== undefined && answer.status < 400 ? 'good' : 'bad',
			durationMs,
			room: roomOf(exchange, begun.rapidPro),
		});
	}

	private happened(news: News): void {
		switch (news.kind) {
			case 'asked':
				this.asked(news);
				break;
			case 'answered':
				this.answered(news);
				break;
			case 'called':
				for (const [id, calls] of this.running) this.running.set(id, calls + 1);
				this.add({ kind: 'call', title: news.name, state: 'neutral' }, () => text('Call to Rocket.Chat', news.name));
				break;
			case 'logged':
				this.logged(news);
				break;
			case 'noticed':
				this.add(
					{ kind: 'event', title: 'Notice to agents', room: news.notice.roomId, state: 'neutral', outcome: 'shown' },
					() => text(news.notice.to === undefined ? 'To everybody' : `To ${news.notice.to}`, news.notice.text),
				);
		}
	}

	/** Requests to the app's API are on the traffic already, as RapidPro's. */
	private asked({ id, method, params }: Extract<News, { kind: 'asked' }>): void {
		if (method.startsWith('api:') || TRIVIAL.has(method)) return;
		const isJob = method.startsWith('scheduler:');
		const title = isJob ? `${jobName(method, parsed(params))} runs` : eventTitle(method);
		const shown = pretty(params);
		this.add(
			{
				id,
				kind: isJob ? 'job' : 'event',
				title,
				room: roomIn(params),
				state: 'running',
			},
			() => text(isJob ? 'The job’s data' : 'What the app is told', this.masked(shown)),
		);
		this.running.set(id, 0);
	}

	private answered({ id, error, unknown }: Extract<News, { kind: 'answered' }>): void {
		const entry = this.board.get('traffic', id);
		if (entry === undefined) return;
		const durationMs = Date.now() - entry.at;
		if (unknown) this.end(id, { outcome: 'not handled', state: 'neutral', durationMs });
		else if (error !== undefined) this.end(id, { outcome: 'failed', state: 'bad', durationMs });
		else this.end(id, { outcome: 'done', state: 'good', durationMs });
	}

	/** What the engine itself notes at debug level about each call says nothing that is not here already. */
	private logged({ method, severity, text: words }: Extract<News, { kind: 'logged' }>): void {
		if (severity === 'debug') return;
		const masked = this.masked(messageIn(words));
		this.add({ kind: 'log', title: masked, state: severity === 'error' ? 'bad' : 'neutral', outcome: severity }, () =>
			text(`In ${method}`, masked),
		);
	}

	private changed({ collection, id, document }: Change): void {
		if (collection === RECORDS) this.recordChanged(id, document as PersistenceRecord | undefined);
		else if (collection === JOBS && document?.lastRunAt === undefined) this.jobChanged(document);
	}

	private recordChanged(id: string, record: PersistenceRecord | undefined): void {
		if (record === undefined) {
			this.add({ kind: 'record', title: 'Record', outcome: 'removed', state: 'neutral' }, () => text('Removed', id));
			return;
		}
		const shown = pretty(JSON.stringify({ data: record.data, associations: record.associations }));
		const room = typeof record.data.room === 'string' ? record.data.room : undefined;
		this.add({ kind: 'record', title: recordTitle(record), room, outcome: 'stored', state: 'neutral' }, () =>
			text('Stored by the app', this.masked(shown)),
		);
	}

	/** Only that it is planned or that it failed: that it runs is told by what is asked of the app. */
	private jobChanged(job: Change['document']): void {
		if (job === undefined || (job.lockedAt && !job.failedAt)) return;
		const name = jobName(String(job.name).split('_')[0] ?? '', [job.data]);
		const shown = pretty(JSON.stringify({ data: job.data, nextRunAt: job.nextRunAt, failReason: job.failReason }));
		const failed = job.failedAt !== undefined;
		this.add(
			{
				kind: 'job',
				title: `${name} ${failed ? 'failed' : 'is planned'}`,
				outcome: failed ? 'failed' : 'planned',
				state: failed ? 'bad' : 'neutral',
			},
			() => text('The job', shown),
		);
	}

	private add(
		entry: Omit<TrafficEntry, 'id' | 'at'> & { id?: string; at?: number },
		detail: () => TrafficDetail,
	): string {
		const { id = randomUUID(), at = Date.now() } = entry;
		this.board.put('traffic', { ...entry, id, at });
		this.details.set(id, detail);
		if (this.details.size > TRAFFIC_MAX) {
			const [oldest] = this.details.keys() as Iterable<string>;
			this.details.delete(oldest);
			this.board.remove('traffic', oldest);
		}
		return id;
	}

	private end(id: string, outcome: Partial<TrafficEntry>): void {
		const calls = this.running.get(id);
		this.running.delete(id);
		this.board.patch('traffic', id, { ...outcome, calls });
	}

	private masked(words: string): string {
		return this.workspaces
			.flatMap(({ rapidPro }) => [rapidPro.secret, rapidPro.apiToken])
			.reduce((text, secret) => text.replaceAll(secret, '••••••••'), words);
	}
}

function text(title: string, words: string): TrafficDetail {
	return { sections: [{ title, text: words.length > TEXT_MAX ? `${words.slice(0, TEXT_MAX)} …` : words }] };
}

/** The engine logs objects, whose words are in one field. */
function messageIn(words: string): string {
	const { msg } = (parsed(words) ?? {}) as { msg?: unknown };
	return typeof msg === 'string' ? msg : words;
}

/** The room of a message or of a room event. */
function roomIn(params: string): string | undefined {
	const [subject] = (parsed(params) ?? []) as { id?: string; type?: string; room?: { id?: string } }[];
	return subject?.room?.id ?? (subject?.type === 'l' ? subject.id : undefined);
}

function pretty(json: string): string {
	const value = parsed(json);
	return value === undefined ? json : JSON.stringify(value, undefined, 2);
}

function parsed(json: string): unknown {
	try {
		return JSON.parse(json) ?? undefined;
	} catch {
		return undefined;
	}
}

/** The room that an exchange is about: by the ticket, by the contact, or by the answer to the request that made it. */
function roomOf({ body, answer }: Exchange, { model }: RapidPro): string | undefined {
	const { ticketID, visitor } = (parsed(body) ?? {}) as { ticketID?: string; visitor?: { token?: string } };
	const { tickets } = model;
	const byTicket = tickets.find(({ uuid }) => uuid === ticketID);
	const byContact = tickets.findLast(({ contact }) => String(contact.id) === visitor?.token);
	const opened = ticketID === undefined ? undefined : (parsed(answer?.body ?? '') as { id?: string } | undefined)?.id;
	return byTicket?.externalId ?? opened ?? (ticketID === undefined ? byContact?.externalId : undefined);
}
