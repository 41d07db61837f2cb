import type { RapidPro } from '../rapidpro/index.mts';
import { conversation } from './conversation.mts';
import { doorbell } from './doorbell.mts';
import { media } from './media.mts';
import { noAgent } from './no-agent.mts';
import { outage } from './outage.mts';
import { reading } from './reading.mts';
import type { Scenario } from './scenario.mts';
import { twoWorkspaces } from './two-workspaces.mts';

/** The scenarios with a RapidPro that has ticketers, in the order in which they are offered. */
export const SCENARIOS: readonly Scenario[] = [conversation, outage, media, noAgent, twoWorkspaces];

/** Those with a RapidPro that has none. */
export const WITHOUT_TICKETERS: readonly Scenario[] = [reading, doorbell];

/** What can be played with this RapidPro. */
export function scenariosWith({ hasNoTicketers }: Pick<RapidPro, 'hasNoTicketers'>): readonly Scenario[] {
	return hasNoTicketers ? WITHOUT_TICKETERS : SCENARIOS;
}

/** @throws Error that names those that there are. */
export function scenarioNamed(id: string, among: readonly Scenario[] = SCENARIOS): Scenario {
	const scenario = among.find((candidate) => candidate.id === id);
	if (scenario === undefined) {
		throw new Error(`there is no scenario "${id}"; there are ${among.map(({ id }) => id).join(', ')}`);
	}
	return scenario;
}
