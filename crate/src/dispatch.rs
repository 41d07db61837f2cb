//! What starts an operation.

use std::rc::Rc;

use serde::Deserialize;

use crate::admin::command::Command;
use crate::admin::{command, settings_check};
use crate::inbound::post_inbox;
use crate::maintenance::{lifecycle, reconcile_all, sweep};
use crate::outbound::{delivery, message_sent, room_closed};
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::{Boxed, End, Operation, Slot};
use crate::runtime::process::Process;
use crate::wire::http::Request;
use crate::wire::rocketchat::{Message, Room};
use crate::{history, reading, router};

/// What happened.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trigger {
    /// RapidPro calls.
    Request {
        /// The request.
        request: Box<Request>,
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

pub(crate) async fn run(host: Host, trigger: Trigger) -> End {
    let host = &host;
    let logic: Boxed<'_, End> = match trigger {
        Trigger::Request { request } => Box::pin(async move { router::answer(host, &request).await }),
        Trigger::MessageSent { message } => Box::pin(message_sent::forward(host, *message)),
        Trigger::RoomClosed { room } => Box::pin(room_closed::closed_in_rocket_chat(host, room)),
        Trigger::SettingUpdated => Box::pin(lifecycle::updated(host)),
        Trigger::Installed => Box::pin(lifecycle::installed(host)),
        Trigger::Enabled => Box::pin(lifecycle::enabled(host)),
        Trigger::Command { command } => Box::pin(async move { command::run(host, &command).await }),
        Trigger::Job { job } => work(host, job),
    };
    logic.await
}

pub(crate) fn work(host: &Host, job: Job) -> Boxed<'_, End> {
    match job {
        Job::Deliver { room, mode } => Box::pin(async move { delivery::deliver(host, &room, mode).await }),
        Job::Post { contact } => Box::pin(async move { post_inbox::post(host, &contact).await }),
        Job::ShowHistory { room, workspace } => Box::pin(async move { history::show(host, &room, &workspace).await }),
        Job::Sweep { recovered } => Box::pin(sweep::sweep(host, recovered)),
        Job::Reconcile { bucket } => Box::pin(reconcile_all::reconcile(host, bucket)),
        Job::Read { workspace, due } => Box::pin(async move { reading::read(host, &workspace, due).await }),
        Job::CheckSettings => Box::pin(settings_check::check(host)),
    }
}
