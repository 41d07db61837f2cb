import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { engineVersions } from './versions.mts';

/** Where and of what figures are, as lines of Markdown. */
export function describeMachine(): string[] {
	const [{ model }] = cpus();
	const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
	const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ', with changes';
	const [load] = loadavg();
	return [
		`- ${cpus().length} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory, ${type()} ${release()}`,
		`- Node ${process.version}, ${engineVersions()}`,
		`- commit ${git('rev-parse', '--short', 'HEAD')}${changed}, ${new Date().toISOString().slice(0, 10)}`,
		`- load before the run: ${load.toFixed(1)}${load > 0.5 ? ' (something else was running: the ratios hold, the times are too long)' : ''}`,
	];
}
