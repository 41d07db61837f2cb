/** What the sandbox uses and Node 14 lacks; just what is used of it. */
import { EventEmitter } from 'node:events';

/** `node-fetch` knows it by its name. */
class AbortSignal extends EventEmitter {
	aborted = false;

	addEventListener(event: string, listener: () => void): void {
		this.on(event, listener);
	}

	removeEventListener(event: string, listener: () => void): void {
		this.off(event, listener);
	}
}

class Controller {
	readonly signal = new AbortSignal();

	abort(): void {
		this.signal.aborted = true;
		this.signal.emit('abort');
	}
}

function canParse(url: string): boolean {
	try {
		return Boolean(new URL(url));
	} catch {
		return false;
	}
}

Object.assign(globalThis, { AbortController: Controller });
Object.assign(URL, { canParse });
