//! Which room a ticket gets where none serves the contact: a new one, or one that is open already.

use crate::ids::{Contact, EntryId, RoomId};
use crate::inbound::room_request::RoomRequest;
use crate::livechat::leave::OwnCloses;
use crate::livechat::room::unused;
use crate::livechat::{leave, notice, refusals};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::outcome::Level;
use crate::store::delivered;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::{Binding, Service, Ticket};
use crate::wire::rocketchat::{Room, Visitor};

/// How often to ask for a new room: the one that stands in its way may be closed in the meantime.
const CREATE_TRIES: u32 = 2;

/// A room for a ticket.
#[derive(Debug)]
pub(crate) enum Found {
    /// One that this app has made and that never served.
    Unused(RoomId),
    /// The visitor's open room, which Rocket.Chat does not let the app close or which somebody else made.
    Used(RoomId),
}

/// Finds or makes a room for a visitor whom none of their `tickets` serves.
///
/// From Rocket.Chat 8.3 on a visitor has at most one open room (facts: "createRoom"), so rooms of tickets that have
/// ended are closed before, and what cannot be closed serves once more. `open` are the visitor's open rooms.
pub(crate) async fn find_or_create(
    host: &Host,
    (visitor, open): (&Visitor, &[Room]),
    order: &RoomRequest<'_>,
    tickets: &[Ticket],
    follow_ups: &mut Vec<Job>,
) -> Result<Found, Failure> {
    let used: Vec<&RoomId> = tickets.iter().map(|ticket| &ticket.room).collect();
    // A room of ours that no fact knows is what a crash between opening and binding left.
    if let Some(left_over) = unused(host, open, &used).into_iter().next() {
        follow_ups.push(Job::Deliver { room: left_over.clone(), mode: DeliveryMode::Reconcile });
        return Ok(Found::Unused(left_over));
    }
    for ended in tickets.iter().filter(|ticket| open.iter().any(|room| room.id == ticket.room)) {
        if let Err(failure) = leave::close(host, ended).await {
            let room = ended.room.as_str();
            host.log(Level::Warn, format!("room {room} of an ended ticket stands in a new one's way: {failure}"));
        }
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let failure = match host.create_room(visitor.clone(), order.room_fields()).await {
            Ok(room) => return Ok(Found::Unused(room.id)),
            Err(failure) => failure,
        };
        if !refusals::is_second_room(&failure) {
            return Err(failure);
        }
        let open = host.find_open_rooms(&visitor.token).await?;
        // Another node may just have opened one for the contact.
        if let Some(room) = unused(host, &open, &used).into_iter().next() {
            return Ok(Found::Unused(room));
        }
        if let Some(room) = open.into_iter().map(|room| room.id).min() {
            return Ok(Found::Used(room));
        }
        if tries == CREATE_TRIES {
            return Err(failure);
        }
    }
}

/// Has an open room that served before, or that somebody else made, serve a ticket. What its earlier tickets still owe
/// to RapidPro goes on.
pub(crate) async fn adopt(
    host: &Host,
    contact: &Contact,
    room: &RoomId,
    before: Option<&Ticket>,
    visitor: &Visitor,
    binding: &Binding,
) -> Result<(), Failure> {
    host.log(Level::Info, format!("room {} could not be replaced and serves a new ticket", room.as_str()));
    // Whoever closes it from now on is heard.
    host.cache::<OwnCloses>().take(room);
    let adopted = before.map_or(0, |ticket| ticket.adopted).saturating_add(1);
    let service = Service { contact, room, adopted };
    // Stored with the first binding: from then on the room is compared with what was recorded.
    let mut written_before = Some(written_before(host, room).await?);
    if let Some(ticket) = before {
        for owed in ticket.pending_closes() {
            service.bind_after(host, &ticket.visitor, owed, written_before.take()).await?;
        }
    }
    service.bind_after(host, visitor, binding, written_before.take()).await?;
    notice::serves_again(host, room).await;
    Ok(())
}

/// What in a room is nothing that its next tickets owe to RapidPro: all of it, once nothing is left to be done for those
/// before, and until then what RapidPro has of it.
async fn written_before(host: &Host, room: &RoomId) -> Result<Vec<EntryId>, Failure> {
    let mut ids = delivered::delivered_ids(host, room).await?;
    match RoomSnapshot::read(host, room).await? {
        Some(snapshot) if !snapshot.ticket.is_finished() => {
            ids.extend(snapshot.outbox.settled.into_iter().map(|settled| settled.id));
            Ok(ids)
        }
        Some(_) | None => {
            let messages = host.messages(room.clone()).await?;
            Ok(messages.into_iter().filter_map(|message| message.id).collect())
        }
    }
}
