import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';
import {
	DenoRuntimeSubprocessController,
	JSONRPC_METHOD_NOT_FOUND,
} from '@rocket.chat/apps-engine/server/runtime/deno/AppsEngineDenoRuntime.js';
import type { IRuntimeController } from '@rocket.chat/apps-engine/server/runtime/IRuntimeController.js';
import type { Feed } from '../../../feed.mts';
import { NeverAnswered, OWN_SETTING } from '../../faults.mts';
import type { News } from '../../news.mts';
import { callName } from '../../roundTrips.mts';
import type { Watchers } from '../runtime.mts';

/** A JSON-RPC message as the engine's controller passes it around. */
interface RpcMessage {
	payload: { method: string; error?: { message?: string } };
}

/** What the server asks of the app's process. */
interface AppRequest {
	method: string;
	params: unknown;
}

/**
 * The controller's private side, which the sandbox hooks into from outside, so that the engine's files stay as npm
 * delivers them.
 */
interface Internals {
	denoConfigPath: string;
	deno?: ChildProcess;
	messenger: { send(message: unknown): void };
	livenessManager: { options: { maxRestarts: number } };
	restartApp(): Promise<void>;
	waitForResponse(request: unknown, options?: unknown): { promise: Promise<unknown>; abort(reason: Error): void };
	handleIncomingMessage(message: RpcMessage): Promise<void>;
	sendRequest(message: unknown, options?: unknown): Promise<unknown>;
}

type PackageAndItem =
	ConstructorParameters<typeof DenoRuntimeSubprocessController> extends [unknown, ...infer Rest] ? Rest : never;

/** The engine's own controller of an app's Deno process, run from the prepared runtime and watched. */
export function watchedSubprocess(
	manager: AppManager,
	[appPackage, storageItem]: PackageAndItem,
	denoConfigPath: string,
	watchers: Watchers,
): DenoRuntimeSubprocessController {
	const controller = new DenoRuntimeSubprocessController(manager, appPackage, storageItem);
	const internals = controller as unknown as Internals;
	internals.denoConfigPath = denoConfigPath;
	watchRequestsOfTheApp(internals, watchers);
	watchRequestsToTheApp(controller, internals, watchers);
	rememberWaiting(internals);
	leaveUnanswered(internals);
	tellRestarts(controller, internals);
	return controller;
}

/** How long a process that is being restarted may take until it can be ended. */
const RESTART_MS_MAX = 10_000;

/**
 * Ends an app's process for good. The engine, left alone, would go on restarting a process that died just before, and
 * keep a timer for each request without an answer.
 */
