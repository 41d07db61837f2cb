import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How often to look. */
const LOOK_MS = 500;

const SHELL = /^-?(.*\/)?(ba|da|a|z|k)?sh$/;

/**
 * Calls `gone` once the npm that started this process has ended, which does not always end what it started: killed, it
 * tells nobody, and the shell between them hands no signal on. Without npm nothing is looked at.
 */
export function onStarterGone(gone: () => void): void {
	if (process.env.npm_lifecycle_event === undefined) return;
	const parent = process.ppid;
	const between = processInfo(parent);
	const npm = between !== undefined && SHELL.test(between.name) ? between.parent : parent;
	const timer = setInterval(() => {
		if (process.ppid === parent && isAlive(npm)) return;
		clearInterval(timer);
		gone();
	}, LOOK_MS);
	timer.unref();
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

interface ProcessInfo {
	parent: number;
	name: string;
}

/** From Linux's `/proc`, elsewhere from `ps`; nothing where there is neither. */
function processInfo(pid: number): ProcessInfo | undefined {
	try {
		const [, name = '', parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
		return { parent: Number(parent), name };
	} catch {
		const { stdout } = spawnSync('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], { encoding: 'utf8' });
		const [, parent, name] = /^\s*(\d+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? [];
		return name === undefined ? undefined : { parent: Number(parent), name };
	}
}
