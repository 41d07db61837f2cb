/** Who may call what, and how: the statuses 401, 405 and 415, and what a proxy may do to a request. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { assertErrorPattern, assertRefusal } from './support/expect.mts';
import { Stage } from './support/stage.mts';

let stage: Stage;
before(async () => {
	stage = await Stage.open();
});
after(() => stage?.close());

/** The verbs that each endpoint offers. */
const OFFERED: Record<string, string[]> = {
	'secret.check': ['GET'],
	settings: ['GET', 'PUT'],
	room: ['GET', 'POST'],
	'room.close': ['GET', 'POST'],
	'visitor-message': ['POST'],
};
const VERBS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

const each = (of: (endpoint: string, verbs: string[]) => void) => {
	for (const [endpoint, verbs] of Object.entries(OFFERED)) of(endpoint, verbs);
};

describe('the token', () => {
	each((endpoint, verbs) => {
		for (const verb of verbs) {
			it(`is required by ${verb} ${endpoint}, with one message for a missing and a wrong one`, async () => {
				const { secret } = stage.app;
				const wrong = [
					null,
					'',
					'Token',
					'Token ',
					secret,
					`Bearer ${secret}`,
					`Token ${secret.slice(0, -1)}`,
					`Token ${secret}x`,
					`Token ${secret.toUpperCase()}`,
					'Token wrong',
				];
				const messages = new Set<string>();
				for (const authorization of wrong) {
					const reply = await stage.app.call(verb, endpoint, {}, { authorization });
					assertRefusal(reply, 401);
					assert.ok(!reply.body.includes(secret));
					messages.add(assertErrorPattern(reply));
				}
				assert.equal(messages.size, 1, [...messages].join('\n'));
			});
		}
	});

	it('is checked before the body', async () => {
		assertRefusal(
			await stage.app.call('POST', 'room', 'text', { authorization: null, contentType: 'text/plain' }),
			401,
		);
	});

	it('is refused, and the reason said, while no secret is configured', async () => {
		const wrongToken = await stage.app.call('GET', 'secret.check', undefined, { authorization: 'Token wrong' });
		await stage.rocketChat.setAppSetting('app_secret', '');
		try {
			for (const authorization of [null, 'Token', 'Token ', `Token ${stage.app.secret}`]) {
				const reply = await stage.app.call('GET', 'secret.check', undefined, { authorization });
				assertRefusal(reply, 401, /App Secret/);
				assert.notEqual(reply.body, wrongToken.body);
			}
		} finally {
			await stage.rocketChat.setAppSetting('app_secret', stage.app.secret);
		}
		assert.equal((await stage.app.call('GET', 'secret.check')).status, 200);
	});

	it('is the new one as soon as the setting is changed', async () => {
		const next = 'another secret, with a blank';
		await stage.rocketChat.setAppSetting('app_secret', next);
		try {
			const authorization = `Token ${next}`;
			assert.equal((await stage.app.call('GET', 'secret.check', undefined, { authorization })).status, 200);
			assertRefusal(await stage.app.call('GET', 'secret.check'), 401);
		} finally {
			await stage.rocketChat.setAppSetting('app_secret', stage.app.secret);
		}
	});
});

describe('a verb that is not offered', () => {
	each((endpoint, offered) => {
		for (const verb of VERBS.filter((candidate) => !offered.includes(candidate))) {
			it(`${verb} ${endpoint} gets 405, also without a token`, async () => {
				for (const authorization of [undefined, null]) {
					const reply = await stage.app.call(verb, endpoint, undefined, { authorization });
					assert.equal(reply.status, 405, reply.body);
					if (verb !== 'HEAD') assertErrorPattern(reply);
				}
			});
		}
	});
});

describe('the content type of a body', () => {
	const body = () => ({ ticketID: randomUUID(), visitor: { token: 'content-type' } });

	for (const contentType of [
		'text/plain',
		'application/x-www-form-urlencoded',
		'application/xml',
		'multipart/form-data',
	]) {
		it(`${contentType} gets 415`, async () => {
			for (const [verb, endpoint] of [
				['POST', 'room'],
				['GET', 'room'],
				['POST', 'room.close'],
				['POST', 'visitor-message'],
				['PUT', 'settings'],
			] as const) {
				assertRefusal(await stage.app.call(verb, endpoint, body(), { contentType }), 415, /JSON/i);
			}
		});
	}

	for (const contentType of ['application/json; charset=utf-8', 'application/json;charset=UTF-8', 'Application/JSON']) {
		it(`${contentType} is fine`, async () => {
			const reply = await stage.app.call('POST', 'room.close', body(), { contentType });
			assert.equal(reply.status, 204, reply.body);
		});
	}

	it('does not matter where there is no body to read', async () => {
		const reply = await stage.app.call('GET', 'secret.check', undefined, { contentType: 'text/plain' });
		assert.equal(reply.status, 200, reply.body);
	});
});

describe('a body that did not arrive', () => {
	for (const endpoint of ['room', 'room.close']) {
		it(`with GET ${endpoint}: 400 that speaks of a proxy and of POST`, async () => {
			const reply = await stage.app.call('GET', endpoint, undefined, { contentType: 'application/json' });
			assertRefusal(reply, 400, /proxy/i);
			assertRefusal(reply, 400, /POST/);
			assertRefusal(await stage.app.call('GET', endpoint), 400, /POST/);
		});
	}

	for (const [verb, endpoint] of [
		['POST', 'room'],
		['POST', 'room.close'],
		['POST', 'visitor-message'],
		['PUT', 'settings'],
	] as const) {
		it(`with ${verb} ${endpoint}: 400`, async () => {
			assertRefusal(await stage.app.call(verb, endpoint), 400);
			assertRefusal(await stage.app.call(verb, endpoint, {}), 400);
		});
	}

	it('is not an object: 400', async () => {
		for (const body of [[], [{}], ['ticketID']])
			assertRefusal(await stage.app.call('POST', 'room', body), 400, /object/);
	});
});
