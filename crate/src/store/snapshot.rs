//! A ticket and its outbox, as one read of the room's records shows them.

use serde_json::Value;

use crate::ids::RoomId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::outbox::Outbox;
use crate::store::progress::Progress;
use crate::store::ticket::Ticket;
use crate::store::{keys, ticket};

/// A failing store is asked this often.
const READ_TRIES: u32 = 3;

/// What is stored of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSnapshot {
    /// The ticket.
    pub ticket: Ticket,
    /// What is on its way to RapidPro.
    pub outbox: Outbox,
}

impl RoomSnapshot {
    /// Reads what is stored of a room; `None` where it never served a ticket.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from reading it.
    pub async fn read(host: &Host, room: &RoomId) -> Result<Option<Self>, Failure> {
        Ok(Self::of(&host.all_records(keys::room_association(room)).await?))
    }

    /// What a room's records add up to; `None` where it never served a ticket.
    pub fn of(records: &[Value]) -> Option<Self> {
        let ticket = ticket::of_room(records)?;
        let outbox = Outbox::with_close(records, Progress { leases: ticket.leases.clone(), ..Progress::default() });
        Some(Self { ticket, outbox })
    }

    /// Reads what is stored of a room, several times if need be: for what must not be missed.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from reading it to the last.
    pub async fn read_with_retries(host: &Host, room: &RoomId) -> Result<Option<Self>, Failure> {
        for _ in 1..READ_TRIES {
            if let Ok(snapshot) = Self::read(host, room).await {
                return Ok(snapshot);
            }
        }
        Self::read(host, room).await
    }

    /// Whether something is still to be done for the room.
    pub fn is_busy(&self) -> bool {
        let waits = !self.outbox.pending.is_empty() || self.outbox.history.is_under_way();
        let is_under_way = !self.ticket.is_finished() && (!self.ticket.is_open() || waits);
        is_under_way || !self.ticket.pending_closes().is_empty()
    }
}
