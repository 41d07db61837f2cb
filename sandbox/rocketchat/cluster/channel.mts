import type { EventEmitter } from 'node:events';
import { decode, encode } from '../storedJson.mts';

/** Either end of the socket that Node puts between a process and one that it started: `ChildProcess` or `process`. */
export interface Port extends EventEmitter {
	connected: boolean;
	send?(message: Packet | string, sent: (error: Error | null) => void): boolean;
}

interface Call {
	call: number;
	target: string;
	method: string;
	args: unknown[];
}

interface Answer {
	/** The number of the call. */
	answer: number;
	result?: unknown;
	error?: string;
}

type Packet = Call | Answer;

/** An object in the other process: the same methods, each of which now takes its time. */
export type Remote<T> = {
	[Method in keyof T]: T[Method] extends (...args: infer Args) => infer Result
		? (...args: Args) => Promise<Awaited<Result>>
		: never;
};

interface Waiting {
	resolve(result: unknown): void;
	reject(error: Error): void;
}

/**
 * Calls from one process to objects that the other one offers, in both directions. Arguments and results are plain data;
 * between different versions of Node they travel as text, where null among arguments becomes undefined.
 */
export class Channel {
	private readonly port: Port;
	private readonly asText: boolean;
	private readonly offered = new Map<string, object>();
	private readonly waiting = new Map<number, Waiting>();
	private lastCall = 0;

	constructor(port: Port, asText = false) {
		this.port = port;
		this.asText = asText;
		port.on('message', (packet: Packet | string) => {
			this.take(typeof packet === 'string' ? withoutNulls(decode<Packet>(packet)) : packet);
		});
		port.on('disconnect', () => this.giveUp());
	}

	/** Lets the other process call this object by that name. */
	offer(name: string, target: object): void {
		this.offered.set(name, target);
	}

	/** What the other process offers under that name. */
	remote<T>(target: string): Remote<T> {
		const call = (method: string, args: unknown[]) => this.call(target, method, args);
		return new Proxy({} as Remote<T>, {
			get: (_, method) => {
				// A promise that resolves to this object looks for `then`.
				if (typeof method !== 'string' || method === 'then') return undefined;
				return (...args: unknown[]) => call(method, args);
			},
		});
	}

	private call(target: string, method: string, args: unknown[]): Promise<unknown> {
		const call = ++this.lastCall;
		return new Promise((resolve, reject) => {
			this.waiting.set(call, { resolve, reject });
			this.send({ call, target, method, args });
		});
	}

	private take(packet: Packet): void {
		if ('call' in packet) {
			void this.answer(packet);
			return;
		}
		const waiting = this.waiting.get(packet.answer);
		this.waiting.delete(packet.answer);
		if (packet.error === undefined) waiting?.resolve(packet.result);
		else waiting?.reject(new Error(packet.error));
	}

	private async answer({ call, target, method, args }: Call): Promise<void> {
		try {
			const object = this.offered.get(target) as Record<string, (...args: unknown[]) => unknown> | undefined;
			if (!object) throw new Error(`this process offers no ${target}`);
			this.send({ answer: call, result: await object[method](...args) });
		} catch (error) {
			this.send({ answer: call, error: (error as Error).message });
		}
	}

	private send(packet: Packet): void {
		// What cannot be sent is sent to a process that has ended: `disconnect` says so as well.
		if (this.port.connected) this.port.send?.(this.asText ? encode(packet) : packet, () => {});
		else this.giveUp();
	}

	private giveUp(): void {
		for (const { reject } of this.waiting.values()) reject(new Error('the other process has ended'));
		this.waiting.clear();
	}
}

/** In text an argument that was left out is null. */
function withoutNulls(packet: Packet): Packet {
	return 'args' in packet ? { ...packet, args: packet.args.map((arg) => arg ?? undefined) } : packet;
}
