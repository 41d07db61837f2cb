import { useComputed, useSignal } from '@preact/signals';
import type { Room, RoomMessage } from '../../documents.mts';
import { act } from '../act.mts';
import { documents } from '../documents.mts';
import { Composer } from '../parts/composer.tsx';
import { Delivery } from '../parts/delivery.tsx';
import { Files } from '../parts/files.tsx';
import { Icon } from '../parts/icon.tsx';
import { Messages } from '../parts/messages.tsx';
import { agent } from '../selection.mts';
import { clockTime } from '../time.mts';
import { CloseRoom } from './close-room.tsx';
import { Forward } from './forward.tsx';

/** A conversation as the agent has it on the screen. */
export function RoomView({ room }: { room: Room }) {
	const window = useSignal<'close' | 'forward' | undefined>(undefined);
	const messages = useComputed(() =>
		[...documents('roomMessages').value.values()].filter((it) => it.room === room.id).sort((a, b) => a.at - b.at),
	);
	const acting = agent.value?.id ?? '';
	const name = agent.value?.name ?? 'an agent';
	const closeWindow = () => {
		window.value = undefined;
	};

	return (
		<div class="room">
			<div class="room-bar">
				<h3>{room.name}</h3>
				<div class="bar">
					{room.state === 'queued' && (
						<button
							type="button"
							class="primary"
							onClick={() => void act('agent/take', { room: room.id, agent: acting })}
						>
							Take
						</button>
					)}
					{room.state === 'open' && (
						<button type="button" onClick={() => void act('agent/return', { room: room.id })}>
							Return to queue
						</button>
					)}
					{room.state !== 'closed' && (
						<>
							<button type="button" onClick={() => (window.value = 'forward')}>
								Forward
							</button>
							<button type="button" onClick={() => (window.value = 'close')}>
								Close
							</button>
						</>
					)}
					{room.state === 'closed' && <span class="chip">Closed</span>}
				</div>
			</div>
			{room.details.length > 0 && (
				<dl class="details">
					{room.details.map(([label, value]) => (
						<div key={label}>
							<dt>{label}</dt>
							<dd title={value}>{value}</dd>
						</div>
					))}
				</dl>
			)}
			<Messages
				label={`Conversation with ${room.name}`}
				messages={messages.value}
				empty={<p class="muted">Nothing has been written yet</p>}
				render={(message) => <RoomLine key={message.id} message={message} />}
			/>
			<Composer
				label={`Answer as ${name}`}
				disabled={room.state === 'closed' ? 'This conversation is closed' : undefined}
				send={(outgoing) => act('agent/write', { room: room.id, agent: acting, ...outgoing })}
			/>
			{window.value === 'close' && <CloseRoom room={room.id} by={acting} close={closeWindow} />}
			{window.value === 'forward' && <Forward room={room} by={acting} close={closeWindow} />}
		</div>
	);
}

function RoomLine({ message }: { message: RoomMessage }) {
	const { from, author, text, files, at, delivery, to } = message;
	if (from === 'system') {
		return (
			<p class="system">
				{text} <time>{clockTime(at)}</time>
			</p>
		);
	}
	if (from === 'notice' || from === 'app') {
		return (
			<article class="notice">
				<Icon name="bell" />
				<div>
					<p>{text}</p>
					<footer>
						{from === 'app' ? author : to === undefined ? 'Shown to the agents' : `Shown to ${to} only`}
						<time>{clockTime(at)}</time>
					</footer>
				</div>
			</article>
		);
	}
	return (
		<article class={`line ${from}`}>
			<span class="avatar" aria-hidden="true">
				{author.charAt(0)}
			</span>
			<div>
				<header>
					<strong>{author}</strong>
					<time>{clockTime(at)}</time>
					{delivery !== undefined && <Delivery delivery={delivery} />}
				</header>
				{text !== '' && <p>{text}</p>}
				<Files files={files} />
			</div>
		</article>
	);
}
