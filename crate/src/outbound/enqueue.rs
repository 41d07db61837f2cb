//! outbound/enqueue

use crate::ids::RoomId;
use crate::outbound::outbox_writer::desk_queue;
use crate::outbound::outbox_writer::log_unwritten;
use crate::outbound::outbox_writer::write_down;
use crate::outbound::outbox_writer::written;
use crate::outbound::reconcile;
use crate::outbound::run::Courier;
use crate::outbound::run::may_try;
use crate::outbound::run::sending_queue;
use crate::outbound::webhook::Webhook;
use crate::runtime::host::Host;
use crate::runtime::job::Haste;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::missed::UnrecordedRooms;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::Message;
use crate::store::snapshot::Desk;

/// Takes up a new message. Where nothing waits before it, it is sent while it is being written down;
/// otherwise it is written down and follows the others. The room's desk must be held by the operation.
pub async fn take_up(host: &Host, desk: &Desk, id: String, message: Message) -> End {
    let room = &desk.ticket.room;
    let entry = Entry::new(id, message, host.now());
    let after_missed = host.cache::<UnrecordedRooms>().remove(room);
    let first = desk.outbox.waiting.is_empty() && desk.ticket.is_open() && !after_missed;
    if first && host.try_acquire(sending_queue(room)).await {
        match Courier::new(host, Haste::Due).message(&desk.ticket, &entry).await {
            Ok(webhook) if may_try(host, &desk.ticket) => {
                return send_while_writing(host, desk, &entry, webhook).await;
            }
            Ok(_) | Err(_) => host.release(sending_queue(room)).await,
        }
    }
    let haste = write_down_or_compare(host, room, &entry).await;
    let haste = if after_missed { Haste::Compare } else { haste };
    End::follow_up(Job::Deliver { room: room.clone(), haste })
}

async fn send_while_writing(host: &Host, desk: &Desk, entry: &Entry, webhook: Webhook) -> End {
    let room = &desk.ticket.room;
    let sent_at = host.now();
    let line = match outbox_record::line(host, entry.place(room), written(host, entry)).await {
        Ok(line) => line,
        Err(failure) => {
            log_unwritten(host, entry, &failure);
            let haste = write_down_or_compare(host, room, entry).await;
            return End::follow_up(Job::Deliver { room: room.clone(), haste });
        }
    };
    // The next event of the room may look at the desk meanwhile: it finds the sending queue taken.
    let (answer, stored) = host.post_and_store(webhook.into_effect(), line, desk_queue(room)).await;
    let mut haste = Haste::Due;
    if let Err(failure) = stored {
        log_unwritten(host, entry, &failure);
        haste = write_down_or_compare(host, room, entry).await;
    }
    let mut courier = Courier::new(host, haste);
    let settled = match courier.settle(&desk.ticket, entry, sent_at, answer).await {
        Ok(_) if !courier.unknown.is_empty() => courier.work_off(room).await,
        settled => settled.map(|_| ()),
    };
    if let Err(failure) = settled {
        host.log(Level::Error, format!("what became of message {} could not be stored: {failure}", entry.id));
    }
    courier.end()
}

/// Writes an entry down, and says how to go on with the room: what is not written down must be found again before
/// its next message goes.
async fn write_down_or_compare(host: &Host, room: &RoomId, entry: &Entry) -> Haste {
    match write_down(host, room, entry).await {
        Ok(()) => Haste::Due,
        Err(_) => {
            reconcile::look_soon(host, room).await;
            Haste::Compare
        }
    }
}
