/** `npm run scenario -- <name>`: plays a scenario on the terminal; the exit code tells whether it succeeded. */

import { assemble } from './assembly.mts';
import { deploy } from './deploy.mts';
import { Narrator } from './narrator.mts';
import { Running } from './running.mts';
import { SCENARIOS, scenarioNamed } from './scenarios/index.mts';
import { playOnTerminal } from './scenarios/terminal.mts';

const [name] = process.argv.slice(2);
if (name === undefined || name === '--help') {
	console.log('npm run scenario -- <name>, the name being one of');
	for (const { id, summary } of SCENARIOS) console.log(`  ${id.padEnd(14)}${summary}`);
	process.exit(name === undefined ? 1 : 0);
}

const running = new Running();
process.once('SIGINT', () => running.stop().then(() => process.exit(130)));
try {
	const scenario = scenarioNamed(name);
	const narrator = new Narrator(console.log);
	const assembly = await assemble({
		port: 0,
		narrator,
		install: (rocketChat) => deploy(rocketChat, running.add(new AbortController(), async (it) => it.abort()).signal),
		started: (stop) => running.add(stop, (stopIt) => stopIt()),
	});
	if (!(await playOnTerminal(scenario, assembly, narrator))) process.exitCode = 1;
} catch (error) {
	if (!running.ending) {
		console.error(`\n${(error as Error).message}`);
		process.exitCode = 1;
	}
}
await running.stop();
process.exit();
