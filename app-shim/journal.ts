import type { Logger } from './host';

/** The log of an event or a job for as long as Rocket.Chat keeps what is written there, and the console afterwards. */
export class Journal implements Logger {
	constructor(private target: Logger) {}

	public close(): void {
		this.target = console;
	}

	public debug(text: string): void {
		this.target.debug(text);
	}

	public info(text: string): void {
		this.target.info(text);
	}

	public warn(text: string): void {
		this.target.warn(text);
	}

	public error(text: string): void {
		this.target.error(text);
	}
}
