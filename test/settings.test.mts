/** `secret.check` and `settings`. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { assertEmpty, assertRefusal, naming } from './support/expect.mts';
import { Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

describe('secret.check', () => {
	it('answers 200 to the right secret', async () => {
		assert.equal((await stage.app.call('GET', 'secret.check')).status, 200);
	});
});

describe('settings', () => {
	afterEach(() => stage.rapidPro.connect(stage.rocketChat.appUrl));

	it('gives back what RapidPro put', async () => {
		const reply = await stage.app.call('GET', 'settings');
		assert.equal(reply.status, 200);
		assert.match(reply.headers['content-type'] ?? '', /^application\/json/);
		assert.deepEqual(reply.json, { webhook: { url: stage.rapidPro.callbackUrl } });
	});

	for (const url of [
		'https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/3f3ae1ef-2b4c-4a5a-8a3b-0d9f2b7a1c11',
		'http://rapidpro:8090/mr/hook',
		'https://10.0.0.7:8443/hook?workspace=1',
		'http://localhost/hook',
		'http://[::1]:8000/hook',
	]) {
		it(`takes ${url} with exactly 204 and no body`, async () => {
			assertEmpty(await stage.app.call('PUT', 'settings', { webhook: { url } }), 204);
			assert.deepEqual((await stage.app.call('GET', 'settings')).json, { webhook: { url } });
		});
	}

	it('takes the same URL again', async () => {
		const body = { webhook: { url: stage.rapidPro.callbackUrl } };
		for (const _time of [1, 2, 3]) assertEmpty(await stage.app.call('PUT', 'settings', body), 204);
	});

	it('ignores unknown fields', async () => {
		const body = { webhook: { url: stage.rapidPro.callbackUrl, method: 'POST' }, version: 7 };
		assertEmpty(await stage.app.call('PUT', 'settings', body), 204);
	});

	const URL_FIELD = 'webhook.url';
	for (const [title, body, field] of [
		['no webhook', { url: 'https://rapidpro.example.org/hook' }, 'webhook'],
		['webhook null', { webhook: null }, 'webhook'],
		['webhook a string', { webhook: 'https://rapidpro.example.org/hook' }, 'webhook'],
		['webhook a list', { webhook: [] }, 'webhook'],
		['no url', { webhook: {} }, URL_FIELD],
		['url null', { webhook: { url: null } }, URL_FIELD],
		['url a number', { webhook: { url: 5 } }, URL_FIELD],
		['url an object', { webhook: { url: {} } }, URL_FIELD],
		['url empty', { webhook: { url: '' } }, URL_FIELD],
		['url without a scheme', { webhook: { url: 'rapidpro.example.org/hook' } }, URL_FIELD],
		['url a path', { webhook: { url: '/mr/tickets' } }, URL_FIELD],
		['url of another scheme', { webhook: { url: 'ftp://rapidpro.example.org/hook' } }, URL_FIELD],
		['url a script', { webhook: { url: 'javascript:alert(1)' } }, URL_FIELD],
		['url without a host', { webhook: { url: 'https:///hook' } }, URL_FIELD],
		['url of nothing but a scheme', { webhook: { url: 'https://' } }, URL_FIELD],
		['url with a blank', { webhook: { url: 'https://rapidpro.example.org/a hook' } }, URL_FIELD],
		['url with a line feed', { webhook: { url: 'https://rapidpro.example.org/\nhook' } }, URL_FIELD],
	] as const) {
		it(`refuses: ${title}, and keeps what it had`, async () => {
			assertRefusal(await stage.app.call('PUT', 'settings', body), 400, naming(field));
			const { json } = await stage.app.call('GET', 'settings');
			assert.deepEqual(json, { webhook: { url: stage.rapidPro.callbackUrl } });
		});
	}
});
