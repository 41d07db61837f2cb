/** `npm run scenario`: the scenarios that the page offers, on the terminal. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SCENARIOS } from '../sandbox/scenarios/index.mts';

const PROGRAM = fileURLToPath(new URL('../sandbox/scenario.mts', import.meta.url));

it('plays all of them, and each step has its effect', async () => {
	const { output, code } = await run(SCENARIOS.map(({ id }) => id));
	assert.equal(code, 0, output);
	for (const { title } of SCENARIOS) assert.ok(output.includes(`${title}: `), title);
	assert.match(output, /✓/);
	assert.doesNotMatch(output, /✗|Token [0-9a-f]{32}/);
	// No stack of what was still going on at the end.
	assert.doesNotMatch(output, /^\s+at |Error:/m);
});

it('names those that there are, for a name that is none', async () => {
	const { output, code } = await run(['earthquake']);
	assert.equal(code, 1);
	assert.match(output, /no scenario "earthquake".*conversation, outage/);
});

it('lists what there is, each name apart from its words, where there is nothing to play', async () => {
	for (const [names, words] of [
		[[], /Which scenario\?/],
		[['--loud'], /Unknown option '--loud'/],
		[['--help'], /^npm run scenario/],
		[['earthquake'], /no scenario "earthquake"/],
	] as const) {
		const { output, code } = await run([...names]);
		assert.equal(code, names[0] === '--help' ? 0 : 1);
		assert.match(output, words);
		for (const { id, summary } of SCENARIOS) assert.match(output, new RegExp(`^  ${id} {2,}${summary}$`, 'm'));
	}
});

async function run(names: string[]): Promise<{ output: string; code: number | null }> {
	const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...names]);
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
	return { output: output + errors, code };
}
