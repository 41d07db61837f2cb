//! The event of a room's close, and the comment that comes beside it.

use crate::config::settings;
use crate::ids::RoomId;
use crate::livechat::leave::OwnCloses;
use crate::outbound::{outbox_writer, reconcile};
use crate::runtime::cache::Recent;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::missed::ReconcileNeeded;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::FactKind;
use crate::wire::rocketchat::{Message, Room};

/// How long after the event of a close that of its comment may come, in milliseconds.
const COMMENT_LATE_MS: u64 = 100;

/// With which words rooms were closed. Rocket.Chat tells it only once, in an event beside the close's own.
#[derive(Debug, Default)]
pub struct ClosingComments(pub(crate) Recent<RoomId, String, 200>);

/// Remembers the words with which a room was closed, if the message says so: they come in an event of their own,
/// mostly before that of the close.
pub fn note_comment(host: &Host, message: &Message) {
    if let Some(comment) = closing_comment(message) {
        host.cache::<ClosingComments>().0.put(message.room.id.clone(), comment.to_owned());
    }
}

fn closing_comment(message: &Message) -> Option<&str> {
    let text = message.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    text.filter(|_| message.kind.as_deref() == Some("livechat-close"))
}

/// A room was closed on Rocket.Chat's side, or by this app: RapidPro is told in the first case.
pub async fn closed_in_rocket_chat(host: &Host, closed: Room) -> End {
    if host.cache::<OwnCloses>().take(&closed.id) {
        return End::default();
    }
    let made_here = closed.was_made_by(&host.process().app_id);
    let room = closed.id;
    // Behind the room's messages whose events came before.
    host.acquire(outbox_writer::room_queue(&room)).await;
    let stored = match RoomSnapshot::read(host, &room).await {
        Ok(Some(snapshot)) if snapshot.ticket.is_open() => {
            let comment = comment_on(host, &room).await;
            snapshot.ticket.add(host, FactKind::closed_in_rocket_chat(host, comment)).await
        }
        Ok(None) if made_here => {
            reconcile::schedule_reconcile(host, &room).await;
            return End::default();
        }
        Ok(_) => return End::default(),
        Err(failure) => Err(failure),
    };
    let mut mode = DeliveryMode::Due;
    if let Err(failure) = stored {
        reconcile::schedule_reconcile(host, &room).await;
        let room = room.as_str();
        host.log(Level::Error, format!("room {room} was closed, which reconciliation will find: {failure}"));
        host.cache::<ReconcileNeeded>().0.set(true);
        mode = DeliveryMode::Reconcile;
    }
    End::follow_up(Job::Deliver { room, mode })
}

/// The words with which a room was closed, where RapidPro is to be told. Their event may be late, and Rocket.Chat 6.12
/// to 7.0 has none: there they are read back, where the server can.
async fn comment_on(host: &Host, room: &RoomId) -> Option<String> {
    let comments = host.cache::<ClosingComments>();
    let known = comments.0.remove(room);
    if !settings::all(host).await.is_ok_and(|settings| settings.sends_close_details()) {
        return None;
    }
    if known.is_none() {
        host.sleep(COMMENT_LATE_MS).await;
    }
    if let Some(comment) = known.or_else(|| comments.0.remove(room)) {
        return Some(comment);
    }
    match host.last_messages(room.clone()).await {
        Ok(messages) => messages.iter().find_map(closing_comment).map(str::to_owned),
        Err(failure) => {
            host.log(Level::Debug, format!("the closing comment of room {} is not known: {failure}", room.as_str()));
            None
        }
    }
}
