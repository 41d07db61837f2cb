import type { Traits } from './release.mts';
import { Refusal } from './reply.mts';

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Whether it has the form of a UUID. */
export function isUuid(text: string): boolean {
	return UUID.test(text);
}

/** A parameter that should be a UUID. 9.0 takes anything, and finds nothing. */
export function uuidParam(params: URLSearchParams, name: string, { checksUuids }: Traits): string | undefined {
	const value = params.get(name);
	if (value === null) return undefined;
	if (checksUuids && !isUuid(value)) throw Refusal.detail(400, `Param '${name}': ${value} is not a valid UUID.`);
	return value.toLowerCase();
}
