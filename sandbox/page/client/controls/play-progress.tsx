import { useSignal } from '@preact/signals';
import type { Play } from '../../documents.mts';
import { documents, sandbox } from '../documents.mts';
import { Icon } from '../parts/icon.tsx';

const STATES: Record<Play['state'], string> = {
	playing: 'playing',
	succeeded: 'all as it should be',
	failed: 'something is wrong',
};

/** The steps of the scenario that is being played, or was played last. */
export function PlayProgress() {
	const dismissed = useSignal<number | undefined>(undefined);
	const play = sandbox()?.play;
	// A scenario that begins anew begins with no step.
	if (play?.steps.length === 0 && dismissed.value !== undefined) dismissed.value = undefined;
	if (play === undefined || dismissed.value === play.steps.length) return null;
	const title = documents('scenarios').value.get(play.scenario)?.title ?? play.scenario;
	return (
		<div class={`play ${play.state}`} role="status">
			<header>
				<strong>{title}</strong>
				<span class="muted">{STATES[play.state]}</span>
				{play.state !== 'playing' && (
					<button type="button" class="icon-button" onClick={() => (dismissed.value = play.steps.length)}>
						<Icon name="close" />
						<span class="hidden">Hide the steps</span>
					</button>
				)}
			</header>
			<ol>
				{play.steps.map(({ title, checks }) => (
					<li key={title}>
						{title}
						{checks.map(({ good, text }) => (
							<span key={text} class={`check ${good ? 'good' : 'bad'}`}>
								<Icon name={good ? 'check' : 'warning'} />
								{text}
							</span>
						))}
					</li>
				))}
			</ol>
		</div>
	);
}
