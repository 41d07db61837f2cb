//! Recording an entry, as often as a failing store needs.

use crate::ids::RoomId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::missed::{ReconcileNeeded, UnrecordedRooms};
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::{LEASE_MS, OutboxEvent};

/// A failing store is tried this often.
const WRITE_TRIES: u32 = 3;

/// The queue of this process in which recording what happens in a room waits for its turn. It is
/// never held while RapidPro is being waited for.
pub fn room_queue(room: &RoomId) -> String {
    format!("room/{}", room.as_str())
}

/// Records an entry.
///
/// # Errors
/// Where the store refuses to the last: then reconciliation finds the message.
pub async fn record_entry(host: &Host, room: &RoomId, entry: &Entry) -> Result<(), Failure> {
    let stored = with_retries(|| outbox_record::append(host, entry.entry_ref(room), written(host, entry))).await;
    if let Err(failure) = &stored {
        log_unrecorded(host, entry, failure);
        host.cache::<ReconcileNeeded>().0.set(true);
        host.cache::<UnrecordedRooms>().insert(room);
    }
    stored
}

pub(crate) fn written(host: &Host, entry: &Entry) -> OutboxEvent {
    let until = entry.enqueued_at.saturating_add(LEASE_MS);
    OutboxEvent::Enqueued { message: entry.message.clone(), node: host.process().node.clone(), until }
}

pub(crate) fn log_unrecorded(host: &Host, entry: &Entry, failure: &Failure) {
    host.log(Level::Warn, format!("message {} could not be recorded: {failure}", entry.id));
}

/// Tries a write several times.
pub(crate) async fn with_retries<F: Future<Output = Result<(), Failure>>>(
    write: impl Fn() -> F,
) -> Result<(), Failure> {
    for _ in 1..WRITE_TRIES {
        if write().await.is_ok() {
            return Ok(());
        }
    }
    write().await
}
