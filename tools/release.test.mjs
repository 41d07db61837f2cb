/** A release is the same wherever it is made, and has notes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
	cpSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { sectionOf } from './changelog.mjs';
import { FLOW_FILES } from './flows.mjs';
import { packageName, ROOT } from './project.mjs';
import { packageApp } from './stage.mjs';

const CORE = process.env.CORE ?? join(ROOT, 'app-shim', 'core.generated.ts');
const NOT_CLONED = ['.git', 'dist', 'node_modules'];
let folder;
let clone;

before(() => {
	folder = mkdtempSync(join(realpathSync(tmpdir()), 'release-'));
	clone = join(folder, 'another-clone');
	for (const path of readdirSync(ROOT).filter((name) => !NOT_CLONED.includes(name))) {
		cpSync(join(ROOT, path), join(clone, path), { recursive: true });
	}
	symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'), 'junction');
});

after(() => rmSync(folder, { recursive: true, force: true }));

it('packages the same bytes in another folder, at another time', async () => {
	const here = join(folder, 'here.zip');
	await packageApp(CORE, here);
	const { status, stderr } = inClone('tools/package.mjs', '--core', CORE);
	assert.equal(status, 0, stderr);
	assert.ok(readFileSync(here).equals(readFileSync(join(clone, 'dist', packageName()))));
	for (const [name, make] of Object.entries(FLOW_FILES)) {
		assert.deepEqual(JSON.parse(readFileSync(join(clone, 'dist', name), 'utf8')), make());
	}
});

it('leaves notes beside the zip, and refuses a version of which the changelog says nothing', () => {
	const { version } = JSON.parse(readFileSync(join(clone, 'app.json'), 'utf8'));
	const changelog = readFileSync(join(clone, 'CHANGELOG.md'), 'utf8');
	const done = inClone('tools/release.mjs');
	assert.equal(done.status, 0, done.stderr);
	const notes = readFileSync(join(clone, 'dist', `notes_${version}.md`), 'utf8');
	assert.equal(notes, `${sectionOf(changelog, version)}\n`);
	writeFileSync(join(clone, 'CHANGELOG.md'), changelog.replace(`[${version}]`, '[Unreleased]'));
	const refused = inClone('tools/release.mjs');
	assert.equal(refused.status, 1);
	assert.match(refused.stderr, /CHANGELOG\.md has no section/);
});

it('finds the section of one version only', () => {
	const changelog =
		'# Changelog\n\n## [1.10.0] - 2027-01-01\n\n- b\n\n## [1.1.0]\n\n### Added\n\n- a\n\n## [1.0.0]\n\n- z\n';
	assert.equal(sectionOf(changelog, '1.1.0'), '### Added\n\n- a');
	assert.equal(sectionOf(changelog, '1.1'), undefined);
	assert.equal(sectionOf('## [1.1.0]\n\n## [1.0.0]\n\n- z\n', '1.1.0'), undefined);
});

function inClone(...args) {
	return spawnSync(process.execPath, args, { cwd: clone, encoding: 'utf8' });
}
