import { useComputed, useSignal } from '@preact/signals';
import type { Contact, PhoneMessage } from '../../documents.mts';
import { act } from '../act.mts';
import { documents } from '../documents.mts';
import { Composer } from '../parts/composer.tsx';
import { Delivery } from '../parts/delivery.tsx';
import { Files } from '../parts/files.tsx';
import { Messages } from '../parts/messages.tsx';
import { showContact } from '../selection.mts';
import { clockTime } from '../time.mts';
import { TicketForm } from './ticket-form.tsx';

/** A contact's conversation, and whether it is handed to Rocket.Chat. */
export function Phone({ contact: { id, name } }: { contact: Contact }) {
	const isAsking = useSignal(false);
	const isOpening = useSignal(false);
	const messages = useComputed(() => [...documents('phoneMessages').value.values()].filter((it) => it.contact === id));
	const newest = useComputed(() => [...documents('tickets').value.values()].findLast((it) => it.contact === id));
	const isOpen = useComputed(() => [...documents('tickets').value.values()].some((it) => it.contact === id && it.open));

	const open = async (fields: object = {}) => {
		isOpening.value = true;
		const opened = await act('contact/open', { contact: id, ...fields });
		isOpening.value = false;
		if (opened !== undefined) showContact(id);
	};

	return (
		<div class="phone">
			<div class="ticket-bar">
				<span class={isOpen.value ? 'chip good' : 'chip'}>{isOpen.value ? 'Ticket open' : 'No open ticket'}</span>
				{isOpen.value ? (
					<button type="button" onClick={() => void act('contact/close', { contact: id })}>
						Close ticket
					</button>
				) : (
					<button type="button" onClick={() => (isAsking.value = true)}>
						All fields …
					</button>
				)}
			</div>
			{isOpen.value && newest.value?.flowResult !== undefined && (
				<p class="muted">The flow’s result: {newest.value.flowResult}</p>
			)}
			<Messages
				label={`Messages of ${name}`}
				messages={messages.value}
				empty={
					<>
						<p>{name} would like to talk to a person.</p>
						<p class="muted">A ticket brings the conversation to an agent.</p>
					</>
				}
				render={(message) => <PhoneBubble key={message.id} message={message} />}
			/>
			{!isOpen.value && (
				<div class="call-to-action">
					<button type="button" class="primary large" disabled={isOpening.value} onClick={() => void open()}>
						{isOpening.value ? 'Opening …' : 'Open ticket'}
					</button>
				</div>
			)}
			<Composer label={`Write as ${name}`} send={(outgoing) => act('contact/write', { contact: id, ...outgoing })} />
			{isAsking.value && (
				<TicketForm name={name} open={(fields) => void open(fields)} close={() => (isAsking.value = false)} />
			)}
		</div>
	);
}

function PhoneBubble({ message: { from, text, files, at, delivery } }: { message: PhoneMessage }) {
	return (
		<article class={`bubble ${from === 'contact' ? 'mine' : 'theirs'}`}>
			<Files files={files} />
			{text !== '' && <p>{text}</p>}
			<footer>
				<time>{clockTime(at)}</time>
				<Delivery delivery={delivery} />
			</footer>
		</article>
	);
}
