//! The associations by which records are found: the schema of what the app stores in Rocket.Chat's persistence.

use crate::ids::{Contact, RoomId};
use crate::text::digest::keyed_hash;

pub(crate) fn reminders_association(bucket: u64) -> String {
    format!("reminders/{bucket}")
}

pub(crate) fn delivered_association(room: &RoomId) -> String {
    format!("sent/{}", room.as_str())
}

/// By which the records are found that give a message up, or have it tried again.
pub const DEAD_LETTERS: &str = "given-up";

/// By which it is found that somebody wants everything tried now.
pub const WISH: &str = "wish";

/// By which the records of a room's entries with the same first bucket are found.
pub fn batch_association(room: &RoomId, first_bucket: u64) -> String {
    format!("batch/{}/{first_bucket}", room.as_str())
}

/// By which all outbox records of a room are found, and nothing else of it.
pub fn outbox_association(room: &RoomId) -> String {
    format!("lines/{}", room.as_str())
}

/// By which everything that is stored of a room is found.
pub fn room_association(room: &RoomId) -> String {
    format!("room/{}", room.as_str())
}

/// By which everything that is stored of a contact is found, also what other versions stored. Hashed, since RapidPro's
/// token may be longer than what a database indexes.
pub fn contact_association(contact: &Contact) -> String {
    format!("contact/{}", keyed_hash("contact", &[&contact.workspace, contact.token.as_str()]))
}

/// By which all records of one entry of a room's outbox are found.
pub(crate) fn entry_association(room: &RoomId, entry: &str) -> String {
    format!("entry/{}/{entry}", room.as_str())
}

/// By which all records of one entry of an inbox are found.
pub(crate) fn inbox_entry_association(id: &str) -> String {
    format!("letter/{id}")
}

/// By which the records of a bucket of a time index are found.
pub(crate) fn bucket_association(index: &str, bucket: u64) -> String {
    format!("{index}/{bucket}")
}

/// By which it is found how far a workspace's API has been read.
pub fn reading_association(workspace: &str) -> String {
    format!("reading/{workspace}")
}

/// By which it is found which processes are reading a workspace's API, or were.
pub fn reading_leases_association(workspace: &str) -> String {
    format!("reading-lease/{workspace}")
}

/// The same of one process.
pub fn reading_lease_association(workspace: &str, node: &str) -> String {
    format!("reading-lease/{workspace}/{node}")
}

/// By which the tickets are found that were read from a workspace's API and have not been read to be closed.
pub fn read_tickets_association(workspace: &str) -> String {
    format!("read-ticket/{workspace}")
}

/// The same of one ticket.
pub fn read_ticket_association(workspace: &str, ticket: &str) -> String {
    format!("read-ticket/{workspace}/{ticket}")
}

/// By which it is found what doorbells have told that is still to be read.
pub fn rings_association(workspace: &str) -> String {
    format!("ring/{workspace}")
}

/// The same of one ticket or message.
pub fn ring_association(workspace: &str, what: &str) -> String {
    format!("ring/{workspace}/{what}")
}
