import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#app-http-apis. */
describe('app APIs', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());

	const get = (path: string, init?: RequestInit) => fetch(probe.rocketChat.appUrl + path, init);
	const post = (body: string, type?: string) =>
		get('/mirror.path', { method: 'POST', body, headers: type ? { 'Content-Type': type } : {} });
	const answering = (answer: object) => get(`/mirror.path?answer=${encodeURIComponent(JSON.stringify(answer))}`);

	it('answers 404 "Not Found" as text for what it does not know', async () => {
		const { url, appUrl, appId } = probe.rocketChat;
		const unknown = ['/nothing', '/mirrorXpath'].map((path) => appUrl + path);
		const otherApps = [
			`${url}/api/apps/public/another/run`,
			`${url}/api/apps/public/${appId.toUpperCase()}/mirror.path`,
		];
		for (const address of [...unknown, ...otherApps]) {
			const response = await fetch(address);
			assert.deepEqual([response.status, await response.text()], [404, 'Not Found'], address);
			assert.match(String(response.headers.get('content-type')), /^text\/plain/);
		}
	});

	it('matches paths case-insensitively and with a slash at the end', async () => {
		assert.equal((await get('/MIRROR.path')).status, 200);
		assert.equal((await get('/mirror.path/')).status, 200);
	});

	it('answers a verb that is not implemented with 500 and its name', async () => {
		const response = await get('/mirror.path', { method: 'DELETE' });
		assert.deepEqual([response.status, await response.text()], [500, "mirror.path's delete not exists"]);
	});

	it('answers with the message of what an endpoint throws', async () => {
		const response = await get('/mirror.path?throws=secret%20detail');
		assert.deepEqual([response.status, await response.text()], [500, 'secret detail']);
		assert.match(String(response.headers.get('content-type')), /^text\/html/);
	});

	it('hides private APIs on the public mount: 404 without a body', async () => {
		const response = await get('/hidden');
		assert.deepEqual([response.status, await response.text()], [404, '']);
		const { url, appId } = probe.rocketChat;
		const wrongHash = await fetch(`${url}/api/apps/private/${appId}/wrong/hidden`);
		assert.deepEqual([wrongHash.status, await wrongHash.text()], [404, '']);
	});

	it('hands over method, lower-case headers, query and body', async () => {
		const response = await get('/mirror.path?a=1&a=2&b[c]=3&access_token=x', {
			headers: { Authorization: 'Token abc' },
		});
		const seen = (await response.json()) as Record<string, never>;
		assert.equal(seen.method, 'get');
		assert.equal((seen.headers as Record<string, string>).authorization, 'Token abc');
		assert.deepEqual(seen.query, { a: ['1', '2'], b: { c: '3' } });
		assert.deepEqual(seen.content, {});
	});

	it('parses JSON objects and arrays and urlencoded bodies; other types are an empty object', async () => {
		const content = async (body: string, type: string) =>
			((await (await post(body, type)).json()) as { content: unknown }).content;
		assert.deepEqual(await content('{"a":1}', 'application/json; charset=utf-8'), { a: 1 });
		assert.deepEqual(await content('[1]', 'application/json'), [1]);
		assert.deepEqual(await content('', 'application/json'), {});
		assert.deepEqual(await content('a=1&a=3&b[c]=2', 'application/x-www-form-urlencoded'), {
			a: ['1', '3'],
			'b[c]': '2',
		});
		for (const type of ['text/plain', 'application/vnd.x+json']) assert.deepEqual(await content('{"a":1}', type), {});
	});

	it('refuses scalars, malformed JSON, odd charsets and large bodies in HTML before the app sees them', async () => {
		const refused: [string, string, number][] = [
			['5', 'application/json', 400],
			['{"a":', 'application/json', 400],
			['{}', 'application/json; charset=iso-8859-1', 415],
			[JSON.stringify({ a: 'x'.repeat(102_400) }), 'application/json', 413],
		];
		for (const [body, type, status] of refused) {
			const response = await post(body, type);
			assert.equal(response.status, status);
			assert.match(String(response.headers.get('content-type')), /^text\/html/);
			assert.doesNotMatch(await response.text(), /node_modules/);
		}
	});

	it('parses the JSON body of a GET', async () => {
		const body = JSON.stringify({ ticketID: 'x' });
		const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
		const answer = await new Promise<string>((resolve, reject) => {
			const outgoing = request(
				`${probe.rocketChat.appUrl}/mirror.path`,
				{ method: 'GET', headers },
				async (response) => {
					const chunks: Buffer[] = [];
					for await (const chunk of response) chunks.push(chunk as Buffer);
					resolve(Buffer.concat(chunks).toString());
				},
			);
			outgoing.on('error', reject).end(body);
		});
		assert.deepEqual(JSON.parse(answer).content, { ticketID: 'x' });
	});

	it('sends what Express makes of an answer', async () => {
		const text = await answering({ status: 200, content: 'words' });
		assert.match(String(text.headers.get('content-type')), /^text\/html/);
		const typed = await answering({
			status: 201,
			headers: { 'Content-Type': 'application/vnd.x+json' },
			content: { a: 1 },
		});
		assert.deepEqual([typed.status, typed.headers.get('content-type')], [201, 'application/vnd.x+json; charset=utf-8']);
		const empty = await answering({ status: 204, content: { dropped: true } });
		assert.deepEqual([empty.status, await empty.text()], [204, '']);
		assert.equal((await answering({ content: 'no status' })).status, 500);
		assert.equal((await answering({ status: 200, content: 404 })).status, 404);
	});

	it('lets bytes through', async () => {
		const response = await get('/mirror.path?answer=bytes');
		assert.equal(response.headers.get('content-type'), 'image/png');
		assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 1, 254, 255]);
	});

	it('writes each request with its headers into the log', async () => {
		await get('/mirror.path', { headers: { Authorization: 'Token logged' } });
		assert.ok(probe.rocketChat.appLogs().some((line) => line.includes('Token logged')));
	});

	it('answers 404 for a disabled app', async () => {
		await probe.rocketChat.disableApp();
		assert.equal((await get('/mirror.path')).status, 404);
		await probe.rocketChat.enableApp();
		assert.equal((await get('/mirror.path')).status, 200);
	});
});
