import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface DialogProps {
	title: string;
	class?: string;
	close: () => void;
	children: ComponentChildren;
}

/** A window over the page, as the browser itself makes it: the keyboard stays in it, Escape closes it. */
export function Dialog({ title, class: kind = '', close, children }: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null);
	const titleId = useId();
	useEffect(() => dialog.current?.showModal(), []);
	return (
		<dialog ref={dialog} class={kind} aria-labelledby={titleId} onClose={close}>
			<header>
				<h2 id={titleId}>{title}</h2>
				<button type="button" class="icon-button" onClick={() => dialog.current?.close()}>
					<Icon name="close" />
					<span class="hidden">Close this window</span>
				</button>
			</header>
			{children}
		</dialog>
	);
}
