//! One operation's way through a room's outbox: its state.

use crate::ids::{EntryId, RoomId, TicketId};
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::outbound::retry_policy::WEBHOOK_TIMEOUT_MS;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::store::ticket::Ticket;
use crate::store::wish;
use crate::wire::rocketchat::{Message, Room};

/// How long an attempt can take, with what is stored around it, in milliseconds.
pub(crate) const ATTEMPT_MS: u64 = WEBHOOK_TIMEOUT_MS + 5_000;

pub(crate) fn sending_queue(room: &RoomId) -> String {
    format!("sending/{}", room.as_str())
}

/// Whether to go on with the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Something changed: look again.
    Again,
    /// What is left has its wake-up in the time index.
    Stop,
}

/// A room's messages as they were when a run looked at them; none where they could not be read.
#[derive(Debug)]
pub(crate) struct RoomRead {
    pub(crate) at: u64,
    /// What waited then: only of this does it say whether it was deleted.
    pub(crate) entries: Vec<EntryId>,
    pub(crate) messages: Option<Vec<Message>>,
}

/// One operation's way through a room's outbox. The room's sending queue is held all the while.
pub(crate) struct DeliveryRun<'a> {
    pub(crate) host: &'a Host,
    pub(crate) mode: DeliveryMode,
    /// Whether the room was open when it was last compared.
    pub(crate) reconciled_open: Option<bool>,
    /// The tickets that RapidPro did not know when they were tried.
    pub(crate) unknown: Vec<TicketId>,
    /// What Rocket.Chat had in the room when this run last looked.
    pub(crate) room_read: Option<RoomRead>,
    pub(crate) tried_to_leave: bool,
    pub(crate) left: bool,
    /// Whether that the room was left is still to be stored.
    pub(crate) left_unnoted: bool,
    /// The room, where it was looked up beside what is stored of it.
    pub(crate) found: Option<Room>,
    /// Whether something has passed that stood behind a stuck entry.
    pub(crate) others_pass: bool,
    pub(crate) follow_ups: Vec<Job>,
}

impl<'a> DeliveryRun<'a> {
    pub(crate) fn new(host: &'a Host, mode: DeliveryMode) -> Self {
        Self {
            host,
            mode,
            reconciled_open: None,
            unknown: Vec::new(),
            room_read: None,
            tried_to_leave: false,
            left: false,
            left_unnoted: false,
            found: None,
            others_pass: false,
            follow_ups: Vec::new(),
        }
    }

    pub(crate) fn end(self) -> End {
        End { response: None, follow_ups: self.follow_ups }
    }
}

/// Whether RapidPro may be asked now, as far as this process has seen of it lately, and unless somebody wants it now.
pub(crate) async fn may_try(host: &Host, ticket: &Ticket) -> bool {
    let breakers = host.cache::<CircuitBreakers>();
    let breaker = breakers.of(&ticket.contact.workspace);
    if breaker.try_acquire(host.now(), ATTEMPT_MS) {
        return true;
    }
    // Another node may have been told: what it has stored is looked at only where this one would wait.
    if !wish::last(host).await.is_ok_and(|at| breakers.is_new_wish(at)) {
        return false;
    }
    breakers.lift();
    breaker.try_acquire(host.now(), ATTEMPT_MS)
}
