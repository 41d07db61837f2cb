import { statSync } from 'node:fs';
import { connectApi } from './connect-api.mts';
import type { Narrator } from './narrator.mts';
import { RapidPro, type Release } from './rapidpro/index.mts';
import { RocketChat } from './rocketchat/index.mts';
import { Trouble } from './trouble.mts';
import { until } from './until.mts';
import { Workspaces } from './workspaces.mts';

/** How the sandbox is put together. */
export interface AssemblyOptions {
	/** Rocket.Chat listens here, RapidPro on the port after it; on any free ports for 0. */
	port: number;
	dataFile?: string;
	/** A RapidPro without ticketers, of this release, which the app reaches through its API. */
	release?: Release;
	/** Brings the app into Rocket.Chat. */
	install: (rocketChat: RocketChat) => Promise<void>;
	narrator: Narrator;
	/** Takes what has been started, to be stopped in the opposite order. */
	started: (stop: () => Promise<void>) => void;
}

/** Rocket.Chat with the app and two agents, RapidPro connected to it, and the means to break either. */
export interface Assembly {
	rocketChat: RocketChat;
	rapidPro: RapidPro;
	/** All that are connected, the one above among them. */
	workspaces: Workspaces;
	trouble: Trouble;
}

/** The agents, the first of whom is the one to begin with. */
export const AGENTS = [
	{ username: 'agnes', name: 'Agnes Agent' },
	{ username: 'bruno', name: 'Bruno Agent' },
];
const DEPARTMENTS = [
	{ name: 'Support', agents: ['agnes', 'bruno'] },
	{ name: 'Nutrition', agents: ['bruno'] },
];
/** A field for contacts, to try `customFields` with. */
const LANGUAGE = { id: 'language', label: 'Language' };

/** Starts both sides, installs the app and connects them, telling each step. */
export async function assemble(options: AssemblyOptions): Promise<Assembly> {
	const { port, dataFile, release, install, narrator, started } = options;
	narrator.step('Rocket.Chat starts (a stand-in around the real Apps-Engine; the first time it prepares caches)');
	const goesOn = dataFile !== undefined && (statSync(dataFile, { throwIfNoEntry: false })?.size ?? 0) > 0;
	const log = (line: string) => narrator.note(line);
	const starting = RocketChat.start({ port, dataFile, clockMoves: true, log });
	// At once: what is being started can be stopped when it runs.
	started(async () => (await starting.catch(() => undefined))?.stop());
	const rocketChat = await starting;
	if (!goesOn) await furnish(rocketChat);
	const { username, password } = rocketChat.admin;
	narrator.note(
		`${rocketChat.url}, administrator ${username} with the password ${password}, agents ${AGENTS.map(({ username }) => username).join(' and ')}`,
	);

	narrator.step('The app is packaged and deployed by rc-apps');
	await install(rocketChat);
	await until('the app is enabled', async () => (await rocketChat.appStatus()).endsWith('_enabled'), 30_000);
	narrator.note(`its address, to be pasted into RapidPro: ${rocketChat.appUrl}`);

	const rapidPro = await RapidPro.start({ port: port === 0 ? 0 : port + 1, release });
	started(() => rapidPro.stop());
	await (release === undefined ? connectTicketer : connectWithoutTicketer)(rocketChat, rapidPro, narrator);
	const workspaces = new Workspaces(rocketChat, rapidPro, started);
	workspaces.added.listen(({ rapidPro: other }) => other.exchanges.onEnd((exchange) => narrator.exchange(exchange)));
	return { rocketChat, rapidPro, workspaces, trouble: new Trouble(rocketChat, rapidPro) };
}

async function connectTicketer(rocketChat: RocketChat, rapidPro: RapidPro, narrator: Narrator): Promise<void> {
	narrator.step('RapidPro starts, and its secret is pasted into the app’s setting App Secret');
	await rocketChat.setAppSetting('app_secret', rapidPro.secret);
	narrator.note(`${rapidPro.url}, 32 random characters set through Rocket.Chat’s POST /api/apps/<id>/settings`);
	rapidPro.exchanges.onEnd((exchange) => narrator.exchange(exchange));

	narrator.step('RapidPro is connected: it hands its callback URL to the app');
	await rapidPro.connect(rocketChat.appUrl);
}

async function connectWithoutTicketer(rocketChat: RocketChat, rapidPro: RapidPro, narrator: Narrator): Promise<void> {
	narrator.step('RapidPro starts and imports the flows; its address and an API token go into the app’s settings');
	for (const { username, name } of AGENTS) {
		const [firstName = '', lastName = ''] = name.split(' ');
		rapidPro.model.addUser({ email: `${username}@example.org`, firstName, lastName, role: 'agent' });
	}
	for (const { name } of DEPARTMENTS) rapidPro.model.addTopic(name);
	await connectApi(rocketChat, rapidPro);
	narrator.note(`${rapidPro.url}, read by the app from now on`);
	rapidPro.exchanges.onEnd((exchange) => {
		// Most readings tell nothing new, and come without end.
		if (exchange.initiator === 'RapidPro' || exchange.method !== 'GET') narrator.exchange(exchange);
	});
}

async function furnish(rocketChat: RocketChat): Promise<void> {
	for (const agent of AGENTS) await rocketChat.addAgent(agent);
	for (const department of DEPARTMENTS) await rocketChat.addDepartment(department);
	await rocketChat.addCustomField(LANGUAGE);
}
