/**
 * Measures the app beside the floor app and writes `bench/results.md`.
 *
 * usage: node --import tsx bench/bench.mts                  everything, in less than half an hour
 *        node --import tsx bench/bench.mts --quick          few samples, printed only
 *        node --import tsx bench/bench.mts --record         records the figures that hold on every machine
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { COMMITTED_CORE } from '../tools/generated-core.mjs';
import { CACHE, ROOT } from '../tools/project.mjs';
import { main, run } from '../tools/run.mjs';
import { packageApp, packageFloor } from '../tools/stage.mjs';
import { describeMachine } from './machine.mts';
import { type Extent, measure } from './measure.mts';
import type { Each } from './processes.mts';
import { report } from './report.mts';

const FLAG = { type: 'boolean', default: false } as const;

const WHOLE: Extent = { rounds: 3, blocks: 8, memoryRounds: 3, memoryMessages: 10_000 };
const QUICK: Extent = { rounds: 1, blocks: 2, memoryRounds: 1, memoryMessages: 1_000 };

main(async () => {
	const { values } = parseArgs({ options: { quick: FLAG, record: FLAG } });
	if (values.record) return run(process.execPath, ['--import', 'tsx', 'bench/figures.mts', '--record']);
	const machine = describeMachine();
	const text = report(machine, await measure(await packages(), values.quick ? QUICK : WHOLE));
	if (values.quick) console.log(text);
	else writeFileSync(join(ROOT, 'bench', 'results.md'), text);
});

/** Both apps, packaged in the same way. */
async function packages(): Promise<Each<string>> {
	const folder = join(CACHE, 'bench');
	mkdirSync(folder, { recursive: true });
	const zips = { ours: join(folder, 'ours.zip'), floor: join(folder, 'floor.zip') };
	await packageApp(COMMITTED_CORE, zips.ours);
	await packageFloor(zips.floor);
	return zips;
}
