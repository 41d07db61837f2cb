import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { TrafficEntry } from '../../documents.mts';
import { Icon } from '../parts/icon.tsx';
import { Entry } from './entry.tsx';

/** The height of an entry's line, as in the style sheet. */
const LINE_PX = 50;
/** How many lines are drawn beyond what can be seen. */
const SPARE = 6;

interface EntryListProps {
	entries: TrafficEntry[];
	/** The entry whose detail is shown. */
	expanded: Signal<string | undefined>;
}

/** Thousands of entries, of which only those are drawn that can be seen. Stays at its end while one looks at it there. */
export function EntryList({ entries, expanded }: EntryListProps) {
	const frame = useRef<HTMLElement>(null);
	const isAtEnd = useSignal(true);
	const top = useSignal(0);
	const height = useSignal(600);
	/** How much the detail that is shown adds to its line. */
	const detailHeight = useSignal(0);

	useEffect(() => {
		const { current } = frame;
		if (current === null) return;
		const observer = new ResizeObserver(() => {
			height.value = current.clientHeight;
		});
		observer.observe(current);
		return () => observer.disconnect();
	}, [height]);

	const expandedIndex = entries.findIndex(({ id }) => id === expanded.value);
	const extra = expandedIndex < 0 ? 0 : detailHeight.value;
	const fullHeight = entries.length * LINE_PX + extra;

	useLayoutEffect(() => {
		const { current } = frame;
		if (current !== null && isAtEnd.value && expanded.value === undefined) current.scrollTop = current.scrollHeight;
	}, [fullHeight]);

	const topOf = (index: number) => index * LINE_PX + (expandedIndex >= 0 && index > expandedIndex ? extra : 0);
	const first = Math.max(0, Math.floor((top.value - extra) / LINE_PX) - SPARE);
	const last = Math.min(entries.length, Math.ceil((top.value + height.value) / LINE_PX) + SPARE);

	return (
		<div class="entries-frame">
			<section
				ref={frame}
				class="entries"
				aria-label="Entries of the traffic, newest last"
				tabIndex={0}
				onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
					top.value = scrollTop;
					isAtEnd.value = scrollHeight - scrollTop - clientHeight < LINE_PX;
				}}
			>
				{entries.length === 0 && <p class="empty muted">Nothing yet</p>}
				<ol style={{ height: `${fullHeight}px` }}>
					{entries.slice(first, last).map((entry, offset) => {
						const index = first + offset;
						const isExpanded = index === expandedIndex;
						return (
							<li
								key={entry.id}
								aria-setsize={entries.length}
								aria-posinset={index + 1}
								style={{ transform: `translateY(${topOf(index)}px)` }}
							>
								<Entry
									entry={entry}
									isExpanded={isExpanded}
									toggle={() => (expanded.value = isExpanded ? undefined : entry.id)}
									measured={(px) => (detailHeight.value = px)}
								/>
							</li>
						);
					})}
				</ol>
			</section>
			{!isAtEnd.value && (
				<button
					type="button"
					class="to-end with-icon"
					onClick={() => frame.current?.scrollTo({ top: frame.current.scrollHeight })}
				>
					<Icon name="down" />
					Newest
				</button>
			)}
		</div>
	);
}
