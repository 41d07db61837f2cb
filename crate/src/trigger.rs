//! What starts an operation.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::host::Host;
use crate::memory::Memory;
use crate::operation::{End, Operation, Slot};
use crate::request::Request;
use crate::ticket::RoomId;
use crate::wire::rocketchat::{Message, Room};
use crate::{agent_message, close, request, settings};

/// What happened.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trigger {
    /// RapidPro calls.
    Request {
        /// The request.
        request: Request,
    },
    /// A message was stored in some room.
    MessageSent {
        /// The message.
        message: Box<Message>,
    },
    /// A livechat room was closed.
    RoomClosed {
        /// The room.
        room: Room,
    },
    /// A setting of the app was saved.
    SettingUpdated,
    /// The app was enabled on this node.
    Enabled,
    /// Something is owed to RapidPro for this room.
    Deliver {
        /// The room.
        room: RoomId,
    },
}

/// A trigger that the core itself asks for; it has the shape of a [`Trigger`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FollowUp {
    /// See [`Trigger::Deliver`].
    Deliver {
        /// The room.
        room: RoomId,
    },
}

/// The moment of a trigger, and chance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Start {
    /// What happened.
    pub trigger: Trigger,
    /// When.
    pub now: u64,
    /// At least 16 random bytes as text, fit for making keys.
    pub entropy: String,
}

/// Starts the operation that a trigger calls for, on the process that remembers `memory`.
pub fn start(memory: Rc<Memory>, start: Start) -> Operation {
    let slot = Rc::new(Slot::default());
    slot.now.set(start.now);
    let host = Host::new(Rc::clone(&slot), memory, start.entropy.into());
    Operation::new(slot, run(host, start.trigger))
}

async fn run(host: Host, trigger: Trigger) -> End {
    match trigger {
        Trigger::Request { request } => request::answer(&host, &request).await,
        Trigger::MessageSent { message } => agent_message::forward(&host, &message).await,
        Trigger::RoomClosed { room } => close::closed_in_rocket_chat(&host, room.id).await,
        Trigger::SettingUpdated => settings::updated(&host),
        Trigger::Enabled => settings::announce(&host).await,
        Trigger::Deliver { room } => close::deliver(&host, &room).await,
    }
}
