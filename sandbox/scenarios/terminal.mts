import type { Narrator } from '../narrator.mts';
import type { Audience, Place, Scenario } from './scenario.mts';

/** Plays a scenario on the terminal. Says whether every step had its effect. */
export async function playOnTerminal(scenario: Scenario, place: Place, narrator: Narrator): Promise<boolean> {
	let succeeded = true;
	const audience: Audience = {
		async step(title) {
			narrator.step(title);
		},
		check(good, text) {
			narrator.verdict(good, text);
			succeeded &&= good;
		},
		meet() {},
	};
	await scenario.play(place, audience);
	return succeeded;
}
