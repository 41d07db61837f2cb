import type { PersistenceRecord } from '../rocketchat/index.mts';

/** What a record of the app says, in few words; the shapes are the app's own (ARCHITECTURE.md). */
export function recordTitle({ data, associations = [] }: PersistenceRecord): string {
	const said = data.line ?? data.fact;
	if (said !== undefined) return `${'line' in data ? 'Outbox' : 'Ticket'}: ${keyOf(said)}`;
	const [first] = associations;
	return first === undefined ? 'Record' : `Record ${first.id.split('/')[0]}`;
}

/** The engine's names of what an app is told most often, in words. */
const EVENTS: Record<string, string> = {
	executePostMessageSent: 'A message was sent',
	executePostLivechatRoomClosed: 'A room was closed',
	executePostLivechatAgentAssigned: 'An agent was assigned',
	onSettingUpdated: 'A setting was saved',
	onEnable: 'The app is enabled',
	onDisable: 'The app is disabled',
};

/** What the app is told, with the engine's name for it. */
export function eventTitle(method: string): string {
	const name = method.slice(method.indexOf(':') + 1);
	return name in EVENTS ? `${EVENTS[name]} · ${name}` : name;
}

/** The name of a job: the app's one-time jobs say in their data what they are for. */
export function jobName(method: string, params: unknown): string {
	const [data] = (params ?? []) as { job?: unknown }[];
	const name = data?.job === undefined ? method.slice(method.indexOf(':') + 1) : keyOf(data.job);
	return `Job ${name}`;
}

/** Of an enum as Rust writes it: its name alone, or an object with its name as the only key. */
function keyOf(value: unknown): string {
	return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}
