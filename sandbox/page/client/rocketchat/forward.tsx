import type { Room } from '../../documents.mts';
import { act } from '../act.mts';
import { documents } from '../documents.mts';
import { Dialog } from '../parts/dialog.tsx';

interface ForwardProps {
	room: Room;
	by: string;
	close: () => void;
}

/** Forwards a conversation to another agent or to a department. */
export function Forward({ room, by, close }: ForwardProps) {
	const agents = [...documents('agents').value.values()].filter(({ id, isAdmin }) => !isAdmin && id !== room.agent);
	const departments = [...documents('departments').value.values()];
	return (
		<Dialog title="Forward the conversation" close={close}>
			<form
				class="fields"
				onSubmit={(event) => {
					event.preventDefault();
					const [kind = '', id = ''] = String(new FormData(event.currentTarget).get('target')).split(':');
					void act('agent/transfer', { room: room.id, by, [kind]: id });
					close();
				}}
			>
				<label>
					To
					<select name="target">
						<optgroup label="Agents">
							{agents.map(({ id, name, online }) => (
								<option key={id} value={`agent:${id}`}>
									{online ? name : `${name} (offline)`}
								</option>
							))}
						</optgroup>
						<optgroup label="Departments">
							{departments.map(({ id, name }) => (
								<option key={id} value={`department:${id}`}>
									{name}
								</option>
							))}
						</optgroup>
					</select>
				</label>
				<footer>
					<button type="submit" class="primary">
						Forward
					</button>
				</footer>
			</form>
		</Dialog>
	);
}
