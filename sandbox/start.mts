/** `npm start`: Rocket.Chat's stand-in with the app, RapidPro's beside it, one conversation, and the page to try both. */

import { AGENTS, assemble } from './assembly.mts';
import { deploy } from './deploy.mts';
import { Narrator } from './narrator.mts';
import { aboutPort, fileOption, parseOptions, portOption, releaseOption } from './options.mts';
import { Page } from './page/server.mts';
import type { RapidPro, Release } from './rapidpro/index.mts';
import { type Running, runProgram } from './running.mts';
import { conversation } from './scenarios/conversation.mts';
import { doorbell } from './scenarios/doorbell.mts';
import { playOnTerminal } from './scenarios/terminal.mts';

const USAGE = `npm start -- [options]
  --port N      Rocket.Chat listens on N, RapidPro on N+1, the page on N+2 (3000; 0: any free ports)
  --data FILE   keep Rocket.Chat's data in FILE, and go on from there when it exists
  --rapidpro R  RapidPro 26.3 or 9.0, which have no ticketing services (an older one that has)
  --once        stop after the conversation; the exit code tells whether it succeeded
  --help        print this`;

/** Rocket.Chat, RapidPro and the page, on a port each. */
const LISTENERS = 3;

interface Options {
	port: number;
	dataFile: string | undefined;
	release: Release | undefined;
	once: boolean;
}

function readOptions(): Options {
	const options = {
		port: { type: 'string', default: '3000' },
		data: { type: 'string' },
		rapidpro: { type: 'string' },
		once: { type: 'boolean', default: false },
		help: { type: 'boolean', default: false },
	} as const;
	const { values } = parseOptions({ options }, USAGE);
	if (values.help) {
		console.log(USAGE);
		process.exit();
	}
	return {
		port: portOption(values.port, LISTENERS - 1, USAGE),
		dataFile: values.data === undefined ? undefined : fileOption('--data', values.data, USAGE),
		release: releaseOption(values.rapidpro, USAGE),
		once: values.once,
	};
}

async function run({ port, dataFile, release, once }: Options, running: Running): Promise<void> {
	const narrator = new Narrator(console.log);
	const page = once ? undefined : running.add(new Page(), (started) => started.close());
	const address = await page?.listen(port === 0 ? 0 : port + 2);
	if (address !== undefined) narrator.headline(`The sandbox opens at ${address}`);
	narrator.onStep((title) => page?.starting(title));

	const assembly = await assemble({
		port,
		dataFile,
		release,
		narrator,
		install: (rocketChat) => deploy(rocketChat, running),
		started: (stop) => running.add(stop, (stopIt) => stopIt()),
	});
	const contact = assembly.rapidPro.addContact({ name: 'Maria', urns: ['tel:+250788111222'] });
	page?.open(assembly, { firstContact: String(contact.id), firstAgent: AGENTS[0]?.username });
	const scenario = release === undefined ? conversation : doorbell;
	if (!(await playOnTerminal(scenario, assembly, narrator))) process.exitCode = 1;
	if (address === undefined) return;

	const { rocketChat, rapidPro } = assembly;
	narrator.headline('Your turn (Ctrl-C stops everything)');
	narrator.note(rapidPro.hasNoTicketers ? readingLines(rapidPro) : curlLines(rocketChat.appUrl, rapidPro.secret));
	narrator.headline(`Open ${address} in a browser`);
	await new Promise(() => {});
}

function readingLines({ url, apiToken }: RapidPro): string {
	const authorization = `-H 'Authorization: Token ${apiToken}'`;
	return `
What the app reads of RapidPro:
  curl -i ${authorization} ${url}/api/v2/workspace.json
  curl -i ${authorization} ${url}/api/v2/tickets.json
  curl -i ${authorization} ${url}/api/v2/messages.json`;
}

function curlLines(app: string, secret: string): string {
	const authorization = `-H 'Authorization: Token ${secret}'`;
	const json = "-H 'Content-Type: application/json'";
	const visitor = `"visitor":{"token":"4711","name":"Ben"}`;
	return `
As RapidPro, straight to the app:
  curl -i ${authorization} ${app}/secret.check
  curl -i ${authorization} ${app}/settings
  curl -i -X GET ${authorization} ${json} -d '{${visitor},"ticketID":"59d74b86-3e2f-4a93-aece-b05d2fdcde0c"}' ${app}/room
  curl -i ${authorization} ${json} -d '{${visitor},"text":"Hello"}' ${app}/visitor-message
  curl -i -X GET ${authorization} ${json} -d '{${visitor}}' ${app}/room.close`;
}

await runProgram(async (running) => {
	try {
		await run(readOptions(), running);
	} catch (error) {
		throw aboutPort(error);
	}
});
