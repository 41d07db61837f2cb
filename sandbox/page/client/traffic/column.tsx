import { useComputed, useSignal } from '@preact/signals';
import { clearTraffic } from '../act.mts';
import { documents } from '../documents.mts';
import { onlyThisConversation, room, trafficKinds, trafficSearch } from '../selection.mts';
import { EntryList } from './entry-list.tsx';
import { Filters } from './filters.tsx';

/** Everything that goes between RapidPro, the app and Rocket.Chat. */
export function TrafficColumn() {
	const expanded = useSignal<string | undefined>(undefined);
	const shown = useComputed(() => {
		const kinds = new Set(trafficKinds.value);
		const search = trafficSearch.value.trim().toLowerCase();
		const roomId = onlyThisConversation.value ? room.value?.id : undefined;
		return [...documents('traffic').value.values()].filter(
			(entry) =>
				kinds.has(entry.kind) &&
				(roomId === undefined || entry.room === roomId) &&
				(search === '' || entry.title.toLowerCase().includes(search) || entry.outcome === search),
		);
	});
	const total = documents('traffic').value.size;
	return (
		<section class="column traffic" aria-labelledby="traffic-title">
			<header class="column-header">
				<div>
					<h2 id="traffic-title">Traffic</h2>
					<p class="subtitle">
						What happens in between · {shown.value.length === total ? total : `${shown.value.length} of ${total}`}
					</p>
				</div>
				<div class="bar">
					<button type="button" onClick={() => void clearTraffic()}>
						Clear
					</button>
				</div>
			</header>
			<Filters />
			<EntryList entries={shown.value} expanded={expanded} />
		</section>
	);
}
