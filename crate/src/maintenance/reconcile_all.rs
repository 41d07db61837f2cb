//! Reconciling the rooms of all open tickets.

use crate::maintenance::sweep::MARGIN_MS;
use crate::outbound::delivery;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::due;
use crate::store::missed::ReconcileNeeded;
use crate::store::snapshot::RoomSnapshot;
use crate::store::time_index::OPENED;

/// Compares the rooms of open tickets with what was recorded: of one bucket of the time index of opened
/// tickets, or of all of them, a job each.
pub async fn reconcile(host: &Host, bucket: Option<u64>) -> End {
    if bucket.is_none() {
        host.cache::<ReconcileNeeded>().0.set(false);
    }
    let outcome = match bucket {
        None => OPENED.buckets(host).await.map(|buckets| {
            let job = |bucket| Job::Reconcile { bucket: Some(bucket) };
            buckets.into_iter().map(job).collect()
        }),
        Some(bucket) => reconcile_bucket(host, bucket).await,
    };
    match outcome {
        Ok(follow_ups) => End { response: None, follow_ups },
        Err(failure) => {
            host.log(Level::Warn, format!("rooms could not be compared with what was recorded: {failure}"));
            host.cache::<ReconcileNeeded>().0.set(true);
            End::default()
        }
    }
}

async fn reconcile_bucket(host: &Host, bucket: u64) -> Result<Vec<Job>, Failure> {
    let mut follow_ups = Vec::new();
    let mut all_finished = true;
    for room in due::rooms_on(&host.all_records(OPENED.association(bucket)).await?) {
        match RoomSnapshot::read(host, &room).await? {
            Some(snapshot) if !snapshot.ticket.is_finished() || snapshot.is_busy() => {
                all_finished = false;
                follow_ups.extend(delivery::deliver(host, &room, DeliveryMode::Reconcile).await.follow_ups);
            }
            Some(_) | None => {}
        }
    }
    if all_finished && OPENED.end(bucket).saturating_add(MARGIN_MS) < host.now() {
        OPENED.drop_bucket(host, bucket).await?;
    }
    Ok(follow_ups)
}
