import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** Where RapidPro's storage begins. */
const PATH = '/media/';

/** A file as a browser gets it. */
export interface Medium {
	contentType: string;
	bytes: Uint8Array;
}

/** RapidPro's storage, which anybody may read who knows an address: contacts' files, and agents' files on their way. */
export class Media {
	private readonly media = new Map<string, Medium>();
	private instead?: Medium;

	/** @param base RapidPro's own address, known once it listens. */
	constructor(private readonly base: () => string) {}

	/** Stores a file; gives its address. */
	store(name: string, contentType: string, bytes: Uint8Array): string {
		return this.storeAt(`${PATH}${randomUUID()}/${encodeURIComponent(name)}`, contentType, bytes);
	}

	/** Stores a file under this path; gives its address. */
	storeAt(path: string, contentType: string, bytes: Uint8Array): string {
		this.media.set(path, { contentType, bytes });
		return this.base() + path;
	}

	/** Whatever is asked for, this comes with a 200, as from a log-in page or an empty disk; the files again without it. */
	answerInstead(medium?: Medium): void {
		this.instead = medium;
	}

	/** Whether a request is meant for the storage. */
	covers(method: string | undefined, path: string | undefined): boolean {
		return method === 'GET' && path?.startsWith(PATH) === true;
	}

	serve(path: string, response: ServerResponse): void {
		const medium = this.instead ?? this.media.get(path);
		if (medium === undefined) {
			response.writeHead(404).end();
			return;
		}
		response.writeHead(200, {
			'content-type': medium.contentType,
			'x-content-type-options': 'nosniff',
			// An agent's file says of itself what it likes: no browser may run it.
			'content-security-policy': "default-src 'none'; sandbox",
		});
		response.end(medium.bytes);
	}
}
