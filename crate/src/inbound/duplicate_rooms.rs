//! Two rooms of one contact, opened at the same time by two nodes: one goes on, the others are closed.

use crate::ids::{Contact, RoomId};
use crate::livechat::room::unused;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::store::ticket;
use crate::store::ticket::{Binding, ClosedBy, FactKind, Service, Ticket};
use crate::wire::rocketchat::{Room, Visitor};

/// Another node may have opened a room for the contact at the same time. Both look again after they
/// have bound theirs, so at least one sees both rooms: the smallest id wins, takes the others' tickets
/// over, and the others are closed. `open` are the visitor's open rooms, as they were after that.
pub(crate) async fn merge_duplicates(
    host: &Host,
    contact: &Contact,
    (visitor, open): (&Visitor, &[Room]),
    (room, binding): (RoomId, &Binding),
    used: &[&RoomId],
    follow_ups: &mut Vec<Job>,
) -> Result<RoomId, Failure> {
    let rivals = unused(host, open, used);
    let Some((winner, losers)) = rivals.split_first() else { return Ok(room) };
    if rivals.as_slice() == [room.clone()] {
        return Ok(room);
    }
    if !rivals.contains(&room) {
        // It has lost and is closed already.
        Service::first(contact, winner).bind(host, visitor, binding).await?;
    }
    let tickets = ticket::read_of_contact(host, contact).await?;
    for loser in losers {
        let bound = tickets.iter().find(|ticket| ticket.room == *loser);
        if bound.is_none() {
            // Nobody may be alive who would bind it; without a ticket nobody would close it.
            Service::first(contact, loser).bind(host, visitor, binding).await?;
        }
        let ids = bound.map(|ticket| ticket.bindings.clone()).unwrap_or_default();
        let loser = bound.map_or(Service::first(contact, loser), Ticket::service);
        let winner = Service::first(contact, winner);
        supersede(host, winner, visitor, (loser, &ids), follow_ups).await?;
    }
    Ok(winner.clone())
}

/// Has a room's tickets taken over by another one. The room itself is closed by what follows up.
pub(crate) async fn supersede(
    host: &Host,
    winner: Service<'_>,
    visitor: &Visitor,
    (loser, bindings): (Service<'_>, &[Binding]),
    follow_ups: &mut Vec<Job>,
) -> Result<(), Failure> {
    for binding in bindings {
        winner.bind(host, visitor, binding).await?;
    }
    loser.record(host, FactKind::closed(ClosedBy::Duplicate)).await?;
    follow_ups.push(Job::Deliver { room: loser.room.clone(), mode: DeliveryMode::Ended });
    Ok(())
}
