import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../tools/project.mjs';

/** The versions of the engines, and of the Deno that one of them runs. */
export function engineVersions(): string {
	const engine = (folder: string) => locked(folder, 'node_modules/@rocket.chat/apps-engine');
	const deno = locked('.', 'node_modules/deno');
	return `Apps-Engine ${engine('.')} on Deno ${deno} and ${engine('sandbox/engines/1-42')} on that Node`;
}

function locked(folder: string, path: string): string {
	return JSON.parse(readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8')).packages[path].version;
}
