/** `npm start`: Rocket.Chat's stand-in with the app, RapidPro's beside it, and one conversation to watch. */

import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { converse } from './conversation.mts';
import { deploy } from './deploy.mts';
import { Desk } from './desk.mts';
import { Narrator } from './narrator.mts';
import { RapidPro } from './rapidpro/index.mts';
import { RocketChat } from './rocketchat/index.mts';
import { until } from './until.mts';

const USAGE = `npm start -- [options]
  --port N     Rocket.Chat listens on N, RapidPro on N+1, the desk on N+2 (3000; 0: any free ports)
  --data FILE  keep Rocket.Chat's data in FILE, and go on from there when it exists
  --once       stop after the conversation; the exit code tells whether it succeeded
  --help       print this`;

const AGENT = { username: 'agnes', name: 'Agnes Agent', online: true };

interface Options {
	port: number;
	dataFile: string | undefined;
	once: boolean;
}

/** What was started, to be stopped in the opposite order. */
class Running {
	private readonly stops: (() => Promise<void>)[] = [];
	private stopping: Promise<void> | undefined;

	add<T>(started: T, stop: (started: T) => Promise<void>): T {
		this.stops.push(() => stop(started));
		return started;
	}

	/** Whether the end has begun; what fails from then on fails because of it. */
	get ending(): boolean {
		return this.stopping !== undefined;
	}

	stop(): Promise<void> {
		this.stopping ??= this.stopAll();
		return this.stopping;
	}

	private async stopAll(): Promise<void> {
		for (const stop of this.stops.reverse()) await stop();
	}
}

function readOptions(): Options {
	const { values } = parseArgs({
		options: {
			port: { type: 'string', default: '3000' },
			data: { type: 'string' },
			once: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		console.log(USAGE);
		process.exit();
	}
	const port = Number(values.port);
	if (!Number.isInteger(port) || port < 0 || port > 65_533) throw new Error(`--port ${values.port}: no such port`);
	return { port, dataFile: values.data, once: values.once };
}

async function run({ port, dataFile, once }: Options, running: Running): Promise<void> {
	const narrator = new Narrator(console.log);
	const portAfter = (offset: number) => (port === 0 ? 0 : port + offset);

	narrator.step('Rocket.Chat starts (a stand-in around the real Apps-Engine; the first time it prepares caches)');
	const log = (line: string) => narrator.note(line);
	const goesOn = dataFile !== undefined && existsSync(dataFile);
	const rocketChat = running.add(await RocketChat.start({ port, dataFile, log }), (started) => started.stop());
	if (!goesOn) await rocketChat.addAgent(AGENT);
	const { username, password } = rocketChat.admin;
	narrator.note(`${rocketChat.url}, administrator ${username} with the password ${password}, agent ${AGENT.username}`);

	narrator.step('The app is packaged and deployed by rc-apps');
	await deploy(rocketChat, running.add(new AbortController(), async (controller) => controller.abort()).signal);
	await until('the app is enabled', async () => (await rocketChat.appStatus()).endsWith('_enabled'), 30_000);
	narrator.note(`its address, to be pasted into RapidPro: ${rocketChat.appUrl}`);

	narrator.step('RapidPro starts, and its secret is pasted into the app’s setting App Secret');
	const rapidPro = running.add(await RapidPro.start({ port: portAfter(1) }), (started) => started.stop());
	await rocketChat.setAppSetting('app_secret', rapidPro.secret);
	narrator.note(`${rapidPro.url}, 32 random characters set through Rocket.Chat’s POST /api/apps/<id>/settings`);

	rapidPro.exchanges.onEnd((exchange) => narrator.exchange(exchange));
	const conversation = await converse(rocketChat, rapidPro, AGENT.username, narrator);
	if (!conversation.succeeded) process.exitCode = 1;
	if (once) return;

	const desk = new Desk(rocketChat, rapidPro, AGENT.username, conversation.contact);
	running.add(desk, (started) => started.close());
	narrator.headline('Your turn (Ctrl-C stops everything)');
	narrator.note(curlLines(rocketChat.appUrl, rapidPro.secret, await desk.listen(portAfter(2))));
	await new Promise(() => {});
}

function curlLines(app: string, secret: string, desk: string): string {
	const authorization = `-H 'Authorization: Token ${secret}'`;
	const json = "-H 'Content-Type: application/json'";
	const visitor = `"visitor":{"token":"4711","name":"Ben"}`;
	return `
As the people in the sandbox, through its desk (a control endpoint of the sandbox, part of neither product);
what is sent and received appears here:
  curl -d '' ${desk}/contact/open
  curl -d 'Are you there?' ${desk}/contact/write
  curl -d 'Yes, how can I help?' ${desk}/agent/write
  curl -d 'Solved' ${desk}/agent/close
  curl -d '' ${desk}/contact/close
  curl ${desk}/agent/messages
  curl ${desk}/contact/messages

As RapidPro, straight to the app:
  curl -i ${authorization} ${app}/secret.check
  curl -i ${authorization} ${app}/settings
  curl -i -X GET ${authorization} ${json} -d '{${visitor},"ticketID":"59d74b86-3e2f-4a93-aece-b05d2fdcde0c"}' ${app}/room
  curl -i ${authorization} ${json} -d '{${visitor},"text":"Hello"}' ${app}/visitor-message
  curl -i -X GET ${authorization} ${json} -d '{${visitor}}' ${app}/room.close`;
}

const running = new Running();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	process.once(signal, async () => {
		console.log('\nstopping');
		await running.stop();
		process.exit();
	});
}
try {
	await run(readOptions(), running);
} catch (error) {
	if (!running.ending) {
		console.error(`\n${(error as Error).message}`);
		process.exitCode = 1;
	}
}
await running.stop();
process.exit();
