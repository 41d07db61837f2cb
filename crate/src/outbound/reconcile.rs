//! Comparing rooms with what was recorded. Rocket.Chat's events are fire-and-forget: what happened while
//! the app was down, disabled or too slow is found here.

use crate::ids::{EntryId, RoomId};
use crate::livechat::room::RoomState;
use crate::livechat::{notice, room};
use crate::outbound::outbox_writer::{record_entry, with_retries};
use crate::outbound::{content_lookup, eligible};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::outcome::Level;
use crate::sort::sort_by_key;
use crate::store::outbox::Entry;
use crate::store::outbox_record::{EntryRef, OutboxEvent};
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::{ClosedBy, FactKind, Ticket};
use crate::store::{delivered, outbox_record};

/// How soon to look for what was not recorded, in milliseconds.
const LOOK_SOON_MS: u64 = 3_000;

/// Has a room compared soon. Something may happen in it before it is bound to a ticket, or while the store
/// cannot be read.
pub async fn schedule_reconcile(host: &Host, room: &RoomId) {
    let soon = host.now().saturating_add(LOOK_SOON_MS);
    host.schedule(Job::Deliver { room: room.clone(), mode: DeliveryMode::Reconcile }, soon).await;
}

/// Records that a ticket's room was closed, if nobody noticed; says whether that was so.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn recover_missed_close(host: &Host, ticket: &Ticket) -> Result<bool, Failure> {
    let missed = ticket.is_open()
        && match room::observe(host, ticket).await {
            Ok(state) => state == RoomState::Closed,
            // What cannot be seen is no close, and must not keep messages from being sent.
            Err(failure) if failure.is_denied() => false,
            Err(failure) => return Err(failure),
        };
    if missed {
        ticket.add(host, FactKind::closed(ClosedBy::RocketChat)).await?;
    }
    Ok(missed)
}

/// Enqueues the messages of a room that nobody noticed, in the order in which they were written; says
/// whether there were any.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn recover_missed_messages(host: &Host, snapshot: &RoomSnapshot) -> Result<bool, Failure> {
    let room = &snapshot.ticket.room;
    let mut messages = match host.messages(room.clone()).await {
        Ok(messages) => messages,
        // What was enqueued goes out all the same.
        Err(failure) if failure.is_denied() => return Ok(false),
        Err(failure) => return Err(failure),
    };
    let mut any = false;
    // Read where something is unknown to the outbox, and once.
    let mut sent: Option<Vec<EntryId>> = None;
    sort_by_key(&mut messages, |message| message.created_at);
    for written in messages {
        let said = eligible::outbound_message(host, &written);
        let (id, message) = match said {
            Some((id, message)) => (id, Some(message)),
            None => match eligible::without_content(host, &written) {
                Some(id) => (id, None),
                None => continue,
            },
        };
        if snapshot.outbox.knows(&id) || snapshot.ticket.is_from_before(&id) {
            continue;
        }
        if sent.is_none() {
            sent = Some(delivered::delivered_ids(host, room).await?);
        }
        if sent.as_ref().is_some_and(|sent| sent.contains(&id)) {
            continue;
        }
        let Some(message) = message else {
            pass_over(host, snapshot, &id).await?;
            continue;
        };
        host.log(Level::Info, format!("message {id} of room {} had been missed and is sent now", room.as_str()));
        let message = content_lookup::completed(host, &snapshot.ticket, &written, message).await;
        let entry = Entry::new(id, message, host.now());
        record_entry(host, room, &entry).await?;
        any = true;
    }
    Ok(any)
}

/// Tells the agent that a message has nothing that can be sent, and notes that it is over.
///
/// # Errors
/// Where the store refuses to the last: then it is told again.
pub async fn pass_over(host: &Host, snapshot: &RoomSnapshot, id: &str) -> Result<(), Failure> {
    notice::nothing_to_send(host, &snapshot.ticket).await;
    let place = EntryRef { room: &snapshot.ticket.room, entry: id, enqueued_at: host.now(), last_at: 0 };
    with_retries(|| outbox_record::append(host, place, OutboxEvent::Settled { given_up: None, reason: None })).await
}
