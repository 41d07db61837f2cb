/** However `npm start` is ended, nothing of it lives on, and nothing of it stays in the temporary folder. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../sandbox/until.mts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STARTED_MS_MAX = 120_000;
const ENDED_MS_MAX = 20_000;

type Who = 'npm alone' | 'the whole terminal';

for (const [signal, who, moment] of [
	['SIGKILL', 'npm alone', 'Your turn'],
	['SIGTERM', 'npm alone', 'Your turn'],
	['SIGHUP', 'the whole terminal', 'Your turn'],
	['SIGKILL', 'npm alone', 'The app is packaged'],
	['SIGINT', 'the whole terminal', 'The app is packaged'],
	['SIGTERM', 'npm alone', 'Rocket.Chat starts'],
] as [NodeJS.Signals, Who, string][]) {
	it(`${signal} to ${who} at “${moment}”`, async () => {
		const folder = mkdtempSync(join(realpathSync(tmpdir()), 'ending-'));
		const npm = spawn('npm', ['start', '--', '--port', '0'], {
			cwd: ROOT,
			env: { ...process.env, TMPDIR: folder },
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		const group = -Number(npm.pid);
		try {
			let output = '';
			for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => (output += chunk));
			await until(moment, () => output.includes(moment) || npm.exitCode !== null, STARTED_MS_MAX);
			assert.ok(output.includes(moment), output);
			// A terminal that is closed takes no output any more.
			if (signal === 'SIGHUP') for (const stream of [npm.stdout, npm.stderr]) stream.destroy();
			process.kill(who === 'npm alone' ? Number(npm.pid) : group, signal);
			await until('the end of all its processes', () => !isAlive(group), ENDED_MS_MAX);
			assert.deepEqual(
				readdirSync(folder).filter((name) => /^(rapidpro-tickets|rocketchat-sandbox)-/.test(name)),
				[],
			);
		} finally {
			if (isAlive(group)) process.kill(group, 'SIGKILL');
			rmSync(folder, { recursive: true, force: true });
		}
	});
}

/** Whether anybody of a group of processes lives. */
function isAlive(group: number): boolean {
	try {
		return process.kill(group, 0);
	} catch {
		return false;
	}
}
