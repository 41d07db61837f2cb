import type { TicketFields } from '../../asked.mts';
import { documents } from '../documents.mts';
import { Dialog } from '../parts/dialog.tsx';

interface TicketFormProps {
	name: string;
	open: (fields: TicketFields) => void;
	close: () => void;
}

/** Opens a ticket with every field that the app knows. */
export function TicketForm({ name, open, close }: TicketFormProps) {
	return (
		<Dialog title={`Open a ticket for ${name}`} close={close}>
			<form
				class="fields"
				onSubmit={(event) => {
					event.preventDefault();
					open(fieldsOf(new FormData(event.currentTarget)));
					close();
				}}
			>
				<p class="muted">
					RapidPro sends the contact’s number, name, phone and e-mail address with each ticket. These it may add:
				</p>
				<label>
					Department, by name or id
					<input name="department" list="departments" autocomplete="off" />
					<datalist id="departments">
						{[...documents('departments').value.values()].map(({ id, name }) => (
							<option key={id} value={name} />
						))}
					</datalist>
				</label>
				<label>
					Priority
					<input name="priority" autocomplete="off" placeholder="high" />
				</label>
				<label>
					Session start
					<input name="sessionStart" autocomplete="off" placeholder="2026-07-17T10:28-03:00" />
				</label>
				<label>
					Custom fields, one a line
					<textarea name="customFields" rows={3} placeholder="language: Kinyarwanda" />
				</label>
				<footer>
					<button type="submit" class="primary">
						Open ticket
					</button>
				</footer>
			</form>
		</Dialog>
	);
}

/** What is empty is left out. */
function fieldsOf(form: FormData): TicketFields {
	const text = (name: string) => String(form.get(name) ?? '').trim() || undefined;
	const lines = (text('customFields') ?? '').split('\n').filter((line) => line.includes(':'));
	const customFields = Object.fromEntries(
		lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), line.slice(line.indexOf(':') + 1).trim()]),
	);
	return {
		department: text('department'),
		priority: text('priority'),
		sessionStart: text('sessionStart'),
		customFields: lines.length > 0 ? customFields : undefined,
	};
}
