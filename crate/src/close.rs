//! How a ticket ends, from either side.

use serde_json::Value;

use crate::delivery;
use crate::desk::Desk;
use crate::fields::Fields;
use crate::host::Host;
use crate::notice;
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::ticket::{self, Closer, Contact, ContactToken, FactKind, RoomId, RoomState, Ticket};
use crate::trigger::{Haste, Job};
use crate::workspace;

/// The endpoint `room.close`: ends a contact's tickets without telling RapidPro, which knows. What
/// agents wrote before goes out all the same.
///
/// # Errors
/// 400 naming a field. That there is nothing to close, or that Rocket.Chat refuses, is none: the
/// ticket must be closable in RapidPro.
pub async fn close(host: &Host, body: &Value) -> Result<End, Refusal> {
    let token = ContactToken(Fields::of_body(body)?.object("visitor")?.text("token")?.to_owned());
    let contact = Contact { workspace: workspace::current(host).await?.id, token };
    host.acquire_in_time(contact.queue()).await?;
    let tickets = ticket::of_contact(&host.all_records(contact.association()).await?);
    let mut end = End::answer(Response::of(204));
    for ticket in tickets.iter().filter(|ticket| !ticket.is_ended() && !ticket.is_finished()) {
        // Written first: the room's close event must find it, however soon it comes.
        ticket.add(host, FactKind::Closed { by: Closer::RapidPro }).await?;
        if ticket.is_open() {
            close_room(host, ticket).await;
        }
        end.follow_ups.push(Job::Deliver { room: ticket.room.clone(), haste: Haste::Due });
    }
    Ok(end)
}

/// Closes the room if Rocket.Chat lets it; else the agents are asked to.
async fn close_room(host: &Host, ticket: &Ticket) {
    let closed = match ticket::look(host, ticket).await {
        Ok(RoomState::Open(room)) => host.close_room(room.id, "Closed in RapidPro").await,
        Ok(RoomState::Closed | RoomState::Unknown) => Ok(()),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = closed {
        let room = ticket.room.as_str();
        host.log(Level::Warn, format!("RapidPro closed the ticket, but room {room} could not be closed: {failure}"));
        if !matches!(ticket::look(host, ticket).await, Ok(RoomState::Closed)) {
            notice::please_close(host, ticket).await;
        }
    }
}

/// A room was closed on Rocket.Chat's side, or by this app: RapidPro is told in the first case.
pub async fn closed_in_rocket_chat(host: &Host, room: RoomId) -> End {
    // Behind the room's messages whose events came before.
    host.acquire(delivery::desk_queue(&room)).await;
    let stored = match Desk::read(host, &room).await {
        Ok(Some(desk)) if desk.ticket.is_open() => {
            desk.ticket.add(host, FactKind::Closed { by: Closer::RocketChat }).await
        }
        Ok(_) => return End::default(),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = stored {
        let room = room.as_str();
        host.log(Level::Error, format!("room {room} was closed, which the comparison of rooms will find: {failure}"));
        host.memory().missed.set(true);
    }
    End::follow_up(Job::Deliver { room, haste: Haste::Due })
}
