import { PlayProgress } from './play-progress.tsx';
import { Troubles } from './troubles.tsx';

/** Trouble by hand, and the steps of a scenario. */
export function Controls() {
	return (
		<section class="controls" aria-label="Trouble">
			<Troubles />
			<PlayProgress />
		</section>
	);
}
