/**
 * Builds the Rust core into `core.generated.ts`, which carries it into the app: cargo, wasm-bindgen, wasm-opt, brotli.
 *
 * usage: node tools/build.mjs [--features <cargo features of the core>] [--out <folder, by default app-shim>]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { COMMITTED_CORE, sourceHash } from './generated-core.mjs';
import { CACHE, ROOT } from './project.mjs';
import { main, run } from './run.mjs';
import { wasmToolchain } from './rust.mjs';

const TARGET = 'wasm32-unknown-unknown';
const WORK = join(CACHE, 'wasm');

/** What Node 12.22 knows, as wasm-opt calls it; anything newer in the module is an error. See `.cargo/config.toml`. */
const FEATURES = [
	'--mvp-features',
	...['mutable-globals', 'bulk-memory', 'bulk-memory-opt', 'sign-ext', 'nontrapping-float-to-int'].map(
		(feature) => `--enable-${feature}`,
	),
];
/** Large functions take Node 12 twice as long to load, and what repeats compresses better. */
const INLINE_LITTLE = [
	'--always-inline-max-function-size=4',
	'--one-caller-inline-max-function-size=0',
	'--skip-pass=local-cse',
];
/** Node 12's quick compiler does not know `memory.copy`: functions that hold it, nearly all, wait for the slow one. */
const COPY_BY_FUNCTION = ['--llvm-memory-copy-fill-lowering'];
const STRIP = ['--strip-debug', '--strip-producers', '--strip-target-features'];

main(() => {
	const { values } = parseArgs({ options: { features: { type: 'string', default: '' }, out: { type: 'string' } } });
	const out = values.out === undefined ? dirname(COMMITTED_CORE) : resolve(values.out);
	const glue = generateGlue(compile(values.features));
	const module = optimize(join(WORK, 'core_bg.wasm'));
	mkdirSync(out, { recursive: true });
	const file = join(out, 'core.generated.ts');
	writeFileSync(file, generated(module, glue));
	console.log(`${relative(ROOT, file)}: ${module.length} bytes of wasm`);
});

/** The module alone: with the Rust library beside it, cargo would not optimize across crates. */
function compile(features) {
	const { env, options } = wasmToolchain();
	const kept = ['--config', `target.${TARGET}.rustflags=${JSON.stringify(nameless())}`];
	const what = ['--package', 'rapidpro-tickets-core', '--lib', '--crate-type', 'cdylib', '--features', features];
	run('cargo', ['rustc', ...options, ...kept, '--locked', '--release', '--target', TARGET, ...what], { env });
	return join(CACHE, 'cargo', TARGET, 'release', 'rapidpro_tickets_core.wasm');
}

/** Keeps the names of this machine's folders out of the module: it is to be the same bytes wherever it is built. */
function nameless() {
	const sysroot = spawnSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).stdout.trim();
	const folders = {
		cargo: process.env.CARGO_HOME ?? join(homedir(), '.cargo'),
		std: join(sysroot, 'lib', 'rustlib', 'src', 'rust'),
		core: ROOT,
	};
	return Object.entries(folders).map(([name, folder]) => `--remap-path-prefix=${folder}=/${name}`);
}

function generateGlue(module) {
	const options = ['--target', 'no-modules', '--omit-default-module-path', '--no-typescript', '--out-name', 'core'];
	const program = ['--quiet', '--locked', '--package', 'wasm-bindgen-programs', '--bin', 'generate-glue'];
	run('cargo', ['run', ...program, '--', ...options, '--out-dir', WORK, module]);
	return readFileSync(join(WORK, 'core.js'), 'utf8');
}

function optimize(module) {
	const optimized = join(WORK, 'core_opt.wasm');
	const wasmOpt = join(ROOT, 'node_modules', 'binaryen', 'bin', 'wasm-opt');
	const options = [...COPY_BY_FUNCTION, '-Oz', ...INLINE_LITTLE, ...STRIP];
	run(process.execPath, [wasmOpt, ...FEATURES, ...options, module, '-o', optimized]);
	return readFileSync(optimized);
}

function generated(module, glue) {
	const values = { 'source hash': sourceHash(), wasm: compressed(module).toString('base64'), glue };
	const template = readFileSync(join(ROOT, 'tools', 'core.template.txt'), 'utf8');
	return template.replace(/\{(source hash|wasm|glue)\}/g, (_, name) => values[name]);
}

/** A sixth smaller than the zip's own compression; base64 of what is compressed costs the zip next to nothing. */
function compressed(module) {
	const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT, BROTLI_MAX_WINDOW_BITS } = zlib.constants;
	const params = { [BROTLI_PARAM_LGWIN]: BROTLI_MAX_WINDOW_BITS - 2, [BROTLI_PARAM_SIZE_HINT]: module.length };
	return zlib.brotliCompressSync(module, { params });
}