export async function endProcess(controller: IRuntimeController): Promise<void> {
	// An app whose package could not be compiled has no process.
	if (!(controller instanceof DenoRuntimeSubprocessController)) return;
	const internals = controller as unknown as Internals;
	internals.livenessManager.options.maxRestarts = 0;
	const deadline = Date.now() + RESTART_MS_MAX;
	while (controller.getProcessState() === 'restarting' && Date.now() < deadline) {
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	await controller.stopApp();
	for (const abort of waiting.get(controller) ?? []) abort(STOPPED);
}

/** Why requests are given up when the server ends. */
const STOPPED = new Error('the server was stopped');

/** How to give up the requests to an app's process that wait for an answer. */
const waiting = new WeakMap<object, Set<(reason: Error) => void>>();

function rememberWaiting(internals: Internals): void {
	const aborts = new Set<(reason: Error) => void>();
	waiting.set(internals, aborts);
	const wait = internals.waitForResponse.bind(internals);
	internals.waitForResponse = (request, options) => {
		const response = wait(request, options);
		if (!response.abort) return lenient(response);
		aborts.add(response.abort);
		const forget = () => void aborts.delete(response.abort);
		response.promise.then(forget, forget);
		return { ...response, promise: untilStopped(response.promise) };
	};
}

/**
 * Engine 1.46 gives the promise alone, and up after 10 s, also where it could not write the request and nobody waits any
 * more. A server logs that and lives on; this one would end.
 */
function lenient<T extends object>(response: T): T {
	const promise = response as unknown as Promise<unknown>;
	const finallyDo = promise.finally.bind(promise);
	promise.finally = (done) => {
		const settled = finallyDo(done);
		settled.catch(() => undefined);
		return settled;
	};
	return response;
}

/** A server that has ended waits for nothing and reports nothing: what it had asked for neither succeeds nor fails. */
function untilStopped(answer: Promise<unknown>): Promise<unknown> {
	return answer.catch((error) => {
		if (error === STOPPED) return new Promise(() => {});
		throw error;
	});
}

/**
 * Kills an app's process from outside, as the system's memory guard would: the engine learns of it by its exit.
 * Resolves when the engine has started the next one and enabled the app there.
 */
export async function killProcess(controller: IRuntimeController | undefined): Promise<void> {
	const pid = processId(controller);
	if (pid === undefined) throw new Error('the app has no process just now');
	const restarted = new Promise(
		(resolve) => void (controller as DenoRuntimeSubprocessController).once(RESTARTED, resolve),
	);
	process.kill(pid, 'SIGKILL');
	await restarted;
}

/** The operating system's id of an app's process; none while there is none. */
export function processId(controller: IRuntimeController | undefined): number | undefined {
	const isOfDeno = controller instanceof DenoRuntimeSubprocessController;
	return isOfDeno ? (controller as unknown as Internals).deno?.pid : undefined;
}

/** The event of a controller whose app runs again. */
const RESTARTED = 'sandboxRestarted';

function tellRestarts(controller: DenoRuntimeSubprocessController, internals: Internals): void {
	const restart = internals.restartApp.bind(internals);
	internals.restartApp = async () => {
		await restart();
		controller.emit(RESTARTED);
	};
}

function watchRequestsOfTheApp(internals: Internals, { activity, faults, roundTrips, news }: Watchers): void {
	const handle = internals.handleIncomingMessage.bind(internals);
	internals.handleIncomingMessage = (message) => {
		const { method } = message.payload;
		const isCall = method.startsWith('accessor:') || method.startsWith('bridges:');
		if (!isCall) return handle(message);
		const name = callName(method);
		roundTrips.record(name);
		news.tell({ kind: 'called', name });
		// An app's own settings are the one thing behind the pipe that no bridge carries.
		const perform =
			name === OWN_SETTING
				? () => faults.around(name, () => handle(message)).catch((error) => refuse(internals, message, error))
				: () => handle(message);
		return activity.track(perform());
	};
}

/** Answers a call with an error in the engine's place. */
function refuse(internals: Internals, message: RpcMessage, error: Error): void {
	const { id } = message.payload as unknown as { id: string };
	internals.messenger.send({ jsonrpc: '2.0', id, error: { code: 1000, message: error.message } });
}

/**
 * Everything the server asks of the app: requests to its API, events, jobs, its life cycle. What a dead process was
 * asked stays without an answer until the engine gives up waiting (docs/reference/rocketchat.md#cluster-and-limits),
 * but nothing happens there any more.
 */
function watchRequestsToTheApp(
	controller: DenoRuntimeSubprocessController,
	internals: Internals,
	{ activity, news }: Watchers,
): void {
	const inFlight = new Set<() => void>();
	controller.on('processExit', () => {
		for (const end of inFlight) end();
	});
	const send = internals.sendRequest.bind(internals);
	internals.sendRequest = (message, options) => {
		const end = activity.begin();
		inFlight.add(end);
		const answered = announce(news, message as AppRequest);
		const answer = send(message, options);
		answer.then(
			() => answered(),
			(error: Error & { code?: unknown }) => answered(error),
		);
		return answer.finally(() => {
			end();
			inFlight.delete(end);
		});
	};
}

/** Tells what the app is asked for. Returns the way to tell that it has answered. */
function announce(news: Feed<News>, { method, params }: AppRequest): (error?: Error & { code?: unknown }) => void {
	const id = randomUUID();
	if (news.isHeard) news.tell({ kind: 'asked', id, method, params: JSON.stringify(params) ?? '' });
	return (error) =>
		news.tell({
			kind: 'answered',
			id,
			error: error?.message,
			unknown: error?.code === JSONRPC_METHOD_NOT_FOUND,
		});
}

/** Drops the answers of calls that a fault lets hang, see {@link NeverAnswered}. */
function leaveUnanswered(internals: Internals): void {
	const { messenger } = internals;
	// Looked up each time: engine 1.46 offers it as a getter that changes its mind.
	const send = (message: unknown) =>
		Reflect.get(Object.getPrototypeOf(messenger), 'send', messenger).call(messenger, message);
	const value = (message: unknown) => {
		const { error } = (message ?? {}) as { error?: { message?: string } };
		if (error?.message === NeverAnswered.message) return;
		surviveItsEnd(internals);
		send(message);
	};
	Object.defineProperty(messenger, 'send', { value });
}

/**
 * The engine writes to a process that may just have ended, and listens for no failure of that. A server logs what nobody
 * caught and lives on; this one would end.
 */
function surviveItsEnd({ deno }: Internals): void {
	if (deno?.stdin?.listenerCount('error') === 0) deno.stdin.on('error', () => {});
}
