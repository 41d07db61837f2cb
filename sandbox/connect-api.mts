import type { RapidPro } from './rapidpro/index.mts';
import type { RocketChat } from './rocketchat/index.mts';
import { until } from './until.mts';

/** The app reads as soon as the setting is saved; this is patience. */
const FIRST_READING_MS = 30_000;

/** What an administrator enters into the app's settings to connect a RapidPro without ticketers, by the settings' ids. */
export function apiSettings(rapidPro: RapidPro): Record<string, string> {
	// The connection comes last: with it the app begins to read.
	return { rapidpro_address: rapidPro.url, history_token: rapidPro.apiToken, connection: 'api' };
}

/**
 * Connects a RapidPro without ticketers, and imports the flows that call the app. The app fills their globals when it
 * connects.
 *
 * @throws Error where the app has no such settings.
 */
export async function connectApi(rocketChat: RocketChat, rapidPro: RapidPro): Promise<void> {
	const { FLOW_FILES } = await import('../tools/flows.mjs');
	rapidPro.flows.import(FLOW_FILES['rapidpro-flows.json']());
	for (const [id, value] of Object.entries(apiSettings(rapidPro))) await rocketChat.setAppSetting(id, value);
	// What is open until then was open before the connection.
	const isRead = () => rapidPro.exchanges.list.some(({ purpose }) => purpose === 'read messages');
	await until('the first reading', isRead, FIRST_READING_MS);
}
