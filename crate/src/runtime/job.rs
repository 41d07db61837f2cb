//! What the app itself wants done later.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::ids::{Contact, RoomId};

/// Something that the app itself wants done: right after an operation, or later through the server's
/// scheduler. A lost job is none: what is owed stands in the time index, and the sweep comes by.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Job {
    /// Send what a room owes to RapidPro.
    Deliver {
        /// The room.
        room: RoomId,
        /// How thoroughly.
        #[serde(rename = "haste")]
        mode: DeliveryMode,
    },
    /// Post what a contact wrote and Rocket.Chat could not take.
    Post {
        /// The contact.
        contact: Contact,
    },
    /// Show a room's agents what the contact and the bot said before.
    ShowHistory {
        /// The room.
        room: RoomId,
        /// The contact's workspace, so that nothing is read where it has no token.
        workspace: String,
    },
    /// Look for what is due.
    Sweep {
        /// Whether RapidPro may be back, so that whatever waited for it is due.
        recovered: bool,
    },
    /// Compare the rooms of open tickets with what was recorded, since events may have been lost.
    #[serde(rename = "compare")]
    Reconcile {
        /// The bucket of the time index of opened tickets, or all of them.
        #[serde(rename = "page")]
        bucket: Option<u64>,
    },
    /// Read a workspace's API.
    Read {
        /// The workspace's id.
        workspace: String,
        /// When this reading was due, by which it is known to be the next one.
        due: u64,
    },
    /// Look whether the settings can be used as they stand, RapidPro's API tokens among them.
    CheckSettings,
}

/// How thoroughly a room's outbox is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryMode {
    /// Send what is due.
    Due,
    /// RapidPro may be back: send also what waits for its recovery.
    #[serde(rename = "recovered")]
    AfterOutage,
    /// Events may have been lost: look for messages and a close that were never recorded.
    #[serde(rename = "compare")]
    Reconcile,
    /// The ticket has just ended and its room is to be closed: look it up beside what is stored of it. Never scheduled,
    /// since version 1.0.0 does not know it.
    Ended,
}
