//! Closing the room of a ticket that has ended.

use crate::config::language;
use crate::ids::RoomId;
use crate::livechat::room::RoomState;
use crate::livechat::{notice, room};
use crate::runtime::cache::Recent;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket::Ticket;
use crate::text::messages;
use crate::wire::rocketchat::Room;

/// The rooms that this process closes: nobody need look into the store when Rocket.Chat tells of that.
#[derive(Debug, Default)]
pub struct OwnCloses(Recent<RoomId, (), 200>);

impl OwnCloses {
    /// Whether the close of a room is this process's own; says so once.
    pub fn take(&self, room: &RoomId) -> bool {
        self.0.remove(room).is_some()
    }
}

/// How an ended ticket's room was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It is closed.
    Closed,
    /// Rocket.Chat does not close it, and its agents were asked to.
    AgentsAsked,
}

/// Closes the room of a ticket that has ended, if Rocket.Chat lets it; else the agents are asked to. The room may have
/// been found by this operation before.
///
/// # Errors
/// Where Rocket.Chat neither closes the room nor takes the request to.
pub async fn leave_room(host: &Host, ticket: &Ticket, found: Option<Room>) -> Result<Departure, Failure> {
    let state = match found {
        Some(room) => RoomState::of(room),
        None => room::observe(host, ticket).await?,
    };
    let RoomState::Open(_) = state else { return Ok(Departure::Closed) };
    let Err(failure) = close(host, ticket).await else { return Ok(Departure::Closed) };
    let room = ticket.room.as_str();
    host.log(Level::Warn, format!("the ticket of room {room} has ended, but the room could not be closed: {failure}"));
    if notice::please_close(host, ticket).await { Ok(Departure::AgentsAsked) } else { Err(failure) }
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
    let own_closes = host.cache::<OwnCloses>();
    // Rocket.Chat tells of the close before it answers.
    own_closes.0.put(ticket.room.clone(), ());
    let Err(failure) = host.close_room(ticket.room.clone(), comment).await else { return Ok(()) };
    own_closes.take(&ticket.room);
    if room::observe(host, ticket).await? == RoomState::Closed { Ok(()) } else { Err(failure) }
}
