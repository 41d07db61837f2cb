import { readFileSync } from 'node:fs';

/** What a real server answered to one request. */
export interface Recording {
	name: string;
	status: number;
	contentType: string;
	/** Cut off where it was long. */
	body: string;
}

/** The recordings of one file, in their order. The hosts in them were replaced. */
export function recordings(file: string): Recording[] {
	const text = readFileSync(new URL(file, import.meta.url), 'utf8');
	return text
		.split(/^## /m)
		.slice(1)
		.map((section) => {
			const [name = '', head = '', ...body] = section.split('\n');
			const [status = '', ...contentType] = head.trim().split(' ');
			return { name, status: Number(status), contentType: contentType.join(' '), body: body.join('\n').trim() };
		});
}
