/** The documentation's `console` blocks, run in their order against the sandbox that `npm start` starts. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { type Assembly, assemble } from '../sandbox/assembly.mts';
import { Narrator } from '../sandbox/narrator.mts';
import { Running } from '../sandbox/running.mts';
import { agentOf, openTicket, received } from '../sandbox/scenarios/scenario.mts';
import { until } from '../sandbox/until.mts';
import { packagedZip } from './support/stage.mts';

const ROOT = new URL('../', import.meta.url);
/** What the documentation says of a sandbox with the default ports. */
const DEFAULT_HOSTS = /127\.0\.0\.1:300[01]/g;
/** As long as the documentation leaves it out. */
const ANYTHING = '…';

/** A command of the documentation, with the lines that it says the command prints, among others perhaps. */
interface Example {
	page: string;
	command: string;
	expected: string[];
}

function pages(): string[] {
	const docs = readdirSync(new URL('docs/', ROOT), { recursive: true, encoding: 'utf8' });
	return ['README.md', ...docs.filter((path) => path.endsWith('.md')).map((path) => `docs/${path}`)].sort();
}

function examplesOf(page: string): Example[] {
	const blocks = readFileSync(new URL(page, ROOT), 'utf8').matchAll(/^```console\n(.*?)^```/gms);
	return [...blocks].flatMap(([, block = '']) =>
		// A command goes on where its line ends with a backslash.
		[...block.matchAll(/^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, command = '', output = '']) => ({
			page,
			command,
			expected: output.split('\n').filter((line) => line !== '' && line !== ANYTHING),
		})),
	);
}

async function run(command: string, environment: Record<string, string>): Promise<string[]> {
	const child = spawn('sh', ['-c', command], { env: { ...process.env, ...environment } });
	return (await text(child.stdout)).split(/\r?\n/);
}

/** Whether a line of the documentation, but for what it leaves out, is that line. */
function matches(expected: string, line: string): boolean {
	const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
	const pattern = expected.replace(DEFAULT_HOSTS, ANYTHING).split(ANYTHING).map(literal).join('.*');
	return new RegExp(`^${pattern}$`).test(line);
}

describe('the documentation’s examples', { concurrency: false }, () => {
	const running = new Running();
	let sandbox: Assembly;

	before(async () => {
		sandbox = await assemble({
			port: 0,
			narrator: new Narrator(() => {}),
			install: (rocketChat) => rocketChat.installApp(packagedZip()),
			started: (stop) => running.add(stop, (stopIt) => stopIt()),
		});
	});
	after(() => running.stop());

	it('are there', () => {
		assert.ok(pages().flatMap(examplesOf).length > 8);
	});

	for (const { page, command, expected } of pages().flatMap(examplesOf)) {
		it(`${page}: ${command.replaceAll(/\s+/g, ' ')}`, async () => {
			const { rocketChat, rapidPro } = sandbox;
			const lines = await run(command, { APP: rocketChat.appUrl, SECRET: rapidPro.secret });
			let from = 0;
			for (const line of expected) {
				const found = lines.slice(from).findIndex((printed) => matches(line, printed));
				assert.ok(found >= 0, `not printed: ${line}\n\nbut:\n${lines.join('\n')}`);
				from += found + 1;
			}
		});
	}

	it('leave a sandbox through which messages still go both ways', async () => {
		const { rocketChat, rapidPro } = sandbox;
		const contact = rapidPro.addContact({ name: 'Maria', urns: ['tel:+250788111222'] });
		const ticket = await openTicket(sandbox, contact);
		await rapidPro.contactWrites(contact, 'Good morning');
		await until('the contact’s message in the room', () =>
			rocketChat.messages(ticket.externalId).some(({ msg }) => msg === 'Good morning'),
		);
		await rocketChat.agentWrites(ticket.externalId, agentOf(sandbox, ticket), { text: 'Good evening' });
		assert.deepEqual(await received(sandbox, contact, 1), ['Good evening']);
	});
});
