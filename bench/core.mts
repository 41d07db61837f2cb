/** What the core takes for one operation in this Node, through the face that is shipped. */
import { COMMITTED_CORE } from '../tools/generated-core.mjs';
import { APP, type Core, type Play, play, plays } from './plays.mts';
import { median, percentile } from './statistics.mts';

/** Of one whole operation, every crossing of the boundary included. */
export interface CoreTime {
	play: string;
	/** In microseconds. */
	p50: number;
	p99: number;
	/** Bytes of JavaScript's heap left to be collected. */
	garbage: number;
}

const TIMES = 2000;
const WARM_UP = 3000;
/** Of what is so large that nobody has it often. */
const TIMES_LARGE = 100;

/** Times every operation. */
export async function timeCore(): Promise<CoreTime[]> {
	const { load } = await import(COMMITTED_CORE);
	const newCore = (): Core => new (load().Core)(APP, 'node');
	return plays(newCore).map((each) => time(newCore(), each));
}

function time(core: Core, { name, before, script }: Play): CoreTime {
	for (const earlier of before) play(core, earlier);
	const isLarge = name.includes('kB');
	for (let i = 0; i < (isLarge ? TIMES_LARGE : WARM_UP); i++) play(core, script);
	const times: number[] = [];
	const heaps: number[] = [];
	for (let i = 0; i < (isLarge ? TIMES_LARGE : TIMES); i++) {
		const heap = process.memoryUsage().heapUsed;
		const start = performance.now();
		play(core, script);
		times.push((performance.now() - start) * 1000);
		// A collection in between makes a difference negative, and the median does not mind.
		heaps.push(process.memoryUsage().heapUsed - heap);
	}
	return { play: name, p50: median(times), p99: percentile(times, 0.99), garbage: median(heaps) };
}
