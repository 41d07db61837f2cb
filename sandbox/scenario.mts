/** `npm run scenario -- <names>`: plays scenarios on the terminal; the exit code tells whether all succeeded. */

import { assemble } from './assembly.mts';
import { deploy } from './deploy.mts';
import { Narrator } from './narrator.mts';
import { parseOptions, UsageError } from './options.mts';
import { type Running, runProgram } from './running.mts';
import { SCENARIOS, scenarioNamed } from './scenarios/index.mts';
import type { Scenario } from './scenarios/scenario.mts';
import { playOnTerminal } from './scenarios/terminal.mts';

const NAME_WIDTH = Math.max(...SCENARIOS.map(({ id }) => id.length)) + 2;
const USAGE = [
	'npm run scenario -- <name> …',
	...SCENARIOS.map(({ id, summary }) => `  ${id.padEnd(NAME_WIDTH)}${summary}`),
].join('\n');

async function play(names: string[], running: Running): Promise<void> {
	const scenarios = names.map(named);
	const narrator = new Narrator(console.log);
	const assembly = await assemble({
		port: 0,
		narrator,
		install: (rocketChat) => deploy(rocketChat, running),
		started: (stop) => running.add(stop, (stopIt) => stopIt()),
	});
	for (const scenario of scenarios) {
		narrator.headline(`${scenario.title}: ${scenario.summary}`);
		if (!(await playOnTerminal(scenario, assembly, narrator))) process.exitCode = 1;
	}
}

function named(id: string): Scenario {
	try {
		return scenarioNamed(id);
	} catch (error) {
		throw new UsageError((error as Error).message, USAGE);
	}
}

/** The names on the command line; without any, or with `--help`, what there is to play is listed. */
function readNames(): string[] {
	const options = { help: { type: 'boolean', default: false } } as const;
	const { values, positionals } = parseOptions({ options, allowPositionals: true }, USAGE);
	if (values.help) {
		console.log(USAGE);
		process.exit();
	}
	if (positionals.length === 0) throw new UsageError('Which scenario?', USAGE);
	return positionals;
}

await runProgram((running) => play(readNames(), running), 1);
