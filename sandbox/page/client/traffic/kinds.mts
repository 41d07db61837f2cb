import type { TrafficKind } from '../../documents.mts';

/** The kinds of entries in the order of their switches. */
export const KINDS: { kind: TrafficKind; title: string; plural: string; hint: string }[] = [
	{ kind: 'request', title: 'Request', plural: 'Requests', hint: 'RapidPro asks the app' },
	{ kind: 'webhook', title: 'Webhook', plural: 'Webhooks', hint: 'The app tells RapidPro' },
	{ kind: 'event', title: 'Event', plural: 'Events', hint: 'Rocket.Chat tells the app' },
	{ kind: 'record', title: 'Record', plural: 'Records', hint: 'What the app stores' },
	{ kind: 'job', title: 'Job', plural: 'Jobs', hint: 'What the app does later' },
	{ kind: 'call', title: 'Call', plural: 'Calls', hint: 'The app asks Rocket.Chat: a round trip each' },
	{ kind: 'log', title: 'Log', plural: 'Log', hint: 'What the app writes into its log' },
];

/** The name of a kind. */
export function titleOf(kind: TrafficKind): string {
	return KINDS.find((candidate) => candidate.kind === kind)?.title ?? kind;
}
