//! Keeping small what is stored.
//!
//! The lines of entries that are over shrink to a list of ids, a batch at a time; the comparison of rooms
//! needs to know the ids for as long as the ticket lives. A batch is touched only long after its entries'
//! leases are over, so that nobody can be adding to it.

use crate::ids::EntryId;
use crate::ids::RoomId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::keys;
use crate::store::keys::sent_association;
use crate::store::outbox::SettledEntry;
use crate::store::snapshot::Desk;
use serde::Deserialize;
use serde::Serialize;

pub(crate) const VERSION: u8 = 1;

/// The ids of entries that are over.
#[derive(Debug, Deserialize, Serialize)]
struct Sent {
    pub(crate) v: u8,
    pub(crate) sent: Vec<EntryId>,
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
    host.remove_records(keys::batch_association(room, first_page)).await
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
    host.remove_records(keys::lines_association(room)).await
}
