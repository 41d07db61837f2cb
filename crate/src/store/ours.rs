//! What RapidPro calls the messages that this app had it send, since its API tells them among all others.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::ids::{EntryId, RoomId};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::keys::delivered_association;

pub(crate) const VERSION: u8 = 1;

/// Messages that RapidPro has taken, as they are stored with the ids of what was delivered: they go when those go, and
/// versions that do not know them skip them.
#[skip_serializing_none]
#[derive(Debug, Deserialize, Serialize)]
struct Ours {
    v: u8,
    at: u64,
    /// Their `uuid`, or `id` where the server has no other.
    ours: Vec<String>,
    /// Whether the agents know already that they failed.
    told: bool,
    /// What of which entry they carry.
    part: Option<OwnPart>,
}

/// Which part of an entry a message carries: an entry that is too long for one goes in several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct OwnPart {
    /// The entry.
    pub entry: EntryId,
    /// How many characters of its text are taken with this message.
    pub chars: u32,
    /// And how many of its files.
    pub files: u32,
}

/// A message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessage {
    /// RapidPro's `uuid` for it, or its `id`.
    pub name: String,
    /// Whether the agents know that it failed.
    pub is_told: bool,
    /// What it carries, where that was noted.
    pub part: Option<OwnPart>,
}

/// Notes what RapidPro calls messages of a room. To be stored before the message counts as delivered: what is neither
/// here nor under way is taken for RapidPro's own.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn note(
    host: &Host,
    room: &RoomId,
    ours: Vec<String>,
    told: bool,
    part: Option<OwnPart>,
) -> Result<(), Failure> {
    let record = Ours { v: VERSION, at: host.now(), ours, told, part };
    host.create_record(vec![delivered_association(room)], record).await
}

/// All of them that a room has had.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn of_room(host: &Host, room: &RoomId) -> Result<Vec<OwnMessage>, Failure> {
    let mut own: Vec<OwnMessage> = Vec::new();
    for record in host.records::<Ours>(delivered_association(room)).await? {
        for name in record.ours {
            match own.iter_mut().find(|known| known.name == name) {
                Some(known) => {
                    known.is_told |= record.told;
                    known.part = known.part.take().or_else(|| record.part.clone());
                }
                None => own.push(OwnMessage { name, is_told: record.told, part: record.part.clone() }),
            }
        }
    }
    Ok(own)
}
