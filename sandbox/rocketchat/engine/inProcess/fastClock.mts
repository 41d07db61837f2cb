import vm from 'node:vm';
import { clock } from '../../clock.mts';
import { engineRequire } from '../home.mts';

/** Dates in the sandbox's time. */
class SandboxDate extends Date {
	constructor(...args: []) {
		super(...(args.length === 0 ? ([clock.now()] as unknown as []) : args));
	}

	static override now(): number {
		return clock.now().getTime();
	}
}

type Timer = (callback: () => void, ms: number, ...args: unknown[]) => NodeJS.Timeout;

const hasten =
	(set: Timer): Timer =>
	(callback, ms, ...args) =>
		set(callback, clock.outside(ms), ...args);

/** What apps find in place of the machine's time. */
const TIME = { Date: SandboxDate, setTimeout: hasten(setTimeout), setInterval: hasten(setInterval) };

/** Lets the apps of this process live in the sandbox's time, which may run faster than outside: dates and timers. */
export function hastenApps(): void {
	const vm2 = vm2Runtime();
	if (vm2) Object.assign(vm2.defaultNodeVMOptions.sandbox, TIME);
	else hastenContexts();
}

/** Engines from 1.29 hand their apps the globals that stand here. */
function vm2Runtime(): { defaultNodeVMOptions: { sandbox: object } } | undefined {
	try {
		return engineRequire('@rocket.chat/apps-engine/server/runtime/AppsEngineVM2Runtime').AppsEngineVM2Runtime;
	} catch {
		return undefined;
	}
}

/** Engine 1.28 makes a context for each file of an app, only some of which have timers. */
function hastenContexts(): void {
	const create = vm.createContext;
	vm.createContext = ((globals: object, options?: vm.CreateContextOptions) => {
		return create(Object.assign(globals, 'setTimeout' in globals ? TIME : { Date: SandboxDate }), options);
	}) as typeof vm.createContext;
}
