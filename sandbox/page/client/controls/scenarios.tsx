import { play } from '../act.mts';
import { documents, sandbox } from '../documents.mts';
import { Icon } from '../parts/icon.tsx';

/** Conversations that play themselves. */
export function Scenarios() {
	const isPlaying = sandbox()?.play?.state === 'playing';
	return (
		<fieldset class="scenarios bar">
			<legend>Watch</legend>
			{[...documents('scenarios').value.values()].map(({ id, title, summary }) => (
				<button
					key={id}
					type="button"
					class="with-icon"
					title={summary}
					disabled={isPlaying}
					onClick={() => void play(id)}
				>
					<Icon name="play" />
					{title}
				</button>
			))}
		</fieldset>
	);
}
