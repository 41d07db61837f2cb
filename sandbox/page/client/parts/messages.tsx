import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** How many messages are shown at first; a long history is rarely looked at. */
const SHOWN = 60;
/** How far from the end somebody may have scrolled and still be taken along. */
const NEAR_PX = 80;

interface MessagesProps<T> {
	label: string;
	messages: T[];
	empty: ComponentChildren;
	render: (message: T) => ComponentChildren;
}

/** A conversation that stays at its end while one looks at it there. */
export function Messages<T>({ label, messages, empty, render }: MessagesProps<T>) {
	const shown = useSignal(SHOWN);
	const list = useRef<HTMLDivElement>(null);
	const isAtEnd = useRef(true);
	const count = messages.length;
	const followEnd = () => {
		const { current } = list;
		if (current !== null && isAtEnd.current) current.scrollTop = current.scrollHeight;
	};
	useLayoutEffect(followEnd, [count, messages[count - 1]]);
	// It comes to the fore, or what lies below it grows.
	useEffect(() => {
		const observer = new ResizeObserver(followEnd);
		if (list.current !== null) observer.observe(list.current);
		return () => observer.disconnect();
	}, []);
	const hidden = Math.max(0, count - shown.value);
	return (
		<div
			ref={list}
			class="messages"
			role="log"
			aria-label={label}
			tabIndex={0}
			onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
				isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_PX;
			}}
		>
			{count === 0 && <div class="empty">{empty}</div>}
			{hidden > 0 && (
				<button type="button" class="quiet" onClick={() => (shown.value += SHOWN)}>
					Show earlier messages ({hidden})
				</button>
			)}
			{messages.slice(hidden).map(render)}
		</div>
	);
}
