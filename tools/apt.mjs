/** Programs that Debian's packages bring. */
import { spawnSync } from 'node:child_process';
import { run } from './run.mjs';

/** Installs packages as root or through sudo. Where there is no apt-get, fails with what to do `byHand`. */
export function aptInstall(packages, byHand) {
	if (spawnSync('apt-get', ['--version']).status !== 0) {
		throw new Error(byHand);
	}
	console.log(`Installing ${packages.join(' ')}`);
	const aptGet = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', 'apt-get'];
	const call = (...options) => {
		const [program, ...args] = [...aptGet, '--quiet=2', ...options];
		run(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
	};
	call('update');
	call('install', '--yes', '--no-install-recommends', ...packages);
}
