/** A copy of what a document holds, which is plain data; many times faster than `structuredClone`, which takes more. */
export function copied<T>(value: T): T {
	if (typeof value !== 'object' || value === null) return value;
	if (value instanceof Date || value instanceof Uint8Array) return structuredClone(value);
	if (Array.isArray(value)) return value.map(copied) as T;
	const copy: Record<string, unknown> = {};
	for (const [key, field] of Object.entries(value)) copy[key] = copied(field);
	return copy as T;
}
