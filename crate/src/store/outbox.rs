//! What is on its way from a room to RapidPro.
//!
//! Like a ticket's facts, an entry, every attempt at it and its end are [`OutboxRecord`]s of their own, stored with the
//! room, and the outbox is what they add up to. One is rewritten: the end of a message that RapidPro took
//! takes the place of its beginning, which nobody needs any more, since every message of a room reads them all.

use std::cmp::Reverse;
use std::mem;

use serde_json::Value;

use crate::ids::{EntryId, RoomId};
use crate::runtime::json;
use crate::sort::{sort, sort_by, sort_by_key};
use crate::store::outbox_record::{CLOSE, EntryRef, HISTORY, LEASE_MS, Message, OutboxEvent, OutboxRecord};
use crate::store::progress::Progress;

/// An entry, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The message's id.
    pub id: EntryId,
    /// What it says.
    pub message: Message,
    /// When it was enqueued.
    pub enqueued_at: u64,
    /// The batches on which its records are: more than one where it was enqueued twice.
    pub batches: Vec<u64>,
    /// How far it has come.
    pub progress: Progress,
}

/// An entry that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledEntry {
    /// The message's id.
    pub id: EntryId,
    /// The batches on which its records are: more than one where it was enqueued twice.
    pub batches: Vec<u64>,
    /// Whether RapidPro never took it.
    pub given_up: bool,
}

/// A room's outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    /// What is still to be sent, in the order in which it was written.
    pub pending: Vec<Entry>,
    /// What is over.
    pub settled: Vec<SettledEntry>,
    /// Of that, what RapidPro never took.
    pub dead_letters: Vec<Entry>,
    /// How far the close has come.
    pub close: Progress,
    /// How far showing the room's history has come.
    pub history: Progress,
}

impl Outbox {
    /// What the records among a room's records add up to.
    pub fn of(records: &[Value]) -> Self {
        Self::with_close(records, Progress::default())
    }

    /// The same, where telling of the close has come so far by other records than the outbox's own.
    pub(crate) fn with_close(records: &[Value], close: Progress) -> Self {
        let mut records: Vec<OutboxRecord> = json::read_all(records);
        sort_by(&mut records, |a, b| (&a.entry, a.at).cmp(&(&b.entry, b.at)));
        let mut outbox = Self { close, ..Self::default() };
        for records in records.chunk_by(|a, b| a.entry == b.entry) {
            outbox.add(records);
        }
        sort_by(&mut outbox.pending, |a, b| a.rank().cmp(&b.rank()));
        outbox
    }

    /// Adds one entry's records, oldest first.
    pub(crate) fn add(&mut self, records: &[OutboxRecord]) {
        let Some(first) = records.first() else { return };
        let mut progress = if first.entry == CLOSE { mem::take(&mut self.close) } else { Progress::default() };
        for record in records {
            // A history can be shown again, and what is in the room already is not posted twice.
            if first.entry == HISTORY && record.event == OutboxEvent::Retried {
                progress = Progress::default();
            }
            progress.add(record.at, &record.event);
        }
        match first.entry.as_str() {
            CLOSE => return self.close = progress,
            HISTORY => return self.history = progress,
            _ => {}
        }
        let written = records.iter().find_map(|record| match &record.event {
            // Not when the record was stored, which is later.
            OutboxEvent::Enqueued { message, until, .. } => Some((message, until.saturating_sub(LEASE_MS))),
            _ => None,
        });
        let mut batches: Vec<u64> = records.iter().map(|record| record.batch).collect();
        sort(&mut batches);
        batches.dedup();
        let id = first.entry.clone();
        let (is_settled, given_up) = (progress.is_settled(), progress.given_up().is_some());
        if is_settled {
            self.settled.push(SettledEntry { id: id.clone(), batches: batches.clone(), given_up });
        }
        if let Some((message, enqueued_at)) = written {
            let list = if is_settled { &mut self.dead_letters } else { &mut self.pending };
            if given_up || !is_settled {
                list.push(Entry { id, message: message.clone(), enqueued_at, batches, progress });
            }
        }
    }

    /// Where the records about the close of a room go, that was closed at `closed_at`.
    pub fn close_ref<'a>(&self, room: &'a RoomId, closed_at: u64) -> EntryRef<'a> {
        EntryRef { room, entry: CLOSE, enqueued_at: closed_at, last_at: self.close.last_at }
    }

    /// Where the records about the history of a room go, that was opened at `opened_at`.
    pub fn history_ref<'a>(&self, room: &'a RoomId, opened_at: u64) -> EntryRef<'a> {
        EntryRef { room, entry: HISTORY, enqueued_at: opened_at, last_at: self.history.last_at }
    }

    /// Whether it has any records of its own.
    pub fn has_records(&self) -> bool {
        let has_entries = !self.pending.is_empty() || !self.settled.is_empty() || !self.dead_letters.is_empty();
        has_entries || self.close.last_at > 0 || self.history.last_at > 0
    }

    /// Whether an entry was ever enqueued, as far as its records are still there.
    pub fn knows(&self, id: &str) -> bool {
        self.settled.iter().any(|settled| settled.id == id) || self.pending.iter().any(|entry| entry.id == id)
    }
}

impl Entry {
    /// Somebody's message, enqueued at `now`.
    pub fn new(id: EntryId, message: Message, now: u64) -> Self {
        Self { id, message, enqueued_at: now, batches: Vec::new(), progress: Progress::default() }
    }

