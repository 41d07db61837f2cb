/** A moment in microseconds since 1970, as fine as RapidPro's database keeps time. */
export type Micros = number;

/** As Python's `isoformat` writes it: six digits, or none where they would all be zero. */
export function written(micros: Micros): string {
	const rest = micros % 1_000_000;
	const seconds = new Date((micros - rest) / 1000).toISOString().slice(0, 19);
	return rest === 0 ? `${seconds}Z` : `${seconds}.${String(rest).padStart(6, '0')}Z`;
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?)?$/;

/** The moment that was written in a query, or nothing where it cannot be read. Without a zone UTC is meant. */
export function read(text: string): Micros | undefined {
	const [, date, time = '00:00', fraction = '', zone = 'Z'] = TIME.exec(text) ?? [];
	const ms = Date.parse(`${date}T${time}${zone}`);
	return Number.isNaN(ms) ? undefined : ms * 1000 + Number(fraction.padEnd(6, '0'));
}
