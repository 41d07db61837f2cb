//! Keeping small what is stored.
//!
//! The lines of entries that are over shrink to a list of ids, a batch at a time; the comparison of rooms
//! needs to know the ids for as long as the ticket lives. A batch is touched only long after its entries'
//! leases are over, so that nobody can be adding to it.

use serde_json::Value;

use crate::calendar::ENDED;
use crate::desk::Desk;
use crate::host::{Failure, Host};
use crate::json;
use crate::outbox::{self, EntryId, SettledEntry};
use crate::settings;
use crate::ticket::{RoomId, room_association};
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;
const DAY_MS: u64 = 24 * 60 * 60_000;

/// The ids of entries that are over.
#[derive(Debug, Deserialize, Serialize)]
struct Sent {
    v: u8,
    sent: Vec<EntryId>,
}

/// The ids of all entries of a room that are over and whose lines are gone.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn sent(host: &Host, room: &RoomId) -> Result<Vec<EntryId>, Failure> {
    let records: Vec<Sent> = host.records(sent_association(room)).await?;
    Ok(records.into_iter().flat_map(|record| record.sent).collect())
}

/// Shrinks the lines of a room's entries that have this first page, if all of them were delivered.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn shrink_batch(host: &Host, desk: &Desk, first_page: u64) -> Result<(), Failure> {
    let (waiting, settled) = (&desk.outbox.waiting, &desk.outbox.settled);
    let over: Vec<&SettledEntry> = settled.iter().filter(|entry| entry.batches.contains(&first_page)).collect();
    // What has lines elsewhere would come back to life by them.
    let still_needed = |entry: &&&SettledEntry| entry.given_up || entry.batches.len() > 1;
    if waiting.iter().any(|entry| entry.batches.contains(&first_page)) || over.iter().any(|entry| still_needed(&entry))
    {
        return Ok(());
    }
    let sent: Vec<EntryId> = over.iter().map(|entry| entry.id.clone()).collect();
    if sent.is_empty() {
        return Ok(());
    }
    let room = &desk.ticket.room;
    host.create_record(vec![sent_association(room)], Sent { v: VERSION, sent }).await?;
    host.remove_records(outbox::batch_association(room, first_page)).await
}

/// Removes what was on its way from a room that is finished, but for what RapidPro never took.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn forget_lines(host: &Host, desk: &Desk) -> Result<(), Failure> {
    let room = &desk.ticket.room;
    host.remove_records(sent_association(room)).await?;
    if desk.outbox.settled.iter().any(|entry| entry.given_up) {
        return Ok(());
    }
    host.remove_records(outbox::lines_association(room)).await
}

/// Erases the tickets that ended longer ago than the setting says, a day's worth at a time.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn erase_old_tickets(host: &Host) -> Result<(), Failure> {
    let keep_ms = settings::all(host).await?.retention_days().saturating_mul(DAY_MS);
    let pages = ENDED.pages(host).await?;
    let Some(page) = pages.into_iter().find(|page| ENDED.end(*page).saturating_add(keep_ms) < host.now()) else {
        return Ok(());
    };
    for room in rooms_on(&host.all_records(ENDED.association(page)).await?) {
        host.remove_records(sent_association(&room)).await?;
        host.remove_records(room_association(&room)).await?;
    }
    ENDED.retire(host, page).await
}

/// The rooms that records are about.
pub fn rooms_on(records: &[Value]) -> Vec<RoomId> {
    let room = |record: &Value| json::read(record.get("room")?);
    let mut rooms: Vec<RoomId> = records.iter().filter_map(room).collect();
    rooms.sort();
    rooms.dedup();
    rooms
}

fn sent_association(room: &RoomId) -> String {
    format!("sent/{}", room.as_str())
}
