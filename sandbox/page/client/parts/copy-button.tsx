import { useSignal } from '@preact/signals';
import { Icon } from './icon.tsx';

/** How long it says that it did so. */
const SAID_MS = 1500;

export function CopyButton({ text, title }: { text: string; title: string }) {
	const isCopied = useSignal(false);
	const copy = async () => {
		await navigator.clipboard.writeText(text);
		isCopied.value = true;
		setTimeout(() => (isCopied.value = false), SAID_MS);
	};
	return (
		<button type="button" class="with-icon" aria-live="polite" onClick={() => void copy()}>
			<Icon name={isCopied.value ? 'check' : 'copy'} />
			{isCopied.value ? 'Copied' : title}
		</button>
	);
}
