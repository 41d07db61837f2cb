/**
 * Checks the dependencies. Licences, sources and banned crates need nothing but the lock files. What has become known
 * of them since is asked of two databases; where one cannot be reached, its part is SKIPPED, and said to be.
 */
import { spawnSync } from 'node:child_process';
import { cargoTool } from './cargo-tool.mjs';
import { ROOT } from './project.mjs';
import { main, run } from './run.mjs';

/** The app with its build, and the fuzz targets. */
const WORKSPACES = ['Cargo.toml', 'fuzz/Cargo.toml'];

main(() => {
	const deny = cargoTool('cargo-deny');
	for (const manifest of WORKSPACES) {
		const options = ['--manifest-path', manifest, '--locked', '--config', 'deny.toml', 'check'];
		console.log(`\n=== ${manifest}: bans, licences, sources`);
		run(deny, [...options, 'bans', 'licenses', 'sources']);
		console.log(`\n=== ${manifest}: advisories`);
		report(ask(deny, [...options, 'advisories']), /failed to fetch advisory database/);
	}
	// Nothing that npm installs is in the app's package: what is known of the tools is shown, and no reason to fail.
	console.log('\n=== package-lock.json: advisories about what is shipped');
	report(ask('npm', ['audit', '--omit', 'dev']), /audit endpoint returned an error|ENOTFOUND|ECONNREFUSED|ETIMEDOUT/);
	console.log('\n=== package-lock.json: advisories about tools');
	console.log(ask('npm', ['audit']).output);
});

function ask(program, args) {
	const { status, stdout, stderr } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
	return { passed: status === 0, output: `${stdout}${stderr}`.trim() };
}

function report({ passed, output }, unreachable) {
	console.log(output);
	if (passed) {
		return;
	}
	if (!unreachable.test(output)) {
		throw new Error('there are advisories');
	}
	console.log('SKIPPED: the database of advisories cannot be reached from here');
}
