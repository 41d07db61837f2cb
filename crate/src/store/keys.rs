//! The associations by which records are found: the schema of what the app stores in Rocket.Chat's persistence.

use crate::ids::RoomId;

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
