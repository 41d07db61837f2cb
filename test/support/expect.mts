import assert from 'node:assert/strict';
import type { Reply } from './app-client.mts';

/** What no message may show: stacks, source positions, names of Rust's types and of its panics. */
const INSIDE_INFORMATION = /\n\s+at |\.rs\b|panicked|unreachable|Option|Result<|serde|undefined|\[object /;

/** The reply is a refusal in the error pattern, exactly `{"error": "<words>"}`, and says `words`. */
export function assertRefusal(reply: Reply, status: number, words: RegExp = /./): void {
	assert.equal(reply.status, status, reply.body);
	const error = assertErrorPattern(reply);
	assert.match(error, words);
}

/** The body is exactly `{"error": "<words>"}`, with words for a reader. Gives them. */
export function assertErrorPattern(reply: Reply): string {
	assert.match(reply.headers['content-type'] ?? '', /^application\/json/, reply.body);
	assert.deepEqual(Object.keys(reply.json as object), ['error'], reply.body);
	const { error } = reply.json as { error: unknown };
	assert.ok(typeof error === 'string' && error.trim() !== '', reply.body);
	assert.doesNotMatch(error, INSIDE_INFORMATION);
	return error;
}

/** The reply has this status and an empty body. */
export function assertEmpty(reply: Reply, status: number): void {
	assert.equal(reply.status, status, reply.body);
	assert.equal(reply.body, '');
}

/** The reply is exactly `{"id": "<id>"}` with this status. Gives the id. */
export function assertId(reply: Reply, status: number): string {
	assert.equal(reply.status, status, reply.body);
	assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
	assert.deepEqual(Object.keys(reply.json as object), ['id'], reply.body);
	const { id } = reply.json as { id: unknown };
	assert.ok(typeof id === 'string' && id !== '', reply.body);
	return id;
}

/** A pattern that finds a dotted path such as `visitor.token` as a whole. */
export function naming(field: string): RegExp {
	const literal = field.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	return new RegExp(`(?<![\\w.])${literal}(?![\\w])`);
}
