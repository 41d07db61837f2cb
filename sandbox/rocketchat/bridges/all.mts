import { InternalBridge } from '@rocket.chat/apps-engine/server/bridges/InternalBridge.js';
import {
	AppBridges,
	CloudWorkspaceBridge,
	ContactBridge,
	EmailBridge,
	EnvironmentalVariableBridge,
	ExperimentalBridge,
	ModerationBridge,
	OutboundMessageBridge,
	RoleBridge,
	UiInteractionBridge,
	VideoConferenceBridge,
} from '@rocket.chat/apps-engine/server/bridges/index.js';
import { ListenerBridge } from '@rocket.chat/apps-engine/server/bridges/ListenerBridge.js';
import { OAuthAppsBridge } from '@rocket.chat/apps-engine/server/bridges/OAuthAppsBridge.js';
import { ThreadBridge } from '@rocket.chat/apps-engine/server/bridges/ThreadBridge.js';
import { SandboxActivationBridge, SandboxDetailChangesBridge } from '../broadcasts.mts';
import { decapitalised } from '../roundTrips.mts';
import type { Server } from '../server.mts';
import { SandboxFederationBridge } from './federation.mts';
import { SandboxHttpBridge } from './http.mts';
import { SandboxLivechatBridge } from './livechat.mts';
import { SandboxMessageBridge } from './messages.mts';
import { notOffered } from './notOffered.mts';
import { SandboxPersistenceBridge } from './persistence.mts';
import { SandboxRoomBridge } from './rooms.mts';
import { SandboxSchedulerBridge } from './scheduler.mts';
import { SandboxServerSettingBridge } from './serverSettings.mts';
import { SandboxUploadBridge } from './uploads.mts';
import { SandboxUserBridge } from './users.mts';

/** All bridges of a server, each of its calls watched and open to faults. */
export function sandboxBridges(server: Server): AppBridges {
	const { apis } = server;
	const bridges = {
		Activation: new SandboxActivationBridge(server.broadcasts),
		Api: apis,
		AppDetailChanges: new SandboxDetailChangesBridge(server.broadcasts),
		CloudWorkspace: notOffered(CloudWorkspaceBridge, 'cloudWorkspace'),
		Command: server.commands,
		Contact: notOffered(ContactBridge, 'contact'),
		Email: notOffered(EmailBridge, 'email'),
		EnvironmentalVariable: notOffered(EnvironmentalVariableBridge, 'environmentalVariable'),
		Experimental: notOffered(ExperimentalBridge, 'experimental'),
		Http: new SandboxHttpBridge(),
		Internal: notOffered(InternalBridge, 'internal'),
		Listener: notOffered(ListenerBridge, 'listener'),
		Livechat: new SandboxLivechatBridge(server),
		Message: new SandboxMessageBridge(server),
		Moderation: notOffered(ModerationBridge, 'moderation'),
		OAuthApps: notOffered(OAuthAppsBridge, 'oAuthApps'),
		OutboundMessage: notOffered(OutboundMessageBridge, 'outboundMessage'),
		Persistence: new SandboxPersistenceBridge(server.store),
		Role: notOffered(RoleBridge, 'role'),
		Room: new SandboxRoomBridge(server),
		Scheduler: new SandboxSchedulerBridge(server.scheduler, server.log),
		ServerSetting: new SandboxServerSettingBridge(server.settings),
		Thread: notOffered(ThreadBridge, 'thread'),
		UiInteraction: notOffered(UiInteractionBridge, 'uiInteraction'),
		Upload: new SandboxUploadBridge(server),
		User: new SandboxUserBridge(server),
		VideoConference: notOffered(VideoConferenceBridge, 'videoConference'),
	};
	const getters = Object.entries(bridges).map(([name, bridge]) => {
		// Early engines do not wait for the answers of this one, which no app calls itself.
		const watched = name === 'Command' ? bridge : watch(bridge, decapitalised(name), server);
		return [name === 'Activation' ? 'getAppActivationBridge' : `get${name}Bridge`, () => watched];
	});
	const federation = new SandboxFederationBridge(server.store);
	const complete = { ...Object.fromEntries(getters), getInternalFederationBridge: () => federation };
	return Object.assign(Object.create(AppBridges.prototype), complete);
}

/**
 * Lets the runtime watch what a bridge carries: each method `x` that the engine calls by way of its own `doX`, after it
 * has checked the app's permission.
 */
function watch<Bridge extends object>(bridge: Bridge, name: string, { faults, runtime }: Server): Bridge {
	const carried = carriedBy(bridge);
	for (const method of carried) faults.know(`${name}.${method}`);
	return new Proxy(bridge, {
		get(target, property, receiver) {
			const value = Reflect.get(target, property, receiver);
			if (typeof property !== 'string' || typeof value !== 'function' || !carried.has(property)) return value;
			return (...args: unknown[]) =>
				runtime.carry(`${name}.${property}`, args, (carried) => value.apply(receiver, carried));
		},
	});
}

/** The methods of a bridge that have a `do` twin. */
function carriedBy(bridge: object): Set<string> {
	const carried = new Set<string>();
	for (let level = bridge; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
		for (const name of Object.getOwnPropertyNames(level)) {
			if (/^do[A-Z_]/.test(name)) carried.add(decapitalised(name.slice(2)));
		}
	}
	return carried;
}
