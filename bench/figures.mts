/**
 * The figures that hold on every machine: `bench/recorded.json` has them, `npm run test:all` compares. Of the round trips
 * `test/round-trips.test.mts` takes care.
 *
 * usage: node --import tsx bench/figures.mts <package> <generated core>     compares
 *        node --import tsx bench/figures.mts --record                       records those of dist/ and the committed core
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roundTrips } from '../test/support/round-trips.mts';
import { Stage } from '../test/support/stage.mts';
import { COMMITTED_CORE } from '../tools/generated-core.mjs';
import { packageName, ROOT } from '../tools/project.mjs';
import { main } from '../tools/run.mjs';
import { packageApp } from '../tools/stage.mjs';
import { measureSizes } from './sizes.mts';

interface Figures {
	/** From the app to the server, at most. */
	roundTrips: Record<string, number>;
	/** In bytes. */
	sizes: Record<string, number>;
}

const FILE = join(ROOT, 'bench', 'recorded.json');
/** By how much more a figure is another one: compilers of different versions do not write the same code. */
const TOLERANCE = 0.02;

main(async () => {
	const [first, core] = process.argv.slice(2);
	if (first === '--record') await record();
	else compare(first, core);
});

async function record(): Promise<void> {
	const zip = join(ROOT, 'dist', packageName());
	await packageApp(COMMITTED_CORE, zip);
	const figures: Figures = {
		roundTrips: await countRoundTrips(zip),
		sizes: { ...measureSizes(zip, COMMITTED_CORE) },
	};
	writeFileSync(FILE, `${JSON.stringify(figures, null, '\t')}\n`);
}

async function countRoundTrips(zip: string): Promise<Record<string, number>> {
	const stage = await Stage.open({ zip });
	const counted = await roundTrips(stage);
	await stage.close();
	return Object.fromEntries(Object.entries(counted).map(([name, { length }]) => [name, length]));
}

function compare(zip: string, core: string): void {
	const recorded: Figures = JSON.parse(readFileSync(FILE, 'utf8'));
	const complaints = larger(recorded.sizes, { ...measureSizes(zip, core) });
	if (complaints.length > 0) {
		throw new Error(`${complaints.join('\n')}\nIf that is as it must be: npm run bench -- --record`);
	}
}

function larger(recorded: Record<string, number>, now: Record<string, number>): string[] {
	return Object.entries(now).flatMap(([name, value]) => {
		const before = recorded[name];
		const change = value / before - 1;
		console.log(`${name}: ${value.toLocaleString('en')} (${change < 0 ? '' : '+'}${(change * 100).toFixed(1)} %)`);
		const isWithin = change <= TOLERANCE;
		return isWithin ? [] : [`${name} is ${value}, ${before} was recorded`];
	});
}
