import { useComputed, useSignal } from '@preact/signals';
import { clearWire } from '../act.mts';
import { documents } from '../documents.mts';
import { onlyThisConversation, room, wireKinds, wireSearch } from '../selection.mts';
import { EntryList } from './entry-list.tsx';
import { Filters } from './filters.tsx';

/** Everything that goes between RapidPro, the app and Rocket.Chat. */
export function WireColumn() {
	const expanded = useSignal<string | undefined>(undefined);
	const shown = useComputed(() => {
		const kinds = new Set(wireKinds.value);
		const search = wireSearch.value.trim().toLowerCase();
		const roomId = onlyThisConversation.value ? room.value?.id : undefined;
		return [...documents('wire').value.values()].filter(
			(entry) =>
				kinds.has(entry.kind) &&
				(roomId === undefined || entry.room === roomId) &&
				(search === '' || entry.title.toLowerCase().includes(search) || entry.outcome === search),
		);
	});
	const total = documents('wire').value.size;
	return (
		<section class="column wire" aria-labelledby="wire-title">
			<header class="column-header">
				<div>
					<h2 id="wire-title">Wire</h2>
					<p class="subtitle">
						What happens in between · {shown.value.length === total ? total : `${shown.value.length} of ${total}`}
					</p>
				</div>
				<div class="bar">
					<button type="button" onClick={() => void clearWire()}>
						Clear
					</button>
				</div>
			</header>
			<Filters />
			<EntryList entries={shown.value} expanded={expanded} />
		</section>
	);
}
