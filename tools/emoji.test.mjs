/** The core's table of emoji is what the packages of names make of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { EMOJI_TABLE, emojiTable } from './emoji.mjs';

it('is up to date', () => {
	assert.equal(readFileSync(EMOJI_TABLE, 'utf8'), emojiTable(), 'run node tools/write-emoji.mjs, then npm run build');
});
