/** The generated core (`core.generated.ts`): what it was built from, and what it carries. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

/** The generated core that is committed. */
export const COMMITTED_CORE = join(ROOT, 'app-shim', 'core.generated.ts');

/** What decides the generated file, besides wasm-opt. The core's tests do not. */
const SOURCES = ['Cargo.lock', 'Cargo.toml', 'crate/Cargo.toml', 'crate/src', 'xtask'];

/** A hash of the sources, in hex: the same on every machine, whatever line endings git made. */
export function sourceHash() {
	const hash = createHash('sha256');
	hash.update(`wasm-opt ${wasmOptVersion()}\0`);
	for (const path of SOURCES.flatMap(filesBelow).sort()) {
		const text = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n');
		hash.update(`${path}\0${text}\0`);
	}
	return hash.digest('hex');
}

/** The hash of the sources that a generated file was built from. */
export function builtFrom(file) {
	return field(file, /^\/\/ source-hash: ([0-9a-f]{64})$/m);
}

/** The WebAssembly module in a generated file. */
export function wasmIn(file) {
	return Buffer.from(field(file, /^const WASM = '([A-Za-z0-9+/=]+)';$/m), 'base64');
}

function field(file, pattern) {
	const match = readFileSync(file, 'utf8').match(pattern);
	if (match === null) {
		throw new Error(`${file} is not a generated core`);
	}
	return match[1];
}

function wasmOptVersion() {
	const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
	return lock.packages['node_modules/binaryen'].version;
}

/** The files at or below a path, relative to the root and with `/` between folders. */
function filesBelow(path) {
	if (statSync(join(ROOT, path)).isFile()) {
		return [path];
	}
	return readdirSync(join(ROOT, path)).flatMap((name) => filesBelow(`${path}/${name}`));
}
