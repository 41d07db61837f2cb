import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Probe } from './testing/probe.mts';

/** docs/reference/rocketchat.md#persistence, the newest column. */
describe('persistence', () => {
	let probe: Probe;
	before(async () => {
		probe = await Probe.start();
	});
	after(() => probe.stop());

	/** Calls a method of persistence or its reader with associations given as names. */
	const call = (method: string, names: string[], ...rest: unknown[]): Promise<unknown> =>
		probe.run(
			({ persistence, read, require }, method, names, rest) => {
				const {
					RocketChatAssociationModel,
					RocketChatAssociationRecord,
				} = require('@rocket.chat/apps-engine/definition/metadata');
				const records = names.map((name) => new RocketChatAssociationRecord(RocketChatAssociationModel.MISC, name));
				const reader = read.getPersistenceReader() as unknown as Record<string, (...args: unknown[]) => unknown>;
				const writer = persistence as unknown as Record<string, (...args: unknown[]) => unknown>;
				if (method.startsWith('read')) return reader[method](records);
				if (method.startsWith('create')) return writer[method](rest[0], records);
				return writer[method](records, ...rest);
			},
			method,
			names,
			rest,
		);

	it('creates with an id string as answer', async () => {
		assert.match(String(await probe.run(({ persistence }) => persistence.create({ n: 1 }))), /^\w{17}$/);
		assert.match(String(await call('createWithAssociations', ['a'], {})), /^\w{17}$/);
	});

	it('reads an unknown id as null', async () => {
		assert.equal(await probe.run(({ read }) => read.getPersistenceReader().read('unknown')), null);
	});

	it('reads records that have all the given associations, and more', async () => {
		await call('createWithAssociations', ['r1', 'r2'], { n: 1 });
		assert.deepEqual(await call('readByAssociations', ['r2']), [{ n: 1 }]);
		assert.deepEqual(await call('readByAssociations', ['r2', 'r1']), [{ n: 1 }]);
		assert.deepEqual(await call('readByAssociations', ['r1', 'other']), []);
	});

	it('removes all matches and answers their data, null if there are none', async () => {
		await call('createWithAssociations', ['gone'], { n: 1 });
		await call('createWithAssociations', ['gone', 'x'], { n: 2 });
		assert.deepEqual(await call('removeByAssociations', ['gone']), [{ n: 1 }, { n: 2 }]);
		assert.equal(await call('removeByAssociations', ['gone']), null);
	});

	it('updates where the association array is exactly the same, replacing the data', async () => {
		await call('createWithAssociations', ['u1', 'u2'], { old: true });
		for (const inexact of [['u1'], ['u2', 'u1']]) await call('updateByAssociations', inexact, { n: 1 });
		assert.deepEqual(await call('readByAssociations', ['u1']), [{ old: true }]);
		assert.equal(await call('updateByAssociations', ['u1', 'u2'], { n: 1 }), '');
		assert.deepEqual(await call('readByAssociations', ['u1']), [{ n: 1 }]);
	});

	it('inserts nothing unless told to upsert, and answers the id when it does', async () => {
		assert.equal(await call('updateByAssociations', ['none'], { n: 1 }), '');
		assert.deepEqual(await call('readByAssociations', ['none']), []);
		assert.match(String(await call('updateByAssociations', ['none'], { n: 1 }, true)), /^\w{17}$/);
	});

	it('lets concurrent upserts of one key make two records', async () => {
		let records: unknown[] = [];
		for (let round = 0; round < 20 && records.length < 2; round++) {
			const upserts = [1, 2, 3, 4].map((n) => call('updateByAssociations', [`race${round}`], { n }, true));
			await Promise.all(upserts);
			records = (await call('readByAssociations', [`race${round}`])) as unknown[];
		}
		assert.ok(records.length >= 2);
	});

	it('stores objects only, and null', async () => {
		await assert.rejects(
			() => call('createWithAssociations', ['kind'], 'text'),
			/invalid data type, it must be an object/,
		);
		await call('createWithAssociations', ['kind'], null);
	});

	it('never updates by id', async () => {
		await assert.rejects(
			() => probe.run(({ persistence }) => persistence.update('id', {})),
			/^Error: Not implemented\.$/,
		);
	});

	it('turns undefined into null on its way through the pipe', async () => {
		await probe.run(({ persistence, require }) => {
			const {
				RocketChatAssociationModel,
				RocketChatAssociationRecord,
			} = require('@rocket.chat/apps-engine/definition/metadata');
			const record = new RocketChatAssociationRecord(RocketChatAssociationModel.MISC, 'pipe');
			return persistence.createWithAssociation({ gone: undefined }, record);
		});
		assert.deepEqual(await call('readByAssociations', ['pipe']), [{ gone: null }]);
	});
});
