/** The generated core on a server that offers nothing but JavaScript itself. Tests `CORE`, else the committed file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { COMMITTED_CORE, evaluate, moduleIn } from './generated-core.mjs';

const FILE = process.env.CORE ?? COMMITTED_CORE;
const STRINGS = ['', 'plain', 'né', '\u07ff\u0800\uffff', 'a😀b\u{10ffff}', '\0', 'é😀'.repeat(5000)];

it('carries the module', () => {
	assert.ok(WebAssembly.validate(moduleIn(FILE).wasm));
});

it('copies the module where the server’s Buffer is a proxy', () => {
	const module = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));
	const proxy = new Proxy(module, {
		get: (buffer, key) => (key === 'toString' ? (encoding) => buffer.toString(encoding) : undefined),
	});
	const copy = evaluate(FILE)('copied(input)', proxy);
	assert.equal(Object.prototype.toString.call(copy), '[object Uint8Array]');
	assert.ok(!Buffer.isBuffer(copy));
	assert.deepEqual([...copy], [...module]);
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
