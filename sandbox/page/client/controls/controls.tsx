import { PlayProgress } from './play-progress.tsx';
import { Scenarios } from './scenarios.tsx';
import { Troubles } from './troubles.tsx';

/** What makes things happen: scenarios that play themselves, and trouble by hand. */
export function Controls() {
	return (
		<section class="controls" aria-label="Scenarios and trouble">
			<Scenarios />
			<Troubles />
			<PlayProgress />
		</section>
	);
}
