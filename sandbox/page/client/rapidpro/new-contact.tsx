import { act } from '../act.mts';
import { Dialog } from '../parts/dialog.tsx';
import { showContact } from '../selection.mts';

/** Adds somebody with a phone, who may lack all but that. */
export function NewContact({ close }: { close: () => void }) {
	const add = async (form: FormData) => {
		const text = (name: string) => String(form.get(name) ?? '').trim();
		const added = await act('contact/add', { name: text('name'), phone: text('phone'), email: text('email') });
		if (added?.contact !== undefined) showContact(added.contact);
		close();
	};
	return (
		<Dialog title="New contact" close={close}>
			<form
				class="fields"
				onSubmit={(event) => {
					event.preventDefault();
					void add(new FormData(event.currentTarget));
				}}
			>
				<label>
					Name
					<input name="name" autocomplete="off" placeholder="Nobody has to have one" />
				</label>
				<label>
					Phone
					<input name="phone" type="tel" autocomplete="off" placeholder="+250788000111" />
				</label>
				<label>
					E-mail
					<input name="email" autocomplete="off" placeholder="somebody@example.org" />
				</label>
				<footer>
					<button type="submit" class="primary">
						Add contact
					</button>
				</footer>
			</form>
		</Dialog>
	);
}
