const UNITS_MS: Record<string, number> = {
	second: 1000,
	minute: 60_000,
	hour: 3_600_000,
	day: 86_400_000,
	week: 604_800_000,
	month: 2_628_000_000,
	year: 31_536_000_000,
};

/** Milliseconds of a phrase like `10 seconds` or `in 5 minutes`; undefined if it is none. */
export function phraseMs(phrase: string): number | undefined {
	const words = phrase
		.trim()
		.replace(/^in /, '')
		.match(/^(?:(\d+(?:\.\d+)?|one|an?) )?(second|minute|hour|day|week|month|year)s?$/i);
	if (!words) return undefined;
	const amount = Number(words[1] ?? 1);
	return (Number.isNaN(amount) ? 1 : amount) * UNITS_MS[words[2].toLowerCase()];
}

/** When a one-time job is due: a date, a date as text or a phrase. */
export function dueAt(when: string | Date, now: Date): Date {
	if (typeof when !== 'string') return when;
	const ms = phraseMs(when);
	const date = ms === undefined ? new Date(when) : new Date(now.getTime() + ms);
	if (Number.isNaN(date.getTime())) throw new Error(`cannot tell when "${when}" is`);
	return date;
}

/** When a recurring job is due next: a number of milliseconds, a phrase or a cron expression of five or six fields. */
export function nextRun(interval: string | number, after: Date): Date {
	const ms = typeof interval === 'number' ? interval : phraseMs(interval);
	return ms === undefined ? nextCron(String(interval), after) : new Date(after.getTime() + ms);
}

const HORIZON_MS = 366 * UNITS_MS.day;

function nextCron(expression: string, after: Date): Date {
	const fields = expression.trim().split(/\s+/);
	if (fields.length === 5) fields.unshift('0');
	if (fields.length !== 6) throw new Error(`cannot read the interval "${expression}"`);
	const [second, ...rest] = fields;
	const fixedSecond = /^\d+$/.test(second);
	const stepMs = fixedSecond ? UNITS_MS.minute : 1000;
	const start = new Date(after);
	start.setMilliseconds(0);
	if (fixedSecond) start.setSeconds(Number(second));
	for (let time = start.getTime(); time < after.getTime() + HORIZON_MS; time += stepMs) {
		const date = new Date(time);
		if (time > after.getTime() && cronMatches([fixedSecond ? '*' : second, ...rest], date)) return date;
	}
	throw new Error(`the interval "${expression}" never comes`);
}

function cronMatches(fields: string[], date: Date): boolean {
	const values = [
		date.getSeconds(),
		date.getMinutes(),
		date.getHours(),
		date.getDate(),
		date.getMonth() + 1,
		date.getDay(),
	];
	return fields.every((field, i) => field.split(',').some((part) => partMatches(part, values[i])));
}

function partMatches(part: string, value: number): boolean {
	const [range, step = '1'] = part.split('/');
	const [from, to = part.includes('/') ? Number.POSITIVE_INFINITY : from] =
		range === '*' ? [0, Number.POSITIVE_INFINITY] : range.split('-').map(Number);
	return value >= from && value <= to && (value - from) % Number(step) === 0;
}
