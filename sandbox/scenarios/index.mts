import { conversation } from './conversation.mts';
import { media } from './media.mts';
import { noAgent } from './no-agent.mts';
import { outage } from './outage.mts';
import type { Scenario } from './scenario.mts';
import { twoWorkspaces } from './two-workspaces.mts';

/** All scenarios, in the order in which they are offered. */
export const SCENARIOS: readonly Scenario[] = [conversation, outage, media, noAgent, twoWorkspaces];

/** @throws Error that names those that there are. */
export function scenarioNamed(id: string): Scenario {
	const scenario = SCENARIOS.find((candidate) => candidate.id === id);
	if (scenario === undefined) {
		throw new Error(`there is no scenario "${id}"; there are ${SCENARIOS.map(({ id }) => id).join(', ')}`);
	}
	return scenario;
}
