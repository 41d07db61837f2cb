import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#http-client, the newest generation. */
describe('HTTP of apps', () => {
	let probe: Probe;
	let mirror: Server;
	let url: string;
	before(async () => {
		probe = await Probe.start();
		mirror = createServer((request, response) => {
			const path = new URL(request.url ?? '', 'http://mirror');
			if (path.pathname === '/hangs') return;
			const chunks: Buffer[] = [];
			request.on('data', (chunk) => chunks.push(chunk));
			request.on('end', () => {
				const seen = {
					method: request.method,
					query: path.search,
					headers: request.headers,
					body: Buffer.concat(chunks).toString(),
				};
				response.writeHead(Number(path.searchParams.get('status') ?? 200), {
					'Content-Type': path.searchParams.get('type') ?? 'application/json',
					'X-Mirror': 'yes',
				});
				response.end(path.pathname === '/broken' ? '{"a":' : JSON.stringify(seen));
			});
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => mirror.once('listening', resolve));
		url = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
	});
	after(async () => {
		await probe.stop();
		mirror.closeAllConnections();
		mirror.close();
	});

	const call = (method: 'get' | 'post', path: string, options: object = {}) =>
		probe.run(({ http }, method, target, options) => http[method](target, options), method, url + path, options);

	it('answers with status, lower-case headers, text and parsed JSON', async () => {
		const { statusCode, headers, content, data } = await call('get', '/?status=404');
		assert.deepEqual([statusCode, headers?.['x-mirror'], data.method], [404, 'yes', 'GET']);
		assert.deepEqual(JSON.parse(String(content)), data);
	});

	it('parses JSON types only, and broken JSON as null', async () => {
		assert.equal((await call('get', '/?type=text/plain')).data, null);
		assert.equal((await call('get', '/broken')).data, null);
	});

	it('prefers content over data; data is sent as JSON', async () => {
		const { data: text } = await call('post', '/', { content: 'raw', data: { a: 1 } });
		assert.equal(text.body, 'raw');
		const { data: json } = await call('post', '/', { data: { a: 1 }, headers: { Authorization: 'Token x' } });
		assert.deepEqual(
			[json.body, json.headers['content-type'], json.headers.authorization],
			['{"a":1}', 'application/json', 'Token x'],
		);
	});

	it('puts params into the query, or into the body where there is none', async () => {
		assert.equal((await call('get', '/', { params: { a: '1', b: '' } })).data.query, '?a=1');
		assert.equal((await call('post', '/', { params: { a: '1' }, content: 'x' })).data.query, '?a=1');
		const { data } = await call('post', '/', { params: { a: '1' } });
		assert.deepEqual([data.query, data.body], ['', 'a=1']);
	});

	it('authenticates with user and password', async () => {
		assert.equal((await call('get', '/', { auth: 'me:pw' })).data.headers.authorization, `Basic ${btoa('me:pw')}`);
		await assert.rejects(() => call('get', '/', { auth: 'me' }), /auth option/);
	});

	it('throws on timeout and on a refused connection', async () => {
		await assert.rejects(() => call('get', '/hangs', { timeout: 100 }), /aborted/);
		const nowhere = probe.run(({ http }) => http.get('http://127.0.0.1:1/'));
		await assert.rejects(() => nowhere, /request to http:\/\/127\.0\.0\.1:1\/ failed, reason: /);
	});
});
