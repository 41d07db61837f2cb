/** Packaging that is interrupted leaves nothing behind: no folder, no process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './project.mjs';

let folder;
before(() => {
	folder = mkdtempSync(join(realpathSync(tmpdir()), 'interrupted-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [who, signal, afterMs] of [
	['the terminal', 'SIGINT', 0],
	['the terminal', 'SIGINT', 700],
	['the terminal', 'SIGHUP', 700],
	['another program', 'SIGTERM', 0],
	['another program', 'SIGTERM', 700],
]) {
	it(`${signal} by ${who} after ${afterMs} ms`, async () => {
		// A group of its own, as a shell gives to what is typed.
		const child = spawn(process.execPath, [join(ROOT, 'tools', 'package.mjs'), '--out', join(folder, 'out')], {
			env: { ...process.env, TMPDIR: folder },
			stdio: 'ignore',
			detached: true,
		});
		const exit = once(child, 'exit');
		while (stages().length === 0) await sleep(5);
		await sleep(afterMs);
		process.kill(who === 'the terminal' ? -child.pid : child.pid, signal);
		assert.deepEqual(await exit, [null, signal]);
		assert.deepEqual(stages(), []);
		// What a dead parent leaves ends by itself, a moment later.
		for (let looks = 0; isAlive(-child.pid) && looks < 50; looks++) await sleep(100);
		assert.equal(isAlive(-child.pid), false);
	});
}

/** Whether anybody of a group of processes lives. */
function isAlive(group) {
	try {
		return process.kill(group, 0);
	} catch {
		return false;
	}
}

function stages() {
	return readdirSync(folder).filter((name) => name.startsWith('rapidpro-tickets-'));
}
