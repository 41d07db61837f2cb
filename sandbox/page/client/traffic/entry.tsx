import { memo } from 'preact/compat';
import type { TrafficEntry } from '../../documents.mts';
import { preciseTime } from '../time.mts';
import { Detail } from './detail.tsx';
import { titleOf } from './kinds.mts';

interface EntryProps {
	entry: TrafficEntry;
	isExpanded: boolean;
	toggle: () => void;
	/** Told how high the detail is. */
	measured: (px: number) => void;
}

/** One thing that happened, in a line; with what it carried once somebody wants to see it. */
export function Entry({ entry, isExpanded, toggle, measured }: EntryProps) {
	return (
		<>
			<button type="button" class={`entry ${entry.kind}`} aria-expanded={isExpanded} onClick={toggle}>
				<Line entry={entry} />
			</button>
			{isExpanded && <Detail id={entry.id} state={entry.state} measured={measured} />}
		</>
	);
}

const Line = memo(({ entry: { kind, at, title, outcome, state, durationMs, calls } }: { entry: TrafficEntry }) => (
	<>
		<span class="title">{title}</span>
		<span class={`outcome ${state}`}>{outcome ?? '…'}</span>
		<span class="meta">
			<span class="kind-name">{titleOf(kind)}</span>
			<time>{preciseTime(at)}</time>
			{durationMs !== undefined && <span>{durationMs} ms</span>}
			{calls !== undefined && calls > 0 && (
				<span title="Calls of the app to Rocket.Chat meanwhile">{calls === 1 ? '1 call' : `${calls} calls`}</span>
			)}
		</span>
	</>
));
