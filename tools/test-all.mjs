/**
 * What takes too long for every change: CI runs it after `npm test`, of which it takes the package. All histories of the
 * simulation, a core that traps, the engines of older servers, the fuzzers, the dependencies, and the benchmark's figures
 * that hold on every machine.
 */
import { join } from 'node:path';
import { FRESH, packageName, TRAP } from './project.mjs';
import { main, run } from './run.mjs';
import { inSteps } from './steps.mjs';

const FRESH_CORE = join(FRESH, 'core.generated.ts');
const TRAP_CORE = join(TRAP, 'core.generated.ts');
const SIMULATION = ['test', '--locked', '--package', 'rapidpro-tickets-core', '--test', 'simulation'];

main(() =>
	inSteps([
		['Figures that hold on every machine', () => tsx('bench/figures.mts', join(FRESH, packageName()), FRESH_CORE)],
		['The simulation, 20,000 histories', () => run('cargo', SIMULATION, { env: { SEEDS: '20000' } })],
		['The core that can be made to trap', () => node('tools/build.mjs', '--features', 'trap', '--out', TRAP)],
		['… packaged', () => node('tools/package.mjs', '--core', TRAP_CORE, '--out', TRAP)],
		['… on the newest engine', testTrap],
		['The engines of older servers', () => node('tools/test-engines.mjs')],
		['Fuzzing', () => node('tools/fuzz.mjs')],
		['The dependencies', () => node('tools/audit.mjs')],
	]),
);

function testTrap() {
	const env = { APP_ZIP: join(FRESH, packageName()), APP_TRAP_ZIP: join(TRAP, packageName()) };
	run(process.execPath, ['--import', 'tsx', '--test', 'test/trap.test.mts'], { env });
}

function node(...args) {
	run(process.execPath, args);
}

function tsx(...args) {
	node('--import', 'tsx', ...args);
}
