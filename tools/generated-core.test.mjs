/** The generated core on a server that offers nothing but JavaScript itself. Tests `CORE`, else the committed file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { COMMITTED_CORE, evaluate, wasmIn } from './generated-core.mjs';

const FILE = process.env.CORE ?? COMMITTED_CORE;
const STRINGS = ['', 'plain', 'né', '\u07ff\u0800\uffff', 'a😀b\u{10ffff}', '\0', 'é😀'.repeat(5000)];

it('carries the module, decoded without help', () => {
	assert.ok(WebAssembly.validate(wasmIn(FILE)));
	const run = evaluate(FILE);
	const order = run('ORDER').match(/../g);
	assert.equal(new Set(order).size, 256);
	assert.deepEqual(
		[...run('decodeBytes(ORDER, input)', '#% ##!#')].map(hex),
		[0, 1, 88, 0, 176].map((at) => order[at]),
	);
});

it('has text coders that agree with the standard ones', () => {
	const run = evaluate(FILE);
	for (const text of [...STRINGS, '\ud83d', 'a\ude00b', '\ude00\ud83d']) {
		assert.deepEqual([...run('new Utf8Encoder().encode(input)', text)], [...new TextEncoder().encode(text)]);
	}
	for (const text of STRINGS) {
		assert.equal(run('new Utf8Decoder().decode(input)', new TextEncoder().encode(text)), text);
	}
	assert.equal(run('new Utf8Decoder().decode()'), '');
});

it('starts, and starts afresh each time', () => {
	const run = evaluate(FILE);
	assert.equal(run('typeof TextDecoder'), 'undefined');
	assert.equal(run('typeof exports.load().Core'), 'function');
	assert.equal(run('exports.load().Core === exports.load().Core'), false);
});

it('has no text that makes Rocket.Chat rewrite the app', () => {
	assert.doesNotMatch(readFileSync(FILE, 'utf8'), /\.usernames|\.isOnline\(|\.createToken\(/);
});

function hex(byte) {
	return byte.toString(16).padStart(2, '0');
}
