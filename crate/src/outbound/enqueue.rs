//! A new message of a room: recorded in its outbox and, where nothing waits before it, sent at once.

use crate::ids::RoomId;
use crate::outbound::outbox_writer::{log_unrecorded, record_entry, room_queue, written};
use crate::outbound::reconcile;
use crate::outbound::run::{DeliveryRun, may_try, sending_queue};
use crate::outbound::transport::Outgoing;
use crate::outbound::transport::ticketer::{Webhook, mailroom};
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::missed::UnrecordedRooms;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::Message;
use crate::store::snapshot::RoomSnapshot;

/// Enqueues a new message. Where nothing waits before it, it is sent while it is being recorded;
/// otherwise it is recorded and follows the others. The room's snapshot must be held by the operation.
pub async fn enqueue(host: &Host, snapshot: &RoomSnapshot, id: String, message: Message) -> End {
    let room = &snapshot.ticket.room;
    let entry = Entry::new(id, message, host.now());
    let after_missed = host.cache::<UnrecordedRooms>().remove(room);
    let first = snapshot.outbox.pending.is_empty() && snapshot.ticket.is_open() && !after_missed;
    if first && host.try_acquire(sending_queue(room)).await {
        match DeliveryRun::new(host, DeliveryMode::Due).message(&snapshot.ticket, &entry).await {
            Ok(Outgoing::Webhook(webhook)) if may_try(host, &snapshot.ticket).await => {
                return send_while_recording(host, snapshot, &entry, webhook).await;
            }
            Ok(_) | Err(_) => host.release(sending_queue(room)).await,
        }
    }
    let mode = record_or_reconcile(host, room, &entry).await;
    let mode = if after_missed { DeliveryMode::Reconcile } else { mode };
    End::follow_up(Job::Deliver { room: room.clone(), mode })
}

async fn send_while_recording(host: &Host, snapshot: &RoomSnapshot, entry: &Entry, webhook: Webhook) -> End {
    let room = &snapshot.ticket.room;
    let sent_at = host.now();
    let record = match outbox_record::record_effect(host, entry.entry_ref(room), written(host, entry)).await {
        Ok(record) => record,
        Err(failure) => {
            log_unrecorded(host, entry, &failure);
            let mode = record_or_reconcile(host, room, entry).await;
            return End::follow_up(Job::Deliver { room: room.clone(), mode });
        }
    };
    // The next event of the room may look at the snapshot meanwhile: it finds the sending queue taken.
    let (effect, carrier) = webhook.into_effect();
    let (answer, stored) = host.post_and_store(effect, record, room_queue(room)).await;
    let reply = mailroom::reply(&answer, carrier.as_str());
    let mut mode = DeliveryMode::Due;
    if let Err(failure) = stored {
        log_unrecorded(host, entry, &failure);
        mode = record_or_reconcile(host, room, entry).await;
    }
    let mut run = DeliveryRun::new(host, mode);
    let settled = match run.settle(snapshot, entry, sent_at, reply).await {
        Ok(_) if !run.unknown.is_empty() => run.run(room).await,
        settled => settled.map(|_| ()),
    };
    if let Err(failure) = settled {
        host.log(Level::Error, format!("what became of message {} could not be stored: {failure}", entry.id));
    }
    run.end()
}

/// Records an entry, and says how to go on with the room: what is not recorded must be found again before
/// its next message goes.
async fn record_or_reconcile(host: &Host, room: &RoomId, entry: &Entry) -> DeliveryMode {
    match record_entry(host, room, entry).await {
        Ok(()) => DeliveryMode::Due,
        Err(_) => {
            reconcile::schedule_reconcile(host, room).await;
            DeliveryMode::Reconcile
        }
    }
}
