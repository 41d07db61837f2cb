/** Where things are, and what they are called. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the project. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What builds and tests leave for later ones; below `node_modules`, where rc-apps does not look. */
export const CACHE = join(ROOT, 'node_modules', '.cache');

/** Where `npm test` leaves what it has built and tested. */
export const FRESH = join(CACHE, 'fresh');

/** Where `npm run test:all` leaves the app that can be made to trap. */
export const TRAP = join(CACHE, 'trap');

/** The file name that rc-apps gives the package. */
export function packageName() {
	const { nameSlug, version } = JSON.parse(readFileSync(join(ROOT, 'app.json'), 'utf8'));
	return `${nameSlug}_${version}.zip`;
}
