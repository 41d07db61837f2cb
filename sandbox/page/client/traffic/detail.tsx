import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { TrafficDetail, TrafficEntry } from '../../documents.mts';
import { trafficDetail } from '../act.mts';
import { CopyButton } from '../parts/copy-button.tsx';

interface DetailProps {
	id: string;
	/** Asked for anew when it changes. */
	state: TrafficEntry['state'];
	measured: (px: number) => void;
}

/** What an entry carried. */
export function Detail({ id, state, measured }: DetailProps) {
	const detail = useSignal<TrafficDetail | undefined>(undefined);
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		trafficDetail(id)
			.then((loaded) => (detail.value = loaded))
			.catch((error: Error) => (detail.value = { sections: [{ title: 'Gone', text: error.message }] }));
	}, [id, state]);
	useLayoutEffect(() => {
		const { current } = box;
		if (current === null) return;
		const observer = new ResizeObserver(() => {
			measured(current.offsetHeight);
			current.scrollIntoView({ block: 'nearest' });
		});
		observer.observe(current);
		return () => observer.disconnect();
	}, [measured]);
	return (
		<div ref={box} class="detail">
			{detail.value?.sections.map(({ title, text }) => (
				<section key={title}>
					<h3>{title}</h3>
					<pre tabIndex={0}>{text}</pre>
				</section>
			))}
			{detail.value?.curl !== undefined && (
				<p class="bar">
					<CopyButton text={detail.value.curl} title="Copy as curl" />
					<span class="muted">The secret is left out: export SECRET=…</span>
				</p>
			)}
		</div>
	);
}
