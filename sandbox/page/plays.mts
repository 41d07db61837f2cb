import { setTimeout as sleep } from 'node:timers/promises';
import type { Assembly } from '../assembly.mts';
import { scenarioNamed, scenariosWith } from '../scenarios/index.mts';
import type { Audience } from '../scenarios/scenario.mts';
import type { Board } from './board.mts';
import type { Play } from './documents.mts';

/** Plays scenarios for those who watch the page, one at a time. */
export class Plays {
	private readonly board: Board;
	private readonly assembly: Assembly;
	private readonly pauseMs: number;

	/** @param pauseMs between two steps, so that they can be followed. */
	constructor(board: Board, assembly: Assembly, pauseMs: number) {
		this.board = board;
		this.assembly = assembly;
		this.pauseMs = pauseMs;
		for (const { id, title, summary } of scenariosWith(assembly.rapidPro))
			board.put('scenarios', { id, title, summary });
	}

	/** Begins a scenario; what becomes of it is on the board. */
	start(id: string): void {
		const scenario = scenarioNamed(id, scenariosWith(this.assembly.rapidPro));
		if (this.board.get('sandbox', 'sandbox')?.play?.state === 'playing') {
			throw new Error('A scenario is being played; wait for its end');
		}
		let play: Play = { scenario: id, steps: [], state: 'playing' };
		const show = (change: Partial<Play>) => {
			play = { ...play, ...change };
			this.board.patch('sandbox', 'sandbox', { play });
		};
		const audience: Audience = {
			step: async (title) => {
				if (play.steps.length > 0) await sleep(this.pauseMs);
				show({ steps: [...play.steps, { title, checks: [] }] });
			},
			check: (good, text) => {
				const last = play.steps.at(-1);
				if (last === undefined) throw new Error('a check comes after a step');
				show({ steps: [...play.steps.slice(0, -1), { ...last, checks: [...last.checks, { good, text }] }] });
			},
			meet: (contact) => show({ contact: this.assembly.workspaces.idOf(contact) }),
		};
		show({});
		void scenario
			.play(this.assembly, audience)
			.catch((error: Error) => audience.check(false, error.message))
			.then(() => {
				const good = play.steps.every(({ checks }) => checks.every((check) => check.good));
				show({ state: good ? 'succeeded' : 'failed' });
			});
	}
}
