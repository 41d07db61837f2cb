//! Keeping small what is stored.
//!
//! The records of entries that are over shrink to a list of ids, a batch at a time; reconciliation
//! needs to know the ids for as long as the ticket lives. A batch is touched only long after its entries'
//! leases are over, so that nobody can be adding to it.

use serde::{Deserialize, Serialize};

use crate::ids::{EntryId, RoomId};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::keys;
use crate::store::keys::delivered_association;
use crate::store::outbox::SettledEntry;
use crate::store::snapshot::RoomSnapshot;

pub(crate) const VERSION: u8 = 1;

/// The ids of entries that are over.
#[derive(Debug, Deserialize, Serialize)]
struct DeliveredIds {
    pub(crate) v: u8,
    pub(crate) sent: Vec<EntryId>,
}

/// The ids of all entries of a room that are over and whose records are gone.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn delivered_ids(host: &Host, room: &RoomId) -> Result<Vec<EntryId>, Failure> {
    let records: Vec<DeliveredIds> = host.records(delivered_association(room)).await?;
    Ok(records.into_iter().flat_map(|record| record.sent).collect())
}

/// Shrinks the records of a room's entries that have this first bucket, if all of them were delivered.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn compact_bucket(host: &Host, snapshot: &RoomSnapshot, first_bucket: u64) -> Result<(), Failure> {
    let (pending, settled) = (&snapshot.outbox.pending, &snapshot.outbox.settled);
    let over: Vec<&SettledEntry> = settled.iter().filter(|entry| entry.batches.contains(&first_bucket)).collect();
    // What has records elsewhere would come back to life by them.
    let still_needed = |entry: &&&SettledEntry| entry.given_up || entry.batches.len() > 1;
    if pending.iter().any(|entry| entry.batches.contains(&first_bucket))
        || over.iter().any(|entry| still_needed(&entry))
    {
        return Ok(());
    }
    let sent: Vec<EntryId> = over.iter().map(|entry| entry.id.clone()).collect();
    if sent.is_empty() {
        return Ok(());
    }
    let room = &snapshot.ticket.room;
    host.create_record(vec![delivered_association(room)], DeliveredIds { v: VERSION, sent }).await?;
    host.remove_records(keys::batch_association(room, first_bucket)).await
}

/// Removes what was on its way from a room that is finished, but for what RapidPro never took; `ids` says whether the
/// ids of what was delivered go too.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn purge_outbox(host: &Host, snapshot: &RoomSnapshot, ids: bool) -> Result<(), Failure> {
    let room = &snapshot.ticket.room;
    if ids {
        host.remove_records(delivered_association(room)).await?;
    }
    if !snapshot.outbox.has_records() || snapshot.outbox.settled.iter().any(|entry| entry.given_up) {
        return Ok(());
    }
    host.remove_records(keys::outbox_association(room)).await
}
