//! How far a workspace's API has been read, by whom, and which of its tickets have rooms.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::ids::{NodeId, RoomId};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::keys;

pub(crate) const VERSION: u8 = 1;

/// How far a workspace's API has been read. Rewritten by each reading, under its lease: whatever it says can be read
/// again.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ReadingState {
    pub(crate) v: u8,
    /// A hash of the API's address: the marks of one RapidPro say nothing of another.
    pub source: String,
    /// Whether messages have UUIDs, as far as one was read.
    pub has_uuids: bool,
    /// What RapidPro calls the workspace, once it has told.
    pub name: String,
    /// When the next reading is due. Only the job that was scheduled for then goes on, so that there is one of them.
    pub next: u64,
    /// When the last complete reading was.
    pub read_at: u64,
    /// Since when readings fail, the last time in which way, and the HTTP status if that was it.
    pub failing: Option<Failing>,
    /// What is read since when: RapidPro's `modified_on` of the last ticket, and `created_on` of the last message.
    pub tickets: u64,
    /// See [`Self::tickets`].
    pub messages: u64,
    /// Whether the marks are set.
    pub has_marks: bool,
    /// The first mark of tickets: what was opened until then was open before the connection.
    pub connected: u64,
    /// What was read of tickets and messages within the time that is looked back, by RapidPro's time.
    pub seen_tickets: Vec<Seen>,
    /// See [`Self::seen_tickets`].
    pub seen_messages: Vec<Seen>,
    /// The messages that were about to be posted, and when.
    pub planned: Vec<Seen>,
    /// Open tickets that Rocket.Chat would give no room.
    pub waiting: Vec<Waiting>,
    /// Where to go on looking for tickets that were open before the connection; nothing where that is not under way.
    pub backlog: Option<String>,
    /// Whether that was done.
    pub took_over: bool,
    /// A hash of what RapidPro's globals were last set to.
    pub globals: String,
    /// Not before then are they tried again.
    pub globals_next: u64,
}

/// Something that was read, by its name, and a time of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Seen(pub String, pub u64);

/// What keeps an API from being read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Failing {
    /// Since when.
    pub since: u64,
    /// How often in a row.
    pub count: u32,
    /// The key of the text that says what is wrong.
    pub why: String,
    /// What HTTP says.
    pub status: u16,
}

/// A ticket as RapidPro's API tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct ToldTicket {
    /// RapidPro's id.
    pub uuid: String,
    /// The contact's UUID.
    pub contact: String,
    /// The contact's name; may be empty.
    pub name: String,
    /// The topic's name; may be empty.
    pub topic: String,
    /// Whether it is open.
    pub is_open: bool,
    /// When it was opened, by RapidPro's clock.
    pub opened: u64,
    /// When it was last changed, by RapidPro's clock.
    pub modified: u64,
}

/// A ticket that waits for a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Waiting {
    /// The ticket.
    pub ticket: ToldTicket,
    /// How often Rocket.Chat has refused.
    pub tries: u32,
    /// When to try again.
    pub next: u64,
}

/// A process that reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct ReadingLease {
    pub(crate) v: u8,
    pub(crate) node: NodeId,
    /// Until when nobody else may.
    pub(crate) until: u64,
}

/// A ticket that has, or had, a room and was not read to be closed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ReadTicket {
    pub(crate) v: u8,
    /// RapidPro's id.
    pub ticket: String,
    /// The contact's UUID.
    pub contact: String,
    /// The room.
    pub room: RoomId,
    /// Until when, by RapidPro's clock, what was written is history.
    pub since: u64,
}

/// What a doorbell has told and is still to be read.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ring {
    pub(crate) v: u8,
    /// When.
    pub at: u64,
    /// The contact's UUID.
    pub contact: String,
    /// The ticket that a flow has opened.
    pub ticket: Option<String>,
    /// The message, by its UUID or, where it has none, by chance.
    pub message: Option<String>,
    /// Whether the message is in the inbox, or was.
    pub kept: bool,
}

impl Ring {
    fn association(&self, workspace: &str) -> String {
        let what = self.ticket.as_deref().or(self.message.as_deref()).unwrap_or_default();
        keys::ring_association(workspace, what)
    }
}

/// What doorbells have told.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn rings(host: &Host, workspace: &str) -> Result<Vec<Ring>, Failure> {
    host.records(keys::rings_association(workspace)).await
}

/// Stores what a doorbell has told.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn add_ring(host: &Host, workspace: &str, ring: &Ring) -> Result<(), Failure> {
    host.replace_record(vec![keys::rings_association(workspace), ring.association(workspace)], ring).await
}

/// Forgets what a doorbell has told, which was read.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn drop_ring(host: &Host, workspace: &str, ring: &Ring) -> Result<(), Failure> {
    host.remove_records(ring.association(workspace)).await
}

/// Reads how far a workspace's API has been read.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn state(host: &Host, workspace: &str) -> Result<ReadingState, Failure> {
    let states: Vec<ReadingState> = host.records(keys::reading_association(workspace)).await?;
    Ok(states.into_iter().max_by_key(|state| state.next).unwrap_or_default())
}

/// Stores how far it has been read.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn store(host: &Host, workspace: &str, state: &ReadingState) -> Result<(), Failure> {
    host.replace_record(vec![keys::reading_association(workspace)], state).await
}

/// The tickets that have rooms, or had.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn tickets(host: &Host, workspace: &str) -> Result<Vec<ReadTicket>, Failure> {
    host.records(keys::read_tickets_association(workspace)).await
}

/// Stores that a ticket has a room.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn add_ticket(host: &Host, workspace: &str, ticket: &ReadTicket) -> Result<(), Failure> {
    let one = keys::read_ticket_association(workspace, &ticket.ticket);
    host.replace_record(vec![keys::read_tickets_association(workspace), one], ticket).await
}

/// Forgets a ticket, which was read to be closed.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn drop_ticket(host: &Host, workspace: &str, ticket: &str) -> Result<(), Failure> {
    host.remove_records(keys::read_ticket_association(workspace, ticket)).await
}
