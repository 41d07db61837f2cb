//! Which rooms and contacts a bucket of the time index is about.

use serde_json::Value;

use crate::ids::{Contact, RoomId};
use crate::runtime::json;
use crate::sort::sort;
use crate::store::inbox;

/// Who is to be looked after, as a bucket's records tell.
#[derive(Debug, Default)]
pub struct DueItems {
    /// Rooms where something may be waiting.
    pub rooms: Vec<RoomId>,
    /// Rooms where everything on the bucket is over.
    pub(crate) settled_rooms: Vec<RoomId>,
    /// Of all these, those about whose close or whole outbox the bucket has something.
    pub(crate) closed_rooms: Vec<RoomId>,
    /// Contacts whose messages may be waiting.
    pub contacts: Vec<Contact>,
}

/// The part of a record that tells whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct DueItem {
    pub(crate) room: RoomId,
    pub(crate) entry: Option<String>,
    stage: Stage,
}

/// Which line of an outbox it is, in the order in which the lines of one entry stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Something is to be done, or was tried.
    UnderWay,
    /// The entry is over.
    Settled,
    /// It begins anew.
    Retried,
}

impl DueItem {
    /// Not by serde, which would read the message as well.
    pub(crate) fn read(record: &Value) -> Option<Self> {
        let room = json::read(record.get("room")?)?;
        let entry = record.get("entry").and_then(Value::as_str).map(str::to_owned);
        let line = record.get("line");
        let name = line.and_then(|line| line.as_str().or_else(|| line.as_object()?.keys().next().map(String::as_str)));
        let stage = match name {
            Some("settled") => Stage::Settled,
            Some("retried") => Stage::Retried,
            _ => Stage::UnderWay,
        };
        Some(Self { room, entry, stage })
    }
}

impl DueItems {
    /// What a bucket's records tell.
    pub fn on(records: &[Value]) -> Self {
        let mut read: Vec<DueItem> = records.iter().filter_map(DueItem::read).collect();
        // What is the same entry's stands together then, its end last.
        sort(&mut read);
        let mut due_items = Self { contacts: inbox::contacts_on(records), ..Self::default() };
        for same_room in read.chunk_by(|a, b| a.room == b.room) {
            let mut entries = same_room.chunk_by(|a, b| a.entry == b.entry);
            let all_settled = entries.all(|entry| entry.last().is_some_and(|last| last.stage == Stage::Settled));
            let rooms = if all_settled { &mut due_items.settled_rooms } else { &mut due_items.rooms };
            rooms.extend(same_room.first().map(|due_item| due_item.room.clone()));
            let of_no_entry = same_room.iter().find(|due_item| due_item.entry.is_none());
            due_items.closed_rooms.extend(of_no_entry.map(|due_item| due_item.room.clone()));
        }
        due_items
    }
}

/// The rooms that records are about.
pub fn rooms_on(records: &[Value]) -> Vec<RoomId> {
    let room = |record: &Value| json::read(record.get("room")?);
    let mut rooms: Vec<RoomId> = records.iter().filter_map(room).collect();
    sort(&mut rooms);
    rooms.dedup();
    rooms
}
