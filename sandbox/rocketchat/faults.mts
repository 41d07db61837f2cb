/** What is to go wrong with a call, and how often. */
interface Fault {
	kind: 'fail' | 'delay' | 'hang';
	timesLeft: number;
	message: string;
	delayMs: number;
	/** Whether the call is carried out nevertheless: applied, but unanswered or answered with an error. */
	afterwards: boolean;
}

/** Options of a failing or hanging call. */
export interface FaultOptions {
	/** How many calls it hits; all until {@link Faults.clear} when left out. */
	times?: number;
	/** Carry the call out first, so that its effect is there although the app learns of none. */
	afterwards?: boolean;
}

/** The one call that no bridge carries: the app reads its own settings. */
export const OWN_SETTING = 'settings.getValueById';

/**
 * Faults of the calls an app makes. A call is named bridge and method, `livechat.createRoom`, `persistence.create`,
 * `http.call`, or {@link OWN_SETTING}; `*` means any. A name that no call has is refused: a fault that can never strike
 * would let a test pass for nothing.
 */
export class Faults {
	private readonly faults = new Map<string, Fault[]>();
	private readonly names = new Set(['*', OWN_SETTING]);

	/** Makes a call's name known. */
	know(call: string): void {
		this.names.add(call);
	}

	/** The call answers with an error. */
	fail(call: string, options: FaultOptions & { message?: string } = {}): void {
		this.add(
			call,
			{ kind: 'fail', message: options.message ?? `${call} fails because the sandbox was told so` },
			options,
		);
	}

	/** The call is answered late. */
	delay(call: string, ms: number, times?: number): void {
		this.add(call, { kind: 'delay', delayMs: ms }, { times });
	}

	/** The call is never answered. */
	hang(call: string, times?: number, options: { afterwards?: boolean } = {}): void {
		this.add(call, { kind: 'hang' }, { ...options, times });
	}

	/** Nothing goes wrong any more; calls that hang already go on hanging. */
	clear(): void {
		this.faults.clear();
	}

	/** Whether the engine has a call of that name. */
	knows(call: string): boolean {
		return this.names.has(call);
	}

	/** Carries a call out, with the fault that is set for it, if any. */
	async around<T>(call: string, perform: () => Promise<T> | T): Promise<T> {
		const fault = this.take(call);
		if (!fault) return perform();
		if (fault.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
		const result = fault.kind === 'delay' || fault.afterwards ? await perform() : undefined;
		if (fault.kind === 'fail') throw new Error(fault.message);
		if (fault.kind === 'hang') throw new NeverAnswered();
		return result as T;
	}

	private add(call: string, fault: Partial<Fault> & Pick<Fault, 'kind'>, options: FaultOptions): void {
		if (!this.knows(call)) throw new Error(`no call is named ${call}; there are ${[...this.names].join(', ')}`);
		const full: Fault = {
			message: '',
			delayMs: 0,
			...fault,
			timesLeft: options.times ?? Number.POSITIVE_INFINITY,
			afterwards: options.afterwards ?? false,
		};
		this.faults.set(call, [...(this.faults.get(call) ?? []), full]);
	}

	/** The oldest fault set for this call, used up by one. */
	private take(call: string): Fault | undefined {
		const name = this.faults.has(call) ? call : '*';
		const [fault, ...rest] = this.faults.get(name) ?? [];
		if (!fault) return undefined;
		fault.timesLeft--;
		if (fault.timesLeft > 0) return fault;
		if (rest.length > 0) this.faults.set(name, rest);
		else this.faults.delete(name);
		return fault;
	}
}

/**
 * Stands for a call that must not be answered: it travels through the engine's host side as an error, and the pipe to
 * the app drops the answer that the engine makes of it.
 */
export class NeverAnswered extends Error {
	static readonly message = 'the sandbox leaves this call without an answer';

	constructor() {
		super(NeverAnswered.message);
	}
}
