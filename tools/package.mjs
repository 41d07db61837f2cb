/**
 * Packages the app: `dist/<slug>_<version>.zip`, with its SHA-256 and the flows for RapidPro beside it.
 *
 * usage: node tools/package.mjs [--core <generated file>] [--out <folder>]
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFlows } from './flows.mjs';
import { COMMITTED_CORE, moduleIn } from './generated-core.mjs';
import { packageName, ROOT } from './project.mjs';
import { main } from './run.mjs';
import { packageApp } from './stage.mjs';

main(async () => {
	const { values } = parseArgs({ options: { core: { type: 'string' }, out: { type: 'string' } } });
	const core = values.core === undefined ? COMMITTED_CORE : resolve(values.core);
	const out = values.out === undefined ? join(ROOT, 'dist') : resolve(values.out);
	const zip = join(out, packageName());
	mkdirSync(out, { recursive: true });
	await packageApp(core, zip);
	writeChecksum(zip);
	report(zip, core);
	for (const path of writeFlows(out)) console.log(`${relative(ROOT, path)}: flows to import into RapidPro`);
});

/** In the form that `sha256sum --check` reads. */
function writeChecksum(file) {
	const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
	writeFileSync(`${file}.sha256`, `${digest}  ${basename(file)}\n`);
}

function report(zip, core) {
	const { wasm, compressed } = moduleIn(core);
	console.log(`${relative(ROOT, zip)}: ${kilobytes(readFileSync(zip))}`);
	console.log(`  of it the core: ${kilobytes(wasm)}, ${kilobytes(compressed)} compressed`);
}

function kilobytes({ length }) {
	return `${(length / 1000).toFixed(1)} kB`;
}
