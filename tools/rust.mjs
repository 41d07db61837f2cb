/** What building Rust takes besides npm's packages. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { aptInstall } from './apt.mjs';
import { run } from './run.mjs';
import { standardLibraryFromSource } from './wasm-fallback.mjs';

const WASM = 'wasm32-unknown-unknown';
/** Debian's packages with the compilers: of C, which also links what is written in Rust, and of C++. */
const COMPILERS = { cc: ['gcc', 'libc6-dev'], 'c++': ['g++'] };

/** Sees to it that Rust is there, with its formatter and linter and with these compilers. */
export function provideRust(compilers) {
	if (!runs('cargo')) {
		throw new Error('This needs Rust: install it with rustup (https://rustup.rs) and try again');
	}
	// Rustup's smallest installation comes without them.
	const components = Object.entries({ rustfmt: 'fmt', clippy: 'clippy' }).filter(([, name]) => !runs('cargo', name));
	if (components.length > 0) {
		run('rustup', ['component', 'add', ...components.map(([component]) => component)]);
	}
	// On Windows they are not on the path: Rust finds them, or says what is missing.
	const missing = process.platform === 'win32' ? [] : compilers.filter((compiler) => !runs(compiler));
	if (missing.length > 0) {
		const packages = missing.flatMap((compiler) => COMPILERS[compiler]);
		aptInstall(packages, `This needs a compiler on the path: install what brings ${missing.join(' and ')}`);
	}
}

/** What cargo needs to build for WebAssembly: variables and options, both empty with a compiler of rustup's. */
export function wasmToolchain() {
	if (!hasWasm() && !addsWasm()) {
		console.log(`No standard library for ${WASM} is to be had here: building it from its source`);
		return standardLibraryFromSource();
	}
	return { env: {}, options: [] };
}

function hasWasm() {
	const { status, stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', WASM], { encoding: 'utf8' });
	return status === 0 && existsSync(stdout.trim());
}

/** One attempt: where rustup's server is out of reach, there is another way. */
function addsWasm() {
	const env = { ...process.env, RUSTUP_MAX_RETRIES: '0' };
	return spawnSync('rustup', ['target', 'add', WASM], { env, stdio: 'inherit' }).status === 0;
}

function runs(program, ...command) {
	return spawnSync(program, [...command, '--version']).status === 0;
}
