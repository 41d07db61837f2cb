//! Closing the room of a ticket that has ended.

use crate::config::language;
use crate::livechat::room::RoomState;
use crate::livechat::{notice, room};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket::Ticket;
use crate::text::messages;

/// Closes the room of a ticket that has ended, if Rocket.Chat lets it; else the agents are asked to.
///
/// # Errors
/// Where Rocket.Chat neither closes the room nor takes the request to.
pub async fn leave_room(host: &Host, ticket: &Ticket) -> Result<(), Failure> {
    let RoomState::Open(_) = room::observe(host, ticket).await? else { return Ok(()) };
    let Err(failure) = close(host, ticket).await else { return Ok(()) };
    let room = ticket.room.as_str();
    host.log(Level::Warn, format!("the ticket of room {room} has ended, but the room could not be closed: {failure}"));
    if notice::please_close(host, ticket).await { Ok(()) } else { Err(failure) }
}

/// Closes the room of a ticket that has ended, which this operation has found before.
///
/// # Errors
/// Where it is still open then.
pub async fn close(host: &Host, ticket: &Ticket) -> Result<(), Failure> {
    let comment = match ticket {
        _ if ticket.gave_way() => messages::GAVE_WAY,
        _ if ticket.is_replaced() => messages::REPLACED,
        _ => messages::CLOSED_IN_RAPIDPRO,
    };
    let comment = comment.in_language(language::of_server(host).await);
    let Err(failure) = host.close_room(ticket.room.clone(), comment).await else { return Ok(()) };
    if room::observe(host, ticket).await? == RoomState::Closed { Ok(()) } else { Err(failure) }
}
