/** The check of the floors finds what it is there for. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { complaints, FLOORS } from './floors.mjs';

const GOOD = {
	'lib.rs': 'mod outbound;\npub mod store;\npub use crate::outbound::webhook::Webhook;',
	'outbound/mod.rs': '//! Towards RapidPro.\npub mod webhook;\npub mod lease;',
	'outbound/webhook.rs': 'use crate::{ids::RoomId, store::{keys::{self, DEAD_LETTERS}, outbox}};\nuse super::lease;',
	'outbound/lease.rs': 'use crate::store::keys;\n#[cfg(test)]\nmod tests { use crate::outbound::webhook; }',
	'store/mod.rs': 'pub mod keys;\npub mod outbox;',
	'store/keys.rs': '// crate::outbound::webhook writes them\npub const DEAD_LETTERS: &str = "";',
	'store/outbox.rs': 'use crate::ids::RoomId;\nfn f() { super::keys::all() }',
	'ids.rs': 'pub struct RoomId;',
};

it('is content with a tree in which all goes down', () => {
	assert.deepEqual(checked(GOOD), []);
});

it('finds what is used upwards, in a use and in the code', () => {
	const found = 'store::keys uses outbound::lease: store stands below, or beside';
	assert.ok(checked({ ...GOOD, 'store/keys.rs': 'use crate::outbound::lease;' }).includes(found));
	assert.ok(checked({ ...GOOD, 'store/keys.rs': 'fn f() { crate::outbound::lease::f() }' }).includes(found));
	assert.ok(checked({ ...GOOD, 'store/keys.rs': 'use crate::{ids, outbound::{lease::Lease}};' }).includes(found));
	assert.ok(checked({ ...GOOD, 'store/keys.rs': 'use super::super::outbound::lease;' }).includes(found));
});

it('finds a circle of files, within one folder too', () => {
	assert.deepEqual(checked({ ...GOOD, 'outbound/lease.rs': 'use super::webhook::Webhook;' }), [
		'a circle: outbound::lease → outbound::webhook → outbound::lease',
	]);
	assert.deepEqual(checked({ ...GOOD, 'store/keys.rs': 'use crate::store::outbox::Outbox;' }).length, 1);
});

it('finds a folder that the table does not know', () => {
	assert.deepEqual(checked({ ...GOOD, 'helpers/mod.rs': '' }), ['helpers: tools/floors.mjs does not know helpers']);
});

it('has a table in which itself all goes down', () => {
	const above = new Set();
	for (const [room, below] of Object.entries(FLOORS)) {
		above.add(room);
		assert.deepEqual(
			below.filter((other) => above.has(other) || FLOORS[other] === undefined),
			[],
			room,
		);
	}
});

function checked(files) {
	const folder = mkdtempSync(join(tmpdir(), 'floors-'));
	try {
		for (const [path, text] of Object.entries(files)) {
			mkdirSync(dirname(join(folder, path)), { recursive: true });
			writeFileSync(join(folder, path), text);
		}
		return complaints(folder).sort();
	} finally {
		rmSync(folder, { recursive: true });
	}
}
