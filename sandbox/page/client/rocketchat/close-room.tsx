import { act } from '../act.mts';
import { Dialog } from '../parts/dialog.tsx';

interface CloseRoomProps {
	room: string;
	by: string;
	close: () => void;
}

/** Rocket.Chat asks for a comment before it closes a conversation. */
export function CloseRoom({ room, by, close }: CloseRoomProps) {
	return (
		<Dialog title="Close the conversation" close={close}>
			<form
				class="fields"
				onSubmit={(event) => {
					event.preventDefault();
					const comment = String(new FormData(event.currentTarget).get('comment') ?? '');
					void act('agent/close', { room, by, comment });
					close();
				}}
			>
				<label>
					Comment
					<input name="comment" value="Resolved" required autocomplete="off" />
				</label>
				<footer>
					<button type="submit" class="primary">
						Close conversation
					</button>
				</footer>
			</form>
		</Dialog>
	);
}
