/** The generated core (`core.generated.ts`): what it was built from, and what it carries. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';
import ts from 'typescript';
import { ROOT } from './project.mjs';

/** The generated core that is committed. */
export const COMMITTED_CORE = join(ROOT, 'app-shim', 'core.generated.ts');

/** What decides the generated file, besides wasm-opt. The core's tests do not. */
const SOURCES = [
	'.cargo/config.toml',
	'Cargo.lock',
	'Cargo.toml',
	'crate',
	'tools/build.mjs',
	'tools/core.template.txt',
	'tools/wasm-bindgen',
];

/** A hash of the sources, in hex: the same on every machine, whatever line endings git made. */
export function sourceHash() {
	const hash = createHash('sha256');
	hash.update(`wasm-opt ${wasmOptVersion()}\0`);
	for (const path of SOURCES.flatMap(filesBelow).filter(isSource).sort()) {
		const text = readFileSync(join(ROOT, path), 'utf8').replaceAll('\r\n', '\n');
		hash.update(`${path}\0${text}\0`);
	}
	return hash.digest('hex');
}

/** The hash of the sources that a generated file was built from. */
export function builtFrom(file) {
	return field(file, /^\/\/ source-hash: ([0-9a-f]{64})$/m);
}

/** The WebAssembly module in a generated file: its bytes, and how it is carried. */
export function moduleIn(file) {
	const evaluated = evaluate(file);
	return { wasm: evaluated('expand(WASM)'), compressed: Buffer.from(evaluated('WASM'), 'base64') };
}

/** A generated file evaluated where there are no text coders and no timers: runs expressions in it. */
export function evaluate(file) {
	const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
		compilerOptions: { target: ts.ScriptTarget.ES2017, module: ts.ModuleKind.CommonJS },
	});
	const context = vm.createContext({ exports: {}, require: createRequire(import.meta.url), Buffer });
	vm.runInContext(outputText, context);
	return (expression, input) => vm.runInContext(`(input) => ${expression}`, context)(input);
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

function isSource(path) {
	return !path.startsWith('crate/tests/');
}

/** The files at or below a path, relative to the root and with `/` between folders. */
function filesBelow(path) {
	if (statSync(join(ROOT, path)).isFile()) {
		return [path];
	}
	return readdirSync(join(ROOT, path)).flatMap((name) => filesBelow(`${path}/${name}`));
}
