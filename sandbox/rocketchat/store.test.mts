import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { collections } from './documents.mts';
import { MemoryStore } from './store.mts';

const noLatency = async () => {};

describe('store', () => {
	it('matches fields, paths through arrays and conditions', async () => {
		const store = new MemoryStore(undefined, noLatency);
		await store.insert('c', {
			_id: '1',
			phone: [{ phoneNumber: '+1' }],
			tags: ['a', 'b'],
			open: true,
			at: new Date(5),
		});
		const finds = async (filter: Record<string, unknown>) => (await store.find('c', filter)).length === 1;
		assert.ok(await finds({ 'phone.phoneNumber': '+1' }));
		assert.ok(await finds({ tags: 'a' }));
		assert.ok(await finds({ tags: { $all: ['b', 'a'] } }));
		assert.ok(await finds({ at: { $lte: new Date(5) }, open: { $ne: false } }));
		assert.ok(await finds({ absent: null, other: { $exists: false } }));
		assert.ok(!(await finds({ tags: { $all: ['a', 'c'] } })));
		assert.ok(!(await finds({ open: { $exists: false } })));
		await assert.rejects(() => store.find('c', { open: { $unknown: 1 } }), /knows no \$unknown/);
	});

	it('compares objects with their key order, as MongoDB does', async () => {
		const store = new MemoryStore(undefined, noLatency);
		await store.insert('c', { list: [{ model: 'misc', id: 'x' }] });
		assert.equal((await store.find('c', { list: [{ model: 'misc', id: 'x' }] })).length, 1);
		assert.equal((await store.find('c', { list: [{ id: 'x', model: 'misc' }] })).length, 0);
	});

	it('tells matched from modified and refuses a second document with one id', async () => {
		const store = new MemoryStore(undefined, noLatency);
		await store.insert('c', { _id: '1', n: 1 });
		assert.deepEqual(await store.updateOne('c', { _id: '1' }, { $set: { n: 1 } }), { matched: 1, modified: 0 });
		assert.deepEqual(await store.updateOne('c', { _id: '1' }, { $inc: { n: 1 } }), { matched: 1, modified: 1 });
		assert.deepEqual(await store.updateOne('c', { _id: '2' }, { $set: { n: 1 } }), { matched: 0, modified: 0 });
		await assert.rejects(() => store.insert('c', { _id: '1' }), /duplicate key/);
	});

	it('finds by an index what it would find without', async () => {
		const store = new MemoryStore(undefined, noLatency);
		const { rooms, persistence } = collections;
		await store.insert(rooms, { _id: '1', v: { token: 'a' }, open: true });
		await store.insert(rooms, { _id: '2', v: { token: 'a' } });
		await store.insert(rooms, { _id: '3' });
		const found = async (filter: Record<string, unknown>) => (await store.find(rooms, filter)).map(({ _id }) => _id);
		assert.deepEqual(await found({ 'v.token': 'a' }), ['1', '2']);
		assert.deepEqual(await found({ 'v.token': 'a', open: true }), ['1']);
		assert.deepEqual(await found({ 'v.token': null }), ['3']);
		await store.updateOne(rooms, { _id: '1' }, { $set: { 'v.token': 'b' } });
		await store.remove(rooms, { _id: '2' });
		assert.deepEqual([await found({ 'v.token': 'a' }), await found({ 'v.token': 'b' })], [[], ['1']]);
		const [x, y] = ['x', 'y'].map((id) => ({ model: 'misc', id }));
		await store.insert(persistence, { _id: '4', associations: [x, y] });
		for (const associations of [{ $all: [y] }, { $all: [x, y] }, [x, y]])
			assert.equal((await store.find(persistence, { associations })).length, 1);
		for (const associations of [{ $all: [y, { ...x, id: 'z' }] }, [y, x], [x]])
			assert.equal((await store.find(persistence, { associations })).length, 0);
	});

	it('hands out copies', async () => {
		const store = new MemoryStore(undefined, noLatency);
		await store.insert('c', { _id: '1', nested: { n: 1 } });
		const [copy] = await store.find('c');
		copy.nested.n = 2;
		assert.equal((await store.find('c'))[0].nested.n, 1);
	});

	it('survives in its file, with dates and bytes and without a line cut short by a crash', async () => {
		const dir = await mkdtemp(path.join(os.tmpdir(), 'store-'));
		const file = path.join(dir, 'data');
		try {
			const first = new MemoryStore(file, noLatency);
			await first.insert('c', { _id: '1', at: new Date(7), bytes: new Uint8Array([1, 255]) });
			await first.insert('c', { _id: '2' });
			await first.updateOne('c', { _id: '1' }, { $set: { n: 3 } });
			await first.remove('c', { _id: '2' });
			await appendFile(file, '["c","3",{"_id":"3"');
			const second = new MemoryStore(file, noLatency);
			assert.deepEqual(await second.find('c'), [{ _id: '1', at: new Date(7), bytes: new Uint8Array([1, 255]), n: 3 }]);
			assert.equal((await readFile(file, 'utf8')).split('\n').length, 2);
		} finally {
			await rm(dir, { recursive: true });
		}
	});
});
