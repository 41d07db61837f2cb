import { encode } from './storedJson.mts';

/** A stored document. */
// biome-ignore lint/suspicious/noExplicitAny: documents have any shape; each reader names the one it expects
export type Document = { [field: string]: any };

/** Field (dotted path) to the value it has, or to a {@link Condition}. */
export type Filter = Record<string, unknown>;

/** The conditions of MongoDB that the sandbox uses. */
export interface Condition {
	$in?: unknown[];
	/** An array that contains all of these. */
	$all?: unknown[];
	$exists?: boolean;
	$ne?: unknown;
	$lte?: Date | number;
	/** A regular expression's source. */
	$regex?: string;
}

/** The update operators of MongoDB that the sandbox uses. */
export interface Changes {
	$set?: Document;
	$unset?: Record<string, 1>;
	$inc?: Record<string, number>;
}

/** Whether a document matches every field of the filter. */
export function matches(document: Document, filter: Filter): boolean {
	return Object.entries(filter).every(([field, expected]) =>
		fieldMatches(valuesAt(document, field.split('.')), expected),
	);
}

function fieldMatches(values: unknown[], expected: unknown): boolean {
	if (!isCondition(expected)) return values.some((value) => equals(value, expected));
	const checks: Record<string, (operand: never) => boolean> = {
		$in: (operand: unknown[]) => values.some((value) => operand.some((candidate) => equals(value, candidate))),
		$all: (operand: unknown[]) => operand.every((wanted) => values.some((value) => equals(value, wanted))),
		$exists: (operand: boolean) => values.some((value) => value !== undefined) === operand,
		$ne: (operand: unknown) => !values.some((value) => equals(value, operand)),
		$lte: (operand: number) =>
			values.some((value) => value !== undefined && value !== null && (value as number) <= operand),
		$regex: (operand: string) => values.some((value) => typeof value === 'string' && new RegExp(operand).test(value)),
	};
	return Object.entries(expected).every(([operator, operand]) => {
		const check = checks[operator];
		if (!check) throw new Error(`the sandbox's store knows no ${operator}`);
		return check(operand as never);
	});
}

/** As in MongoDB: an absent field equals null, objects are equal with the same keys in the same order. */
function equals(value: unknown, expected: unknown): boolean {
	if (expected === null || expected === undefined) return value === undefined || value === null;
	if (typeof expected !== 'object' || typeof value !== 'object' || value === null) return value === expected;
	if (Array.isArray(value) !== Array.isArray(expected)) return false;
	if (!hasOnlyFields(value) || !hasOnlyFields(expected)) return encode(value) === encode(expected);
	const [fields, wanted] = [Object.entries(value), Object.entries(expected)];
	return (
		fields.length === wanted.length &&
		fields.every(([key, field], index) => key === wanted[index][0] && equals(field, wanted[index][1]))
	);
}

function hasOnlyFields(value: object): boolean {
	return !(value instanceof Date || value instanceof Uint8Array);
}

/** The value at a path; where it is an array, its elements too, and a path goes through the elements of an array. */
export function valuesAt(value: unknown, path: string[]): unknown[] {
	if (path.length === 0) return Array.isArray(value) ? [value, ...value] : [value];
	if (Array.isArray(value)) return value.flatMap((element) => valuesAt(element, path));
	const [field, ...rest] = path;
	return valuesAt((value as Document | null | undefined)?.[field], rest);
}

/** Applies update operators to a document in place. */
export function change(document: Document, changes: Changes): void {
	for (const [field, value] of Object.entries(changes.$set ?? {})) {
		const { parent, key } = parentOf(document, field);
		parent[key] = structuredClone(value);
	}
	for (const field of Object.keys(changes.$unset ?? {})) {
		const { parent, key } = parentOf(document, field);
		delete parent[key];
	}
	for (const [field, amount] of Object.entries(changes.$inc ?? {})) {
		const { parent, key } = parentOf(document, field);
		parent[key] = (parent[key] ?? 0) + amount;
	}
}

function parentOf(document: Document, field: string): { parent: Document; key: string } {
	const path = field.split('.');
	const key = path.pop() as string;
	let parent = document;
	for (const step of path) {
		parent[step] ??= {};
		parent = parent[step];
	}
	return { parent, key };
}

/** Sorted by the fields given, as they came otherwise. */
export function sorted(documents: Document[], sort: Record<string, 1 | -1> = {}): Document[] {
	return [...documents].sort((a, b) => {
		for (const [field, direction] of Object.entries(sort)) {
			const [x] = valuesAt(a, field.split('.')) as number[];
			const [y] = valuesAt(b, field.split('.')) as number[];
			if (x < y) return -direction;
			if (x > y) return direction;
		}
		return 0;
	});
}

function isCondition(value: unknown): value is Condition {
	return (
		isPlainObject(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => key.startsWith('$'))
	);
}

function isPlainObject(value: unknown): value is Document {
	return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
