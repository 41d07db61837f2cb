//! What RapidPro calls the messages that this app had it send, since its API tells them among all others.

use serde::{Deserialize, Serialize};

use crate::ids::RoomId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::keys::delivered_association;

pub(crate) const VERSION: u8 = 1;

/// Messages that RapidPro has taken, as they are stored with the ids of what was delivered: they go when those go, and
/// versions that do not know them skip them.
#[derive(Debug, Deserialize, Serialize)]
struct Ours {
    v: u8,
    at: u64,
    /// Their `uuid`, or `id` where the server has no other.
    ours: Vec<String>,
    /// Whether the agents know already that they failed.
    told: bool,
}

/// A message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessage {
    /// RapidPro's `uuid` for it, or its `id`.
    pub name: String,
    /// Whether the agents know that it failed.
    pub is_told: bool,
}

/// Notes what RapidPro calls messages of a room. To be stored before the message counts as delivered: what is neither
/// here nor under way is taken for RapidPro's own.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn note(host: &Host, room: &RoomId, ours: Vec<String>, told: bool) -> Result<(), Failure> {
    let record = Ours { v: VERSION, at: host.now(), ours, told };
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
                Some(known) => known.is_told |= record.told,
                None => own.push(OwnMessage { name, is_told: record.told }),
            }
        }
    }
    Ok(own)
}
