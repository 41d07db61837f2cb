import type { WireKind } from '../../documents.mts';
import { onlyThisConversation, wireKinds, wireSearch } from '../selection.mts';
import { KINDS } from './kinds.mts';

/** What of the wire is shown. */
export function Filters() {
	const toggle = (kind: WireKind) => {
		const shown = wireKinds.value;
		wireKinds.value = shown.includes(kind) ? shown.filter((it) => it !== kind) : [...shown, kind];
	};
	return (
		<search class="filters">
			<div class="bar">
				<label class="hidden" for="wire-search">
					Search the wire
				</label>
				<input
					id="wire-search"
					type="search"
					placeholder="Search: room.close, 500 …"
					value={wireSearch.value}
					onInput={({ currentTarget }) => (wireSearch.value = currentTarget.value)}
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
						aria-pressed={wireKinds.value.includes(kind)}
						onClick={() => toggle(kind)}
					>
						{plural}
					</button>
				))}
			</fieldset>
		</search>
	);
}
