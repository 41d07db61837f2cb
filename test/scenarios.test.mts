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
});

it('names those that there are, for a name that is none', async () => {
	const { output, code } = await run(['earthquake']);
	assert.equal(code, 1);
	assert.match(output, /no scenario "earthquake".*conversation, outage/);
});

async function run(names: string[]): Promise<{ output: string; code: number | null }> {
	const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...names]);
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
	return { output: output + errors, code };
}
