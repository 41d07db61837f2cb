import type { CoreTime } from './core.mts';
import type { Conditions, Figure, GrowthStep, Measurements, Round } from './measure.mts';
import type { App, Each } from './processes.mts';
import { median, percentile } from './statistics.mts';

/** What is shown of each operation, and how many times the floor's it may be at most, or at least where it is a rate. */
const ROWS: { title: string; of: Figure; most?: number; least?: number }[] = [
	{ title: 'install to enabled', of: 'installation', most: 1.4 },
	{ title: 'first request', of: 'firstRequest' },
	{ title: 'secret check', of: 'secretCheck' },
	{ title: 'visitor message', of: 'contactMessage', most: 1.3 },
	{ title: 'agent message, until RapidPro has it', of: 'agentMessage', most: 1.35 },
	{ title: 'open + close', of: 'openAndClose', most: 1.9 },
	{ title: 'visitor messages a second, 16 at once', of: 'contactThroughput', least: 0.75 },
	{ title: 'agent messages a second, 16 at once', of: 'agentThroughput', least: 0.75 },
];
const MEMORY_MOST = 1.2;
const ZIP_MOST = 260_000;
const CORE_MOST = 60;
/** In columns, ours stands first. */
const OURS_FIRST: App[] = ['ours', 'floor'];

/** `bench/results.md`. */
export function report(machine: string[], measured: Measurements): string {
	const { sizes, operations, memory, growth, core } = measured;
	return `${[
		'# Results',
		'',
		'Written by `npm run bench`. Ours beside the floor app (`bench/floor/`), which makes only the calls that nobody can leave out. Each runs in a process of its own with a Rocket.Chat around it, and they take turns, a few samples at a time. Ratios are those of medians; in brackets the least and the greatest of a round. Samples are taken one after the other, each when all is at rest. The time of an agent’s message ends when RapidPro has read it. The store takes the same time for both apps, and so does all else of Rocket.Chat.',
		'',
		...machine,
		'',
		`Rounds, each with a new pair of processes: ${operations[0].rounds.length}; of memory: ${memory.length}.`,
		'',
		'## Ratios to the floor',
		'',
		...ratioTable(operations),
		row(['memory of the process, after all messages', memoryRatio(memory), '', '', '', `at most ${MEMORY_MOST}`]),
		'',
		`The package: ${bytes(sizes.zip)} (at most ${bytes(ZIP_MOST)}), of it the core ${bytes(sizes.wasmCompressed)}, expanded ${bytes(sizes.wasm)}.`,
		...operations.flatMap(({ conditions, rounds }) => ['', `## ${named(conditions)}`, '', ...timeTable(rounds)]),
		'',
		'## Round trips from the app to the server, with all that follows',
		'',
		...roundTripTable(operations[0].rounds),
		'',
		'## Resident memory of the app’s process',
		'',
		...memoryTable(memory),
		'',
		'## What is stored, and what a message costs',
		'',
		'p50 / p99 in milliseconds. The floor stores nothing: what grows there is the sandbox. While messages wait, the sweep looks after their rooms.',
		'',
		...growthTable(growth),
		'',
		'## The core alone',
		'',
		`What the core takes for one operation as WebAssembly in this Node: the steps of an operation as the app runs it, replayed through the core’s face, all crossings of the boundary included, in microseconds (at most ${CORE_MOST} for a small message).`,
		'',
		...coreTable(core),
	].join('\n')}\n`;
}

function ratioTable(operations: Measurements['operations']): string[] {
	const heads = operations.map(({ conditions }) => named(conditions));
	const rows = ROWS.map(({ title, of, most, least }) => {
		const cells = operations.map(({ rounds }) => ratio(rounds.map(({ samples }) => samples[of])));
		const budget = most !== undefined ? `at most ${most}` : least !== undefined ? `at least ${least}` : '';
		return row([title, ...cells, budget]);
	});
	return [...table(['', ...heads, 'budget']), ...rows];
}

function named({ engine, storeMs }: Conditions): string {
	const store = storeMs === 0 ? 'at once' : `${storeMs} ms`;
	return `engine ${engine.replace('-', '.')}, store ${store}`;
}

/** Of all samples, and the extremes of the rounds. */
function ratio(rounds: Each<number[]>[]): string {
	const of = ({ ours, floor }: Each<number[]>) => median(ours) / median(floor);
	const ratios = rounds.map(of);
	const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((value) => value.toFixed(2));
	return `**${of(pooled(rounds)).toFixed(2)}** (${least} to ${most})`;
}

function pooled(rounds: Each<number[]>[]): Each<number[]> {
	return { ours: rounds.flatMap(({ ours }) => ours), floor: rounds.flatMap(({ floor }) => floor) };
}

function timeTable(rounds: Round[]): string[] {
	const rows = ROWS.map(({ title, of, least }) => {
		const all = pooled(rounds.map(({ samples }) => samples[of]));
		const last = (app: App) => (least === undefined ? figure(percentile(all[app], 0.99)) : '');
		return row([title, ...OURS_FIRST.flatMap((app) => [figure(median(all[app])), last(app)])]);
	});
	return [...table(['ms, or a second', 'ours p50', 'p99', 'floor p50', 'p99']), ...rows];
}

function roundTripTable(rounds: Round[]): string[] {
	const names = Object.keys(rounds[0].roundTrips.ours);
	const least = (app: App, name: string) => Math.min(...rounds.map(({ roundTrips }) => roundTrips[app][name]));
	const rows = names.map((name) => row([name, ...OURS_FIRST.map((app) => least(app, name))]));
	return [...table(['', ...OURS_FIRST]), ...rows];
}

function memoryRatio(memory: Each<number[]>[]): string {
	return ratio(memory.map(({ ours, floor }) => ({ ours: ours.slice(-1), floor: floor.slice(-1) })));
}

function memoryTable(memory: Each<number[]>[]): string[] {
	const rows = ['started', 'after half of the messages', 'after all'].map((title, step) =>
		row([title, ...OURS_FIRST.map((app) => megabytes(median(memory.map((round) => round[app][step]))))]),
	);
	return [...table(['', ...OURS_FIRST]), ...rows];
}

function growthTable(steps: GrowthStep[]): string[] {
	const cell = (samples: number[]) => `${figure(median(samples))} / ${figure(percentile(samples, 0.99))}`;
	const rows = steps.map(({ tickets, queued, contactMessage, agentMessage }) => {
		const title = `${number(tickets)} open tickets${queued > 0 ? `, ${number(queued)} messages wait` : ''}`;
		const cells = [contactMessage, agentMessage].flatMap((samples) => OURS_FIRST.map((app) => cell(samples[app])));
		return row([title, ...cells]);
	});
	return [...table(['', 'visitor message, ours', 'floor', 'agent message, ours', 'floor']), ...rows];
}

function coreTable(core: CoreTime[]): string[] {
	const rows = core.map(({ play, p50, p99, garbage }) => row([play, figure(p50), figure(p99), number(garbage)]));
	return [...table(['', 'p50 µs', 'p99', 'bytes of garbage']), ...rows];
}

function table(heads: string[]): string[] {
	return [row(heads), row(heads.map((_, index) => (index === 0 ? '---' : '---:')))];
}

function row(cells: (string | number)[]): string {
	return `| ${cells.join(' | ')} |`;
}

function figure(value: number): string {
	return value.toFixed(value < 100 ? 1 : 0);
}

function number(value: number): string {
	return value.toLocaleString('en');
}

function bytes(value: number): string {
	return `${number(value)} bytes`;
}

function megabytes(value: number): string {
	return `${(value / 2 ** 20).toFixed(0)} MiB`;
}
