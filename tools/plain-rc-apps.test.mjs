/** What somebody gets who runs rc-apps in a clone, after `npm install`, without this project's own tools. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { packageName, ROOT } from './project.mjs';
import { RC_APPS } from './stage.mjs';

const NOT_CLONED = ['.git', 'dist', 'node_modules'];
let clone;

before(() => {
	clone = mkdtempSync(join(realpathSync(tmpdir()), 'rapidpro-tickets-'));
	for (const path of readdirSync(ROOT).filter((name) => !NOT_CLONED.includes(name))) {
		cpSync(join(ROOT, path), join(clone, path), { recursive: true });
	}
	symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'), 'junction');
});

after(() => rmSync(clone, { recursive: true, force: true }));

it('packages the project as it stands, and leaves it unchanged', () => {
	const { status, stdout, stderr } = spawnSync(process.execPath, [RC_APPS, 'package'], { cwd: clone });
	assert.equal(status, 0, `${stdout}${stderr}`);
	assert.ok(existsSync(join(clone, 'dist', packageName())));
	// rc-apps writes app.json anew, with what the class implements.
	assert.equal(readFileSync(join(clone, 'app.json'), 'utf8'), readFileSync(join(ROOT, 'app.json'), 'utf8'));
});
