/** `npm run scenario -- <names>`: plays scenarios on the terminal; the exit code tells whether all succeeded. */

import { assemble } from './assembly.mts';
import { deploy } from './deploy.mts';
import { Narrator } from './narrator.mts';
import { parseOptions, releaseOption, UsageError } from './options.mts';
import type { Release } from './rapidpro/index.mts';
import { type Running, runProgram } from './running.mts';
import { SCENARIOS, scenarioNamed, WITHOUT_TICKETERS } from './scenarios/index.mts';
import type { Scenario } from './scenarios/scenario.mts';
import { playOnTerminal } from './scenarios/terminal.mts';

const NAME_WIDTH = Math.max(...[...SCENARIOS, ...WITHOUT_TICKETERS].map(({ id }) => id.length)) + 2;
const USAGE = [
	'npm run scenario -- <name> …',
	...SCENARIOS.map(line),
	'npm run scenario -- --rapidpro 26.3|9.0 <name> …',
	...WITHOUT_TICKETERS.map(line),
].join('\n');

function line({ id, summary }: Scenario): string {
	return `  ${id.padEnd(NAME_WIDTH)}${summary}`;
}

interface Asked {
	names: string[];
	release: Release | undefined;
}

async function play({ names, release }: Asked, running: Running): Promise<void> {
	const scenarios = names.map((id) => named(id, release === undefined ? SCENARIOS : WITHOUT_TICKETERS));
	const narrator = new Narrator(console.log);
	const assembly = await assemble({
		port: 0,
		release,
		narrator,
		install: (rocketChat) => deploy(rocketChat, running),
		started: (stop) => running.add(stop, (stopIt) => stopIt()),
	});
	for (const scenario of scenarios) {
		narrator.headline(`${scenario.title}: ${scenario.summary}`);
		if (!(await playOnTerminal(scenario, assembly, narrator))) process.exitCode = 1;
	}
}

function named(id: string, among: readonly Scenario[]): Scenario {
	try {
		return scenarioNamed(id, among);
	} catch (error) {
		throw new UsageError((error as Error).message, USAGE);
	}
}

/** The names on the command line; without any, or with `--help`, what there is to play is listed. */
function readNames(): Asked {
	const options = { rapidpro: { type: 'string' }, help: { type: 'boolean', default: false } } as const;
	const { values, positionals } = parseOptions({ options, allowPositionals: true }, USAGE);
	if (values.help) {
		console.log(USAGE);
		process.exit();
	}
	if (positionals.length === 0) throw new UsageError('Which scenario?', USAGE);
	return { names: positionals, release: releaseOption(values.rapidpro, USAGE) };
}

await runProgram((running) => play(readNames(), running), 1);
