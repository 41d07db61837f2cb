import { useSignal } from '@preact/signals';
import { documents, sandbox } from '../documents.mts';
import { Icon } from '../parts/icon.tsx';
import { contact, showContact } from '../selection.mts';
import { NewContact } from './new-contact.tsx';
import { Phone } from './phone.tsx';

/** RapidPro: one contact's phone at a time. */
export function RapidProColumn() {
	const isAdding = useSignal(false);
	const current = contact.value;
	return (
		<section class="column rapidpro" aria-labelledby="rapidpro-title">
			<header class="column-header">
				<div>
					<h2 id="rapidpro-title">RapidPro</h2>
					<p class="subtitle">The contact’s phone</p>
				</div>
				<div class="bar">
					<label class="hidden" for="contact">
						Contact
					</label>
					<select id="contact" value={current?.id} onChange={({ currentTarget }) => showContact(currentTarget.value)}>
						{[...documents('contacts').value.values()].map(({ id, name, workspace }) => (
							<option key={id} value={id}>
								{workspace === undefined ? name : `${name} · ${workspace}`}
							</option>
						))}
					</select>
					<button type="button" class="icon-button" title="New contact" onClick={() => (isAdding.value = true)}>
						<Icon name="plus" />
						<span class="hidden">New contact</span>
					</button>
				</div>
			</header>
			{current === undefined ? (
				<p class="empty" role="status">
					{sandbox()?.starting ?? 'Connecting'} …
				</p>
			) : (
				<Phone key={current.id} contact={current} />
			)}
			{isAdding.value && <NewContact close={() => (isAdding.value = false)} />}
		</section>
	);
}
