import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { RELEASES, type Release } from './rapidpro/v2/release.mts';

/** Something is wrong with what was typed on the command line. */
export class UsageError extends Error {
	constructor(
		message: string,
		/** How the program is used. */
		readonly usage: string,
	) {
		super(message);
	}
}

/**
 * The options and names on the command line.
 *
 * @throws UsageError for those that there are not.
 */
export function parseOptions<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
	try {
		return parseArgs(config);
	} catch (error) {
		throw new UsageError((error as Error).message, usage);
	}
}

/** @throws UsageError unless it is a release of RapidPro that the sandbox knows; nothing where none is named. */
export function releaseOption(value: string | undefined, usage: string): Release | undefined {
	const release = RELEASES.find((known) => known === value);
	if (value !== undefined && release === undefined) {
		throw new UsageError(`--rapidpro ${value}: one of ${RELEASES.join(', ')}`, usage);
	}
	return release;
}

/** @throws UsageError unless it is a port that leaves room for `more` after it, or 0. */
export function portOption(value: string, more: number, usage: string): number {
	const port = Number(value);
	const isPort = /^\d+$/.test(value) && port <= 65_535 - more;
	if (!isPort) throw new UsageError(`--port ${value}: no number from 0 to ${65_535 - more}`, usage);
	return port;
}

const PLACES: Record<string, string> = {
	ENOENT: 'there is no such folder',
	ENOTDIR: 'what should be a folder is a file',
	EISDIR: 'this is a folder, not a file',
	EACCES: 'no permission to write there',
	EPERM: 'no permission to write there',
	EROFS: 'nothing can be written there',
};

/** @throws UsageError where no file can be written there. */
export function fileOption(option: string, file: string, usage: string): string {
	const isNew = !existsSync(file);
	try {
		closeSync(openSync(file, 'a'));
	} catch (error) {
		const { code = '', message } = error as NodeJS.ErrnoException;
		throw new UsageError(`${option} ${file}: ${PLACES[code] ?? message}`, usage);
	}
	if (isNew) rmSync(file);
	return file;
}

/** What went wrong when something wanted to listen on a port that was chosen with `--port`; everything else as it is. */
export function aboutPort(error: unknown): unknown {
	const { code, syscall, port, message } = error as NodeJS.ErrnoException & { port?: number };
	if (syscall !== 'listen') return error;
	const reason =
		code === 'EADDRINUSE' ? 'is taken, perhaps by a sandbox that still runs' : `cannot be used: ${message}`;
	return new Error(`Port ${port} ${reason}. Choose others with --port N, or --port 0 for any free ones.`);
}
