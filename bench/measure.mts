import { OWN } from '../tools/engines.mjs';
import { type CoreTime, timeCore } from './core.mts';
import { CROWDS, QUEUED } from './crowd.mts';
import type { Operation } from './operations.mts';
import { APPS, type Each, Pair } from './processes.mts';
import { measureSizes, type Sizes } from './sizes.mts';

/** How much is measured. */
export interface Extent {
	/** Pairs of processes under each condition. */
	rounds: number;
	/** How often what is sampled in blocks is sampled in a round, by both apps in turns. */
	blocks: number;
	memoryRounds: number;
	/** In all of a process. */
	memoryMessages: number;
}

/** Under which conditions operations are measured. */
export interface Conditions {
	engine: string;
	storeMs: number;
}

/** What is measured of operations, in milliseconds, or as a number a second. */
export type Figure = 'installation' | 'firstRequest' | Operation | 'contactThroughput' | 'agentThroughput';

/** One pair of processes. */
export interface Round {
	samples: Record<Figure, Each<number[]>>;
	roundTrips: Each<Record<string, number>>;
}

/** Times of messages while so much is stored, in milliseconds. */
export interface GrowthStep {
	tickets: number;
	queued: number;
	contactMessage: Each<number[]>;
	agentMessage: Each<number[]>;
}

/** Everything that is measured with the engine around the app. */
export interface Measurements {
	sizes: Sizes;
	operations: { conditions: Conditions; rounds: Round[] }[];
	/** Bytes when started, after half of the messages, and after all; one list a round. */
	memory: Each<number[]>[];
	growth: GrowthStep[];
	core: CoreTime[];
}

/** The newest engine, and the last that runs apps in the server's own Node; a store that takes no time, and one like others. */
const CONDITIONS: Conditions[] = [
	{ engine: OWN, storeMs: 0 },
	{ engine: OWN, storeMs: 2 },
	{ engine: '1-42', storeMs: 0 },
	{ engine: '1-42', storeMs: 2 },
];

/** Samples in a block: few enough that a passing load hits both apps. */
const BLOCK: Record<Operation, number> = { secretCheck: 20, contactMessage: 10, agentMessage: 10, openAndClose: 5 };
const OPERATIONS = Object.keys(BLOCK) as Operation[];
const BLOCK_AT_ONCE = 160;

export async function measure(zips: Each<string>, extent: Extent): Promise<Measurements> {
	const operations: Measurements['operations'] = [];
	for (const conditions of CONDITIONS) {
		const rounds: Round[] = [];
		while (rounds.length < extent.rounds) {
			console.log(`engine ${conditions.engine}, store ${conditions.storeMs} ms, round ${rounds.length + 1}`);
			rounds.push(await measureOperations(zips, conditions, extent.blocks));
		}
		operations.push({ conditions, rounds });
	}
	const memory: Measurements['memory'] = [];
	while (memory.length < extent.memoryRounds) {
		console.log(`memory, round ${memory.length + 1}`);
		memory.push(await measureMemory(zips, extent.memoryMessages));
	}
	console.log('what is stored');
	const growth = await measureGrowth(zips, extent.blocks);
	console.log('the core alone');
	return { sizes: measureSizes(zips.ours), operations, memory, growth, core: await timeCore() };
}

async function measureOperations(zips: Each<string>, { engine, storeMs }: Conditions, blocks: number): Promise<Round> {
	const pair = await Pair.start('operations.mts', engine, zips, storeMs);
	// The first installation does not count: there the server compiles what it is made of.
	await pair.ask('install');
	const installed = await pair.collect(Math.ceil(blocks / 2), 'install');
	await pair.ask('prepare');
	for (const operation of OPERATIONS) await pair.ask('samples', operation, 2 * BLOCK[operation]);
	const samples: Partial<Round['samples']> = {
		installation: every(installed, 0),
		firstRequest: every(installed, 1),
	};
	for (const operation of OPERATIONS) {
		samples[operation] = await pair.collect(blocks, 'samples', operation, BLOCK[operation]);
	}
	samples.contactThroughput = await pair.collect(blocks, 'throughput', 'contactMessage', BLOCK_AT_ONCE);
	samples.agentThroughput = await pair.collect(blocks, 'throughput', 'agentMessage', BLOCK_AT_ONCE);
	const roundTrips = await pair.ask<Record<string, number>>('roundTrips');
	await pair.stop();
	return { samples: samples as Round['samples'], roundTrips };
}

/** Of lists of pairs the first or the second of each. */
function every(pairs: Each<number[]>, which: 0 | 1): Each<number[]> {
	const of = (list: number[]) => list.filter((_, index) => index % 2 === which);
	return { floor: of(pairs.floor), ours: of(pairs.ours) };
}

async function measureMemory(zips: Each<string>, messages: number): Promise<Each<number[]>> {
	const pair = await Pair.start('memory.mts', OWN, zips, 0);
	const resident = await pair.ask<number[]>('resident');
	for (let half = 0; half < 2; half++) {
		await pair.ask('converse', messages / 2);
		const now = await pair.ask<number[]>('resident');
		for (const app of APPS) resident[app].push(...now[app]);
	}
	await pair.stop();
	return resident;
}

async function measureGrowth(zips: Each<string>, blocks: number): Promise<GrowthStep[]> {
	const pair = await Pair.start('growth.mts', OWN, zips, 0);
	const steps: GrowthStep[] = [];
	const step = async (tickets: number, queued: number) => {
		await pair.ask('prepare');
		await pair.ask('samples', 'contactMessage', 2 * BLOCK.contactMessage);
		await pair.ask('samples', 'agentMessage', 2 * BLOCK.agentMessage);
		const contactMessage = await pair.collect(blocks, 'samples', 'contactMessage', BLOCK.contactMessage);
		const agentMessage = await pair.collect(blocks, 'samples', 'agentMessage', BLOCK.agentMessage);
		steps.push({ tickets, queued, contactMessage, agentMessage });
	};
	for (const tickets of CROWDS) {
		await pair.ask('grow', tickets);
		await step(tickets, 0);
	}
	await pair.ask('queue', QUEUED);
	await step(Math.max(...CROWDS), QUEUED);
	await pair.stop();
	return steps;
}
