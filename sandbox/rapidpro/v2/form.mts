import type { Fields } from './body.mts';
import { Refusal } from './reply.mts';

/** What Python's `str.strip` takes away, which is not what JavaScript's `trim` does: U+FEFF stays. */
const BLANK = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const BLANKS = new RegExp(`^${BLANK}+|${BLANK}+$`, 'gu');

/** Strips a text as RapidPro does. */
export function stripped(text: string): string {
	return text.replace(BLANKS, '');
}

/** Thrown by a check of a field, in the words of the answer. */
class Invalid extends Error {
	constructor(readonly words: string[]) {
		super(words.join(' '));
	}
}

export function noSuchObject(what: unknown): never {
	throw new Invalid([`No such object: ${what}`]);
}

export function invalid(words: string): never {
	throw new Invalid([words]);
}

/** Reads the fields of one body and collects what is wrong with each, as a serializer of Django REST framework does. */
export class Form {
	private readonly errors: Record<string, string[]> = {};

	constructor(private readonly fields: Fields) {}

	/** Whether the field is there at all. */
	has(name: string): boolean {
		return this.fields[name] !== undefined;
	}

	/** The field, read by `check`; nothing where it is absent or wrong. */
	optional<T>(name: string, check: (value: unknown) => T, { nullable = false } = {}): T | null | undefined {
		const value = this.fields[name];
		if (value === undefined) return undefined;
		try {
			if (value !== null) return check(value);
			if (nullable) return null;
			invalid('This field may not be null.');
		} catch (error) {
			if (!(error instanceof Invalid)) throw error;
			this.errors[name] = error.words;
		}
		return undefined;
	}

	/** As {@link optional}; absence is wrong. */
	required<T>(name: string, check: (value: unknown) => T): T | undefined {
		if (!this.has(name)) this.errors[name] = ['This field is required.'];
		return this.optional(name, check) ?? undefined;
	}

	/** @throws Refusal that tells what was wrong. */
	done(): void {
		if (Object.keys(this.errors).length > 0) throw new Refusal(400, this.errors);
	}
}

/** Words that are wrong for no field in particular. */
export function refuse(words: string): never {
	throw new Refusal(400, { non_field_errors: [words] });
}

/** A text that is not blank, and not longer than this many code points. */
export function text(max = Number.POSITIVE_INFINITY): (value: unknown) => string {
	return (value) => {
		if (typeof value !== 'string' && typeof value !== 'number') invalid('Not a valid string.');
		const read = stripped(String(value));
		if (read === '') invalid('This field may not be blank.');
		const words: string[] = [];
		if ([...read].length > max) words.push(`Ensure this field has no more than ${max} characters.`);
		if (read.includes('\0')) words.push('Null characters are not allowed.');
		const [surrogate] = /\p{Surrogate}/u.exec(read) ?? [];
		if (surrogate) {
			const code = surrogate.charCodeAt(0).toString(16).toUpperCase();
			words.push(`Surrogate characters are not allowed: U+${code}.`);
		}
		if (words.length > 0) throw new Invalid(words);
		return read;
	};
}

/** A list of not more than `max` items, each read by `check`. */
export function list<T>(check: (value: unknown) => T, max = Number.POSITIVE_INFINITY): (value: unknown) => T[] {
	return (value) => {
		if (!Array.isArray(value)) invalid(`Expected a list of items but got type "${pythonType(value)}".`);
		if (value.length > max) invalid(`Ensure this field has no more than ${max} elements.`);
		return value.map(check);
	};
}

function pythonType(value: unknown): string {
	switch (typeof value) {
		case 'string':
			return 'str';
		case 'boolean':
			return 'bool';
		case 'number':
			return Number.isInteger(value) ? 'int' : 'float';
		default:
			return 'dict';
	}
}
