/** `npm run scenario -- <names>`: plays scenarios on the terminal; the exit code tells whether all succeeded. */

import { assemble } from './assembly.mts';
import { deploy } from './deploy.mts';
import { Narrator } from './narrator.mts';
import { type Running, runProgram } from './running.mts';
import { SCENARIOS, scenarioNamed } from './scenarios/index.mts';
import { playOnTerminal } from './scenarios/terminal.mts';

async function play(names: string[], running: Running): Promise<void> {
	const scenarios = names.map(scenarioNamed);
	const narrator = new Narrator(console.log);
	const assembly = await assemble({
		port: 0,
		narrator,
		install: (rocketChat) => deploy(rocketChat, running.add(new AbortController(), async (it) => it.abort()).signal),
		started: (stop) => running.add(stop, (stopIt) => stopIt()),
	});
	for (const scenario of scenarios) {
		narrator.headline(`${scenario.title}: ${scenario.summary}`);
		if (!(await playOnTerminal(scenario, assembly, narrator))) process.exitCode = 1;
	}
}

const names = process.argv.slice(2);
if (names.length === 0 || names.includes('--help')) {
	console.log('npm run scenario -- <name> …');
	for (const { id, summary } of SCENARIOS) console.log(`  ${id.padEnd(14)}${summary}`);
	process.exit(names.length === 0 ? 1 : 0);
}
await runProgram((running) => play(names, running), 1);
