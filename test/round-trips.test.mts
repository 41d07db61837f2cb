/** What operations cost, with the settings cached: no more round trips than `bench/recorded.json` says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { roundTrips } from './support/round-trips.mts';
import { Stage } from './support/stage.mts';

const recorded: Record<string, number> = JSON.parse(
	readFileSync(new URL('../bench/recorded.json', import.meta.url), 'utf8'),
).roundTrips;

let stage: Stage;
let counted: Record<string, string[]>;
before(async () => {
	stage = await Stage.open();
	counted = await roundTrips(stage);
});
after(() => stage?.close());

describe('round trips', () => {
	for (const [name, most] of Object.entries(recorded)) {
		it(`${name}: ${most}`, () => {
			const { length } = counted[name];
			assert.ok(length <= most, `${length} round trips: ${counted[name].join(', ')}`);
		});
	}

	it('all that are counted are recorded', () => assert.deepEqual(Object.keys(counted), Object.keys(recorded)));
});
