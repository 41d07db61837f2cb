/** What it costs to cross from JavaScript to the core and back: its own face beside others, in this Node. */
import { join } from 'node:path';
import { CACHE } from '../tools/project.mjs';
import { run } from '../tools/run.mjs';
import { buildPlays, plays } from './instructions.mjs';
import { median, percentile } from './statistics.mts';

/** One operation through one face. */
export interface Crossing {
	play: string;
	face: string;
	/** Of the whole operation, every crossing included, in microseconds. */
	p50: number;
	p99: number;
	/** How often memory was asked for inside the module. */
	allocations: number;
	/** How many bytes of JavaScript's heap were left to be collected. */
	garbage: number;
}

interface Script {
	start: unknown;
	answers: unknown[];
}

/** An operation as `bench/core` has played it: what goes in, and before it. */
export interface Play {
	name: string;
	/** How often it asks for memory natively, and for how much in all. */
	allocations: number;
	bytes: number;
	before: Script[];
	script: Script;
}

interface Operation {
	begin(): unknown;
	resume(answers: unknown): unknown;
	free(): void;
}

interface Core {
	start(start: unknown): Operation;
}

/** How a face takes and gives plain data. */
interface Face {
	name: string;
	make(module: Module): Core;
	into(data: unknown): unknown;
	outOf(data: unknown): unknown;
}

interface Module {
	Core: new (appId: string, node: string) => Core;
	SerdeCore: new () => Core;
	TextCore: new () => Core;
	allocations(): number;
}

const same = (data: unknown) => data;
const FACES: Face[] = [
	{
		name: 'the core’s: values read by js-sys, written by serde-wasm-bindgen',
		make: ({ Core }) => new Core('c8b1f6d2-5a0e-4f3b-9c47-2e6d81a9b350', 'node'),
		into: same,
		outOf: same,
	},
	{
		name: 'serde-wasm-bindgen both ways',
		make: ({ SerdeCore }) => new SerdeCore(),
		into: same,
		outOf: same,
	},
	{
		name: 'JSON text both ways',
		make: ({ TextCore }) => new TextCore(),
		into: (data) => JSON.stringify(data),
		outOf: (data) => JSON.parse(data as string),
	},
];

const TIMES = 2000;
const WARM_UP = 3000;
/** Of what is so large that nobody has it often. */
const TIMES_LARGE = 100;

/** Measures every operation through every face. */
export async function measureCrossings(): Promise<Crossing[]> {
	const folder = join(CACHE, 'bench', 'faces');
	run('cargo', ['xtask', 'build-bench', '--out', folder], { quiet: true });
	buildPlays();
	const { load } = await import(join(folder, 'core.generated.ts'));
	return plays().flatMap((play) => FACES.map((face) => measure(load(), face, play)));
}

function measure(module: Module, face: Face, { name, before, script }: Play): Crossing {
	const core = face.make(module);
	for (const earlier of before) play(core, face, earlier);
	const isLarge = name.includes('kB');
	for (let time = 0; time < (isLarge ? TIMES_LARGE : WARM_UP); time++) play(core, face, script);
	const allocationsBefore = module.allocations();
	play(core, face, script);
	const allocations = module.allocations() - allocationsBefore;
	const times: number[] = [];
	const heaps: number[] = [];
	for (let time = 0; time < (isLarge ? TIMES_LARGE : TIMES); time++) {
		const heap = process.memoryUsage().heapUsed;
		const start = performance.now();
		play(core, face, script);
		times.push((performance.now() - start) * 1000);
		heaps.push(process.memoryUsage().heapUsed - heap);
	}
	// A collection in between makes a difference negative, and the median does not mind.
	return {
		play: name,
		face: face.name,
		p50: median(times),
		p99: percentile(times, 0.99),
		allocations,
		garbage: median(heaps),
	};
}

/** All that the shim does with the core for one operation. */
function play(core: Core, { into, outOf }: Face, { start, answers }: Script): void {
	const operation = core.start(into(start));
	let step = outOf(operation.begin()) as { end?: object };
	for (const answer of answers) step = outOf(operation.resume(into(answer))) as { end?: object };
	if (!step.end) throw new Error('the operation goes another way here than it did natively');
	operation.free();
}
