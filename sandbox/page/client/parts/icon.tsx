/** The outlines, drawn for this page on a grid of 24. */
const PATHS = {
	send: 'M4 12 20 4l-5 16-4-7-7-1Z',
	clip: 'm8 12 6-6a3 3 0 0 1 4.5 4.5l-8 8a5 5 0 0 1-7-7L11 4',
	picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01',
	check: 'm5 13 4 4L19 7',
	waiting: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
	warning: 'M12 9v4m0 3h.01M12 4 2.8 20h18.4L12 4Z',
	close: 'm6 6 12 12M18 6 6 18',
	settings: 'M4 7h10m4 0h2M4 17h2m4 0h10M14 7a2 2 0 1 0 4 0 2 2 0 0 0-4 0ZM6 17a2 2 0 1 0 4 0 2 2 0 0 0-4 0Z',
	play: 'M8 5v14l11-7L8 5Z',
	phone: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Zm3 15h2',
	chat: 'M4 5h16v11H11l-5 4v-4H4z',
	traffic: 'M3 12h4l2-6 4 12 3-8 1 2h4',
	bolt: 'M13 3 5 14h6l-1 7 8-11h-6l1-7Z',
	plus: 'M12 5v14M5 12h14',
	file: 'M7 3h7l4 4v14H7zM14 3v4h4',
	down: 'm6 9 6 6 6-6',
	bell: 'M6 17V11a6 6 0 1 1 12 0v6l1 2H5l1-2Zm4 4h4',
	copy: 'M9 9h10v11H9zM5 15V4h10',
} as const;

export type IconName = keyof typeof PATHS;

/** A small picture beside words, or in place of words that a reader hears. */
export function Icon({ name }: { name: IconName }) {
	return (
		<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
			<path d={PATHS[name]} />
		</svg>
	);
}
