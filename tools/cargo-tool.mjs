/** Programs that come from the Rust registry, installed once below `node_modules/.cache`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './project.mjs';
import { run } from './run.mjs';

const VERSIONS = { 'cargo-deny': '0.20.2', 'cargo-fuzz': '0.13.2', 'cargo-mutants': '27.1.0' };

/** The path of a program; builds it first, which takes minutes, where it is not there. */
export function cargoTool(name) {
	const version = VERSIONS[name];
	const root = join(CACHE, 'tools', `${name}-${version}`);
	const program = join(root, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
	if (!existsSync(program)) {
		console.log(`Installing ${name} ${version}`);
		run('cargo', ['install', '--locked', '--root', root, `${name}@${version}`]);
	}
	return program;
}
