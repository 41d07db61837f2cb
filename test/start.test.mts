/** What `npm start` runs: one conversation for the reader, from the sources to the close of the ticket. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../sandbox/start.mts', import.meta.url));

it('npm start -- --once deploys the app, shows a conversation and says that it succeeded', async () => {
	const child = spawn(process.execPath, ['--import', 'tsx', START, '--once', '--port', '0']);
	const exited = new Promise((resolve) => child.once('exit', resolve));
	const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
	assert.equal(code, 0, output + errors);
	for (const shown of ['PUT /api/', '/room ', '/visitor-message', '"agent-message"', '"close-room"']) {
		assert.ok(output.includes(shown), shown);
	}
	assert.equal(output.match(/✓/g)?.length, 4, output);
	assert.match(output, /Authorization: Token •+\n/);
	assert.doesNotMatch(output, /Token [0-9a-f]{32}/);
});
