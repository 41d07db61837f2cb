//! What Rocket.Chat says of rooms.

use crate::ids::RoomId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::sort::sort;
use crate::store::ticket::Ticket;
use crate::wire::rocketchat::Room;

/// Those of a visitor's open rooms that this app made and that never served a ticket before, smallest id first.
pub(crate) fn unused(host: &Host, open: &[Room], used: &[&RoomId]) -> Vec<RoomId> {
    let made_here = |room: &&Room| room.was_made_by(&host.process().app_id) && !used.contains(&&room.id);
    let mut ids: Vec<RoomId> = open.iter().filter(made_here).map(|room| room.id.clone()).collect();
    sort(&mut ids);
    ids
}

/// What Rocket.Chat says of a ticket's room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomState {
    /// It is open.
    Open(Room),
    /// It is closed, or was deleted.
    Closed,
}

impl RoomState {
    /// What is to be seen of a room that was found.
    pub fn of(room: Room) -> Self {
        if room.is_open == Some(true) { Self::Open(room) } else { Self::Closed }
    }
}

/// Asks Rocket.Chat for a ticket's room. Its silence about one room proves nothing (a permission may be
/// missing), so then the visitor's open rooms are asked for as well.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn observe(host: &Host, ticket: &Ticket) -> Result<RoomState, Failure> {
    if let Some(room) = host.find_room(ticket.room.clone()).await? {
        return Ok(RoomState::of(room));
    }
    let open_rooms = host.find_open_rooms(&ticket.visitor.token).await?;
    let listed = open_rooms.into_iter().find(|room| room.id == ticket.room);
    if listed.is_some() {
        host.denied("room.read");
    }
    Ok(listed.map_or(RoomState::Closed, RoomState::Open))
}
