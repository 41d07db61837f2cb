/** The core's table of files' endings is what mime-db makes of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { FILE_ENDINGS_TABLE, fileEndingsTable } from './file-endings.mjs';

it('is up to date', () => {
	const stored = readFileSync(FILE_ENDINGS_TABLE, 'utf8');
	assert.equal(stored, fileEndingsTable(), 'run node tools/write-file-endings.mjs, then npm run build');
});
