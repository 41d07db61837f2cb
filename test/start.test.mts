/** What `npm start` runs: one conversation for the reader, from the sources to the close of the ticket. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../sandbox/start.mts', import.meta.url));

interface Outcome {
	output: string;
	errors: string;
	code: number | null;
}

async function start(...options: string[]): Promise<Outcome> {
	const child = spawn(process.execPath, ['--import', 'tsx', START, ...options]);
	const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
	const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
	return { output, errors, code };
}

it('npm start -- --once deploys the app, shows a conversation and says that it succeeded', async () => {
	const { output, errors, code } = await start('--once', '--port', '0');
	assert.equal(code, 0, output + errors);
	for (const shown of ['PUT /api/', '/room ', '/visitor-message', '"agent-message"', '"close-room"']) {
		assert.ok(output.includes(shown), shown);
	}
	assert.equal(output.match(/✓/g)?.length, 4, output);
	assert.match(output, /Authorization: Token •+\n/);
	assert.doesNotMatch(output, /Token [0-9a-f]{32}/);
});

it('shows how it is used where an option is wrong, and says what is wrong with it', async () => {
	for (const [options, words] of [
		[['--prot', '3000'], /Unknown option '--prot'/],
		[['3000'], /Unexpected argument '3000'/],
		[['--port'], /--port <value>' argument missing/],
		[['--port', '65534'], /^--port 65534: no number from 0 to 65533$/m],
		[['--port', '3e3'], /^--port 3e3: no number/m],
		[['--rapidpro', '8'], /^--rapidpro 8: one of 26\.3, 9\.0$/m],
		[['--data', '/no/such/folder/data'], /^--data \/no\/such\/folder\/data: there is no such folder$/m],
		[['--data', tmpdir()], /: this is a folder, not a file$/m],
		[['--data', `${START}/data`], /: what should be a folder is a file$/m],
	] as const) {
		const { errors, code } = await start(...options);
		assert.equal(code, 1, options.join(' '));
		assert.match(errors, words);
		assert.match(errors, /npm start -- \[options\]\n {2}--port N/);
		assert.doesNotMatch(errors, /^\s+at /m);
	}
});

it('leaves a file as it is that holds something else than its data', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'start-'));
	for (const content of [
		'# A letter\n\nDear Ann\n',
		'one line alone',
		'{"some": "JSON"}\n',
		'[1, 2]\n',
		'["no journal"]\n',
	]) {
		const file = join(folder, 'letter');
		await writeFile(file, content);
		const { errors, code } = await start('--once', '--port', '0', '--data', file);
		assert.equal(code, 1);
		assert.match(errors, /letter holds something else than the data of a sandbox, and is left as it is/);
		assert.equal(await readFile(file, 'utf8'), content);
	}
	await rm(folder, { recursive: true });
});

it('names the port that is taken, and the option for others', async () => {
	const other = createServer().listen(0, '127.0.0.1');
	await once(other, 'listening');
	const { port } = other.address() as AddressInfo;
	// Of the page, of Rocket.Chat.
	for (const first of [port - 2, port]) {
		const { errors, code } = await start('--port', String(first), ...(first === port ? ['--once'] : []));
		assert.equal(code, 1);
		assert.match(errors, new RegExp(`Port ${port} is taken.*--port N, or --port 0`));
		assert.doesNotMatch(errors, /^\s+at /m);
	}
	other.close();
});
