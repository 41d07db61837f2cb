//! Erasing what is stored of tickets that ended long ago.

use crate::config::settings;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::due::rooms_on;
use crate::store::keys::{delivered_association, room_association};
use crate::store::snapshot::RoomSnapshot;
use crate::store::time_index::ENDED;

pub(crate) const DAY_MS: u64 = 24 * 60 * 60_000;

/// Erases the tickets that ended longer ago than the setting says, a day's worth at a time.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn erase_old_tickets(host: &Host) -> Result<(), Failure> {
    let keep_ms = settings::all(host).await?.retention_days().saturating_mul(DAY_MS);
    let buckets = ENDED.buckets(host).await?;
    let Some(bucket) = buckets.into_iter().find(|bucket| ENDED.end(*bucket).saturating_add(keep_ms) < host.now())
    else {
        return Ok(());
    };
    for room in rooms_on(&host.all_records(ENDED.association(bucket)).await?) {
        // One that serves another ticket since has another bucket when that one ends.
        if RoomSnapshot::read(host, &room)
            .await?
            .is_some_and(|snapshot| snapshot.ticket.adopted > 0 && !snapshot.ticket.is_finished())
        {
            continue;
        }
        host.remove_records(delivered_association(&room)).await?;
        host.remove_records(room_association(&room)).await?;
    }
    ENDED.drop_bucket(host, bucket).await
}
