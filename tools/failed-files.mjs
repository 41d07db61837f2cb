/** A reporter of Node's test runner: writes into the file FAILED_FILES in which files tests have failed. */
import { appendFileSync } from 'node:fs';

// biome-ignore lint/correctness/useYield: it reports to a file, at once, since the runner may be forced to exit.
export default async function* failedFiles(events) {
	for await (const { type, data } of events) {
		if (type === 'test:fail' && data.file !== undefined) appendFileSync(process.env.FAILED_FILES, `${data.file}\n`);
	}
}
