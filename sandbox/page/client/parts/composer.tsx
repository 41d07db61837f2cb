import { useSignal } from '@preact/signals';
import type { TargetedEvent, TargetedKeyboardEvent } from 'preact';
import { useId } from 'preact/hooks';
import type { PickedFile } from '../../asked.mts';
import { picked } from '../act.mts';
import { Icon } from './icon.tsx';

/** What is sent. */
export interface Outgoing {
	text?: string;
	files?: PickedFile[];
	sample?: boolean;
}

interface ComposerProps {
	label: string;
	/** Why nothing can be sent just now. */
	disabled?: string;
	send: (outgoing: Outgoing) => Promise<unknown>;
}

/** Where a message is written: words, files, or a picture that is ready. */
export function Composer({ label, disabled, send }: ComposerProps) {
	const text = useSignal('');
	const files = useSignal<PickedFile[]>([]);
	const fileId = useId();
	const off = disabled !== undefined;

	const submit = async () => {
		if (off || (text.value.trim() === '' && files.value.length === 0)) return;
		const outgoing = { text: text.value, files: files.value };
		text.value = '';
		files.value = [];
		await send(outgoing);
	};
	const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
		if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
		event.preventDefault();
		void submit();
	};
	const onPick = async ({ currentTarget }: TargetedEvent<HTMLInputElement>) => {
		files.value = [...files.value, ...(await picked(currentTarget.files))];
		currentTarget.value = '';
	};

	return (
		<form
			class="composer"
			onSubmit={(event) => {
				event.preventDefault();
				void submit();
			}}
		>
			{files.value.length > 0 && (
				<p class="picked">
					{files.value.map(({ name }) => name).join(', ')}
					<button type="button" class="quiet" onClick={() => (files.value = [])}>
						Remove
					</button>
				</p>
			)}
			<textarea
				rows={1}
				aria-label={label}
				placeholder={disabled ?? label}
				disabled={off}
				value={text.value}
				onInput={({ currentTarget }) => (text.value = currentTarget.value)}
				onKeyDown={onKeyDown}
			/>
			<div class="composer-buttons">
				<label class="icon-button" for={fileId} title="Attach files">
					<Icon name="clip" />
					<span class="hidden">Attach files</span>
				</label>
				<input id={fileId} class="hidden" type="file" multiple disabled={off} onChange={onPick} />
				<button
					type="button"
					class="with-icon"
					disabled={off}
					onClick={() =>
						void send({ text: text.value.trim() || undefined, sample: true }).then(() => (text.value = ''))
					}
				>
					<Icon name="picture" />
					Send a picture
				</button>
				<button type="submit" class="primary with-icon" disabled={off}>
					<Icon name="send" />
					Send
				</button>
			</div>
		</form>
	);
}