    /// Where its records go.
    pub fn entry_ref<'a>(&'a self, room: &'a RoomId) -> EntryRef<'a> {
        EntryRef { room, entry: &self.id, enqueued_at: self.enqueued_at, last_at: self.progress.last_at }
    }

    /// Since when it has been owed: it starts anew where somebody has it tried once more.
    pub fn owed_since(&self) -> u64 {
        self.enqueued_at.max(self.progress.retried_at)
    }

    fn rank(&self) -> (u64, u64, &EntryId) {
        (self.message.written_at, self.enqueued_at, &self.id)
    }
}

/// The rooms of the messages that were given up and not tried again, as the records found by [`GIVEN_UP`] tell; those that
/// were stored last come first.
pub fn rooms_with_dead_letters(records: &[Value]) -> Vec<RoomId> {
    let mut records: Vec<OutboxRecord> = json::read_all(records);
    sort_by(&mut records, |a, b| (&a.room, &a.entry, a.at).cmp(&(&b.room, &b.entry, b.at)));
    let entries = records.chunk_by(|a, b| a.room == b.room && a.entry == b.entry);
    let mut ends: Vec<&OutboxRecord> = entries.filter_map(<[OutboxRecord]>::last).collect();
    ends.retain(|end| end.event != OutboxEvent::Retried);
    sort_by_key(&mut ends, |end| Reverse(end.at));
    ends.into_iter().map(|end| end.room.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RoomId;
    use crate::runtime::json;
    use crate::store::outbox_record::{OutboxEvent, OutboxRecord, VERSION};
    use crate::store::progress::{GivenUp, Progress};

    #[test]
    fn equal_failures_are_counted_until_other_words_come() {
        let mut progress = Progress::default();
        let mut failed = |at, said: Option<&str>| {
            let said = said.map(str::to_owned);
            progress.add(
                at,
                &OutboxEvent::AttemptFailed {
                    node: "a".into(),
                    next: at + 1,
                    outage: true,
                    unfetched: false,
                    said,
                    unsure: None,
                },
            );
            progress.clone()
        };
        assert_eq!(failed(10, Some("x")).equal_failures("x", 15), (5, 2));
        assert_eq!(failed(20, Some("x")).last_equal_failures(), (10, 2));
        assert_eq!(failed(30, Some("y")).equal_failures("y", 31), (1, 2));
        // Version 1.0.0 does not store what was said.
        assert_eq!(failed(40, None).last_equal_failures(), (0, 0));
        assert_eq!(failed(50, Some("y")).equal_failures("x", 99), (0, 1));
    }

    #[test]
    fn who_has_it_tried_again_cancels_a_given_up_end_and_no_other() {
        let given_up = || OutboxEvent::Settled { given_up: Some("why".into()), reason: None };
        let why = GivenUp { words: "why".into(), reason: None };
        let mut progress = Progress::default();
        progress.add(
            1,
            &OutboxEvent::AttemptFailed {
                node: "a".into(),
                next: 9,
                outage: true,
                unfetched: true,
                said: None,
                unsure: None,
            },
        );
        progress.add(2, &given_up());
        assert_eq!(progress.given_up(), Some((2, &why)));
        progress.add(3, &OutboxEvent::Retried);
        assert_eq!(progress, Progress { retried_at: 3, last_at: 3, ..Progress::default() });
        progress.add(4, &given_up());
        assert_eq!(progress.given_up(), Some((4, &why)));
        progress.add(5, &OutboxEvent::Settled { given_up: None, reason: None });
        progress.add(6, &OutboxEvent::Retried);
        assert!(progress.is_settled() && progress.given_up().is_none());
    }

    #[test]
    fn rooms_of_what_was_given_up_last_come_first_and_those_tried_again_not_at_all() {
        let given_up = || OutboxEvent::Settled { given_up: Some("why".into()), reason: None };
        let record = |at, room: &str, entry: &str, event| {
            json::to_value(OutboxRecord {
                v: VERSION,
                at,
                room: RoomId(room.into()),
                entry: entry.into(),
                batch: 1,
                event,
            })
        };
        let records = [
            record(5, "b", "m2", given_up()),
            record(1, "a", "m1", given_up()),
            record(4, "c", "m3", OutboxEvent::Retried),
            record(2, "c", "m3", given_up()),
            record(3, "a", "m4", OutboxEvent::Retried),
            record(6, "a", "m4", given_up()),
        ];
        let rooms: Vec<String> =
            rooms_with_dead_letters(&records).iter().map(|room| room.as_str().to_owned()).collect();
        assert_eq!(rooms, ["a", "b", "a"]);
    }

    #[test]
    fn a_failure_that_is_stored_late_leaves_the_other_nodes_claim() {
        let mut progress = Progress::default();
        let failed = |node: &str, next| OutboxEvent::AttemptFailed {
            node: node.into(),
            next,
            outage: true,
            unfetched: false,
            said: None,
            unsure: None,
        };
        for (at, node) in [(1, "a"), (2, "b")] {
            progress.add(at, &OutboxEvent::Leased { node: node.into(), until: 100 });
        }
        progress.add(3, &failed("a", 13));
        assert_eq!(progress.leases("a", 3), (None, Some(100)));
        progress.add(4, &failed("b", 14));
        assert_eq!(progress.leases("a", 4), (None, None));
    }
}
