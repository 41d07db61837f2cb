//! What starts an operation.

use std::rc::Rc;

use crate::command::Command;
use crate::host::Host;
use crate::operation::{End, Operation, Slot};
use crate::process::Process;
use crate::request::Request;
use crate::ticket::{Contact, RoomId};
use crate::wire::rocketchat::{Message, Room};
use crate::{agent_message, close, command, delivery, history, inbox, request, settings, settings_check, sweep};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

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
    /// The app was installed, on this node first of all.
    Installed,
    /// The app was enabled on this node.
    Enabled,
    /// Somebody typed the slash command.
    Command {
        /// What they typed, and who they are.
        command: Command,
    },
    /// The app itself wants something done, at once or through the server's scheduler.
    Job {
        /// What.
        job: Job,
    },
}

/// Something that the app itself wants done: right after an operation, or later through the server's
/// scheduler. A lost job is none: what is owed stands in the calendar, and the sweep comes by.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Job {
    /// Send what a room owes to RapidPro.
    Deliver {
        /// The room.
        room: RoomId,
        /// How thoroughly.
        haste: Haste,
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
    /// Compare the rooms of open tickets with what was taken up, since events may have been lost.
    Compare {
        /// The page of the calendar of opened tickets, or all of them.
        page: Option<u64>,
    },
    /// Look whether the settings can be used as they stand, RapidPro's API tokens among them.
    CheckSettings,
}

/// How thoroughly a room's outbox is worked off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Haste {
    /// Send what is due.
    Due,
    /// RapidPro may be back: send also what waits for its recovery.
    Recovered,
    /// Events may have been lost: look for messages and a close that were never taken up.
    Compare,
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
pub fn start(memory: Rc<Process>, start: Start) -> Operation {
    let slot = Rc::new(Slot::default());
    slot.now.set(start.now);
    let host = Host::new(Rc::clone(&slot), memory, start.entropy.into());
    Operation::new(slot, run(host, start.trigger))
}

async fn run(host: Host, trigger: Trigger) -> End {
    match trigger {
        Trigger::Request { request } => request::answer(&host, &request).await,
        Trigger::MessageSent { message } => agent_message::forward(&host, *message).await,
        Trigger::RoomClosed { room } => close::closed_in_rocket_chat(&host, room).await,
        Trigger::SettingUpdated => settings::updated(&host).await,
        Trigger::Installed => settings::installed(&host).await,
        Trigger::Enabled => settings::enabled(&host).await,
        Trigger::Command { command } => command::run(&host, &command).await,
        Trigger::Job { job } => work(&host, job).await,
    }
}

async fn work(host: &Host, job: Job) -> End {
    match job {
        Job::Deliver { room, haste } => delivery::deliver(host, &room, haste).await,
        Job::Post { contact } => inbox::post(host, &contact).await,
        Job::ShowHistory { room, workspace } => history::show(host, &room, &workspace).await,
        Job::Sweep { recovered } => sweep::sweep(host, recovered).await,
        Job::Compare { page } => sweep::compare(host, page).await,
        Job::CheckSettings => settings_check::check(host).await,
    }
}
