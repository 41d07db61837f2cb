import { useComputed } from '@preact/signals';
import { memo } from 'preact/compat';
import type { Room } from '../../documents.mts';
import { documents } from '../documents.mts';
import { room as current, showRoom } from '../selection.mts';
import { clockTime } from '../time.mts';

const SECTIONS: { state: Room['state']; title: string }[] = [
	{ state: 'queued', title: 'Queue' },
	{ state: 'open', title: 'Open' },
	{ state: 'closed', title: 'Closed' },
];

/** All conversations: those that wait for an agent, those that have one, and the history. */
export function RoomList() {
	const rooms = useComputed(() => [...documents('rooms').value.values()].sort((a, b) => b.at - a.at));
	return (
		<nav class="rooms" aria-label="Conversations">
			{SECTIONS.map(({ state, title }) => {
				const shown = rooms.value.filter((room) => room.state === state);
				if (shown.length === 0) return null;
				return (
					<section key={state} aria-label={title}>
						<h3>
							{title} <span class="count">{shown.length}</span>
						</h3>
						<ul>
							{shown.map((room) => (
								<RoomEntry key={room.id} room={room} isCurrent={room.id === current.value?.id} />
							))}
						</ul>
					</section>
				);
			})}
			{rooms.value.length === 0 && <p class="empty muted">No conversations yet</p>}
		</nav>
	);
}

/** Drawn anew only if its own room has changed: there may be hundreds. */
const RoomEntry = memo(({ room, isCurrent }: { room: Room; isCurrent: boolean }) => (
	<li>
		<button type="button" aria-current={isCurrent} onClick={() => showRoom(room.id)}>
			<span class="name">
				{room.waiting && <span class="dot" title="Waits for an answer" />}
				{room.name}
			</span>
			<time>{clockTime(room.at)}</time>
			<span class="muted">{room.state === 'queued' ? 'Nobody yet' : (room.agent ?? '')}</span>
		</button>
	</li>
));
