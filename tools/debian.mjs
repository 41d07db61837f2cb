/** Programs that come as packages of Debian. */
import { spawnSync } from 'node:child_process';
import { run } from './run.mjs';

/** Installs a package with apt-get, as root or through sudo; elsewhere says what is to be done. */
export function installPackage(name, otherwise) {
	if (spawnSync('apt-get', ['--version']).status !== 0) {
		throw new Error(otherwise);
	}
	console.log(`Installing ${name}`);
	const aptGet = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', 'apt-get'];
	const call = ([program, ...args]) => run(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
	call([...aptGet, '--quiet=2', 'update']);
	call([...aptGet, '--quiet=2', 'install', '--yes', '--no-install-recommends', name]);
}
