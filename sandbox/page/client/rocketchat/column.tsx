import { act } from '../act.mts';
import { documents } from '../documents.mts';
import { agent, room, showAgent } from '../selection.mts';
import { RoomView } from './room.tsx';
import { RoomList } from './room-list.tsx';

/** Rocket.Chat as an agent sees it: the rooms, and the one that is open. */
export function RocketChatColumn() {
	const acting = agent.value;
	return (
		<section class="column rocketchat" aria-labelledby="rocketchat-title">
			<header class="column-header">
				<div>
					<h2 id="rocketchat-title">Rocket.Chat</h2>
					<p class="subtitle">The agent’s desk</p>
				</div>
				<div class="bar">
					<label class="hidden" for="agent">
						You act as
					</label>
					<select id="agent" value={acting?.id} onChange={({ currentTarget }) => showAgent(currentTarget.value)}>
						{[...documents('agents').value.values()].map(({ id, name, online, isAdmin }) => (
							<option key={id} value={id}>
								{isAdmin ? `${name} · administrator` : online ? name : `${name} · offline`}
							</option>
						))}
					</select>
					{acting !== undefined && !acting.isAdmin && (
						<label class="switch">
							<input
								type="checkbox"
								checked={acting.online}
								onChange={({ currentTarget }) =>
									void act('agent/online', { agent: acting.id, online: currentTarget.checked })
								}
							/>
							Online
						</label>
					)}
				</div>
			</header>
			<div class="desk">
				<RoomList />
				{room.value === undefined ? (
					<div class="room empty">
						<p>No conversation is open here yet.</p>
						<p class="muted">Open a ticket on the contact’s phone, and it appears.</p>
					</div>
				) : (
					<RoomView key={room.value.id} room={room.value} />
				)}
			</div>
		</section>
	);
}
