import type { TrafficKind } from '../../documents.mts';
import { onlyThisConversation, trafficKinds, trafficSearch } from '../selection.mts';
import { KINDS } from './kinds.mts';

/** What of the traffic is shown. */
export function Filters() {
	const toggle = (kind: TrafficKind) => {
		const shown = trafficKinds.value;
		trafficKinds.value = shown.includes(kind) ? shown.filter((it) => it !== kind) : [...shown, kind];
	};
	return (
		<search class="filters">
			<div class="bar">
				<label class="hidden" for="traffic-search">
					Search the traffic
				</label>
				<input
					id="traffic-search"
					type="search"
					placeholder="Search: room.close, 500 …"
					value={trafficSearch.value}
					onInput={({ currentTarget }) => (trafficSearch.value = currentTarget.value)}
				/>
				<label class="switch">
					<input
						type="checkbox"
						checked={onlyThisConversation.value}
						onChange={({ currentTarget }) => (onlyThisConversation.value = currentTarget.checked)}
					/>
					This conversation
				</label>
			</div>
			<fieldset class="kinds">
				<legend class="hidden">Kinds of entries</legend>
				{KINDS.map(({ kind, plural, hint }) => (
					<button
						key={kind}
						type="button"
						class={`kind ${kind}`}
						title={hint}
						aria-pressed={trafficKinds.value.includes(kind)}
						onClick={() => toggle(kind)}
					>
						{plural}
					</button>
				))}
			</fieldset>
		</search>
	);
}
