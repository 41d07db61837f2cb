import { types } from 'node:util';

/** A copy as a database would keep it: own properties only, through proxies, without functions. */
export function plain(value: unknown): unknown {
	if (typeof value === 'function') return undefined;
	if (typeof value !== 'object' || value === null) return value;
	if (value instanceof Uint8Array) return Buffer.from(value);
	if (value instanceof Date || types.isDate(value)) return new Date(value.getTime());
	if (Array.isArray(value)) return Array.from(value, plain);
	return Object.fromEntries(Object.keys(value).map((key) => [key, plain((value as Record<string, unknown>)[key])]));
}
