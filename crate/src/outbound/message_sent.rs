//! What is written on Rocket.Chat's side, on its way to RapidPro.

use crate::ids::RoomId;
use crate::livechat::notice;
use crate::outbound::content_lookup::completed;
use crate::outbound::eligible::{Author, is_foreign_room, outbound_message};
use crate::outbound::reorder::{GAP_WAIT_MS, LOOK_EVERY_MS, ReorderBuffer};
use crate::outbound::{eligible, enqueue, outbox_writer, reconcile, room_closed};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::delivered;
use crate::store::missed::{ReconcileNeeded, UnrecordedRooms};
use crate::store::snapshot::RoomSnapshot;
use crate::wire::rocketchat::Message;

/// An event that is this much younger than its message is late, in milliseconds. No entry's records shrink
/// before.
const LATE_MS: u64 = 60_000;

/// Enqueues a message of a ticket's room for RapidPro; skips everything that the livechat visitor
/// would not see, and everything outside the ticket's own room.
pub async fn forward(host: &Host, message: Message) -> End {
    let (buffer, room) = (host.cache::<ReorderBuffer>(), message.room.id.clone());
    if is_foreign_room(&message, &host.process().app_id) {
        return End::default();
    }
    let made_here = message.room.was_made_by(&host.process().app_id);
    buffer.count(&message);
    room_closed::note_comment(host, &message);
    if Author::of(&message, &host.process().app_id) != Author::Staff {
        return End::default();
    }
    buffer.push(message);
    // In the order of the events; which message is enqueued then, is the reorder buffer's business.
    host.acquire(outbox_writer::room_queue(&room)).await;
    wait_for_missing(host, &room).await;
    let oldest = buffer.take_oldest(&room);
    let Some(written) = oldest else { return End::default() };
    let Some((id, message)) = outbound_message(host, &written) else { return nothing_to_send(host, &written).await };
    let snapshot = match RoomSnapshot::read_with_retries(host, &room).await {
        Ok(Some(snapshot)) => snapshot,
        Ok(None) => {
            if made_here {
                reconcile::schedule_reconcile(host, &room).await;
            }
            return End::default();
        }
        Err(failure) => return missed(host, &room, &id, &failure).await,
    };
    match is_recorded(host, &snapshot, &id, message.written_at).await {
        Ok(false) => {}
        Ok(true) => return End::default(),
        Err(failure) => return missed(host, &room, &id, &failure).await,
    }
    if snapshot.ticket.is_finished() {
        notice::nobody_reads(host, &snapshot.ticket).await;
        return End::default();
    }
    let message = completed(host, &snapshot.ticket, &written, message).await;
    enqueue::enqueue(host, &snapshot, id, message).await
}

/// A message has neither words nor files: the agent must not believe that the contact got it.
pub(crate) async fn nothing_to_send(host: &Host, message: &Message) -> End {
    let Some(id) = eligible::without_content(host, message) else { return End::default() };
    let passed_over = match RoomSnapshot::read(host, &message.room.id).await {
        Ok(Some(snapshot)) if snapshot.ticket.is_open() && !snapshot.outbox.knows(&id) => {
            reconcile::pass_over(host, &snapshot, &id).await
        }
        Ok(_) => Ok(()),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = passed_over {
        host.log(Level::Warn, format!("a message without content is skipped: {failure}"));
    }
    End::default()
}

/// An event that comes late may be a second one of a message whose records have shrunk to its id.
async fn is_recorded(host: &Host, snapshot: &RoomSnapshot, id: &str, written_at: u64) -> Result<bool, Failure> {
    let is_late = host.now().saturating_sub(written_at) > LATE_MS;
    Ok(snapshot.outbox.knows(id)
        || snapshot.ticket.is_from_before(id)
        || (is_late && delivered::delivered_ids(host, &snapshot.ticket.room).await?.iter().any(|sent| sent == id)))
}

/// The room's next message must not overtake this one, and the rooms are compared soon.
pub(crate) async fn missed(host: &Host, room: &RoomId, id: &str, failure: &Failure) -> End {
    host.log(Level::Error, format!("message {id} was not enqueued; reconciliation will find it: {failure}"));
    host.cache::<ReconcileNeeded>().0.set(true);
    host.cache::<UnrecordedRooms>().insert(room);
    reconcile::schedule_reconcile(host, room).await;
    End::default()
}

async fn wait_for_missing(host: &Host, room: &RoomId) {
    let buffer = host.cache::<ReorderBuffer>();
    let since = host.now();
    while buffer.has_gap(room) && host.now().abs_diff(since) < GAP_WAIT_MS {
        host.sleep(LOOK_EVERY_MS).await;
    }
    buffer.stop_waiting(room);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::outbound::eligible::{Author, is_foreign_room};
    use crate::wire::rocketchat::Message;

    const APP: &str = "4c1d2b6e";

    fn message(changes: Value) -> Message {
        let mut message = json!({
            "id": "m", "text": "hello",
            "room": { "id": "r", "type": "l", "isOpen": true, "source": { "type": "app", "id": APP }, "visitor": { "id": "v" } },
            "sender": { "id": "anna", "username": "anna", "type": "user" },
        });
        for (key, value) in changes.as_object().unwrap() {
            message[key] = value.clone();
        }
        serde_json::from_value(message).unwrap()
    }

    #[track_caller]
    fn check(changes: Value, expected: Author) {
        assert_eq!(Author::of(&message(changes), APP), expected);
    }

    #[test]
    fn authors() {
        check(json!({}), Author::Staff);
        check(json!({ "type": null, "token": null }), Author::Staff);
        check(json!({ "sender": { "id": "b", "type": "bot" } }), Author::Staff);
        check(json!({ "sender": { "id": "x", "type": "app", "appId": "another" } }), Author::Staff);
        check(json!({ "sender": { "id": "x", "type": "app", "appId": APP } }), Author::ThisApp);
        check(json!({ "token": "t" }), Author::Visitor);
        check(json!({ "sender": { "id": "v", "type": "unknown" } }), Author::Visitor);
        check(json!({ "type": "livechat-close", "token": "t" }), Author::System);
    }

    #[test]
    fn rooms_made_elsewhere() {
        let room =
            |kind: &str, source: Value| message(json!({ "room": { "id": "r", "type": kind, "source": source } }));
        assert!(!is_foreign_room(&room("l", json!({ "type": "app", "id": APP })), APP));
        assert!(!is_foreign_room(&room("l", Value::Null), APP));
        assert!(is_foreign_room(&room("l", json!({ "type": "app", "id": "another" })), APP));
        assert!(is_foreign_room(&room("c", Value::Null), APP));
    }
}
