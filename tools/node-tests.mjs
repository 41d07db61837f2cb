/** Running the tests of tools, sandbox and packaged app by Node's test runner. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './project.mjs';
import { run } from './run.mjs';

const REPORTER = fileURLToPath(new URL('failed-files.mjs', import.meta.url));

/** Where more files than these fail, the machine is not the reason. */
const REPEATED_MAX = 6;
/** How many times faster the app's time runs in a file that is run by itself. */
const SLOW = '4';

/**
 * Runs test files, some at a time, since most of them wait for a clock; throws where one fails. The app's time runs fast
 * there, its deadlines too, which a busy machine may miss: a file that fails is run once more, by itself and in a slower
 * time.
 */
export function runNodeTests(files, env, { concurrency = 2, options = [] } = {}) {
	const failed = attempt(files, env, concurrency, options);
	if (failed.length === 0) return;
	if (failed.length > REPEATED_MAX) throw new Error(`tests failed in ${failed.length} files`);
	console.log(`\nOnce more, one at a time and in a slower time:\n${failed.join('\n')}\n`);
	const again = attempt(failed, { ...env, CLOCK_SPEED: SLOW }, 1, options);
	if (again.length > 0) throw new Error(`tests failed twice in ${again.join(', ')}`);
}

/** The files in which tests failed. */
function attempt(files, env, concurrency, options) {
	const folder = mkdtempSync(join(tmpdir(), 'failed-tests-'));
	const list = join(folder, 'files');
	const reporters = ['spec', REPORTER].flatMap((reporter) => [
		`--test-reporter=${reporter}`,
		'--test-reporter-destination=stdout',
	]);
	const args = ['--import', 'tsx', ...options, '--test', ...reporters, `--test-concurrency=${concurrency}`, ...files];
	try {
		run(process.execPath, args, { env: { ...env, FAILED_FILES: list } });
		return [];
	} catch (error) {
		if (!existsSync(list)) throw error;
		const failed = readFileSync(list, 'utf8').trim().split('\n');
		return [...new Set(failed.map((file) => relative(ROOT, file)))];
	} finally {
		rmSync(folder, { recursive: true });
	}
}
