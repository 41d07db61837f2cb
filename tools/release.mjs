/**
 * Leaves in `dist/` what a release consists of: the zip, its SHA-256, the flows for RapidPro, and the notes from
 * CHANGELOG.md. Refuses where the files do not agree on the version, the changelog has nothing on it, or the committed
 * core is older than its sources.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sectionOf } from './changelog.mjs';
import { ROOT } from './project.mjs';
import { main, run } from './run.mjs';

main(() => {
	const version = commonVersion();
	const notes = sectionOf(read('CHANGELOG.md'), version);
	if (notes === undefined) {
		throw new Error(`CHANGELOG.md has no section [${version}]: write it, or set the version that it has`);
	}
	run(process.execPath, ['tools/check-core.mjs']);
	run(process.execPath, ['tools/package.mjs']);
	writeFileSync(join(ROOT, 'dist', `notes_${version}.md`), `${notes}\n`);
	console.log(`dist/notes_${version}.md: what CHANGELOG.md says of ${version}`);
});

/** The version that all files name. */
function commonVersion() {
	const versions = {
		'app.json': JSON.parse(read('app.json')).version,
		'package.json': JSON.parse(read('package.json')).version,
		'package-lock.json': JSON.parse(read('package-lock.json')).version,
		'Cargo.toml': read('Cargo.toml').match(/^version = "(.*)"$/m)?.[1],
	};
	if (new Set(Object.values(versions)).size > 1) {
		throw new Error(`the files do not agree on the version: ${JSON.stringify(versions)}`);
	}
	return versions['app.json'];
}

function read(file) {
	return readFileSync(join(ROOT, file), 'utf8');
}
