/**
 * Where rustup's server is out of reach: builds the standard library for WebAssembly with the core, from the source that
 * the toolchain has (rustup's `rust-src`) or that Debian packages. Nothing else in the project needs unstable Rust.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from './apt.mjs';

const DEBIAN_SYSROOT = '/usr';
const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19'];
const BY_HAND = 'no compiler for WebAssembly: run `rustup target add wasm32-unknown-unknown`';

/** The variables and options with which cargo builds the standard library, too. */
export function standardLibraryFromSource() {
	const options = ['-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'];
	const current = spawnSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).stdout.trim();
	if (hasSource(current)) {
		return { env: { RUSTC_BOOTSTRAP: '1' }, options };
	}
	if (!hasSource(DEBIAN_SYSROOT)) {
		aptInstall(DEBIAN_PACKAGES, BY_HAND);
	}
	return { env: { RUSTC_BOOTSTRAP: '1', ...debian() }, options };
}

function debian() {
	return {
		PATH: `${join(DEBIAN_SYSROOT, 'bin')}:${process.env.PATH}`,
		CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: 'wasm-ld-19',
	};
}

function hasSource(sysroot) {
	return existsSync(join(sysroot, 'lib', 'rustlib', 'src', 'rust', 'library', 'Cargo.toml'));
}
