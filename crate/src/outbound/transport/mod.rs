//! How what is owed goes out to RapidPro. What a transport supplies: one attempt, ready to be made, and a
//! [`Reply`] that says what came of it. When to try again, and when not any more, is the policy's business and the same
//! for all of them.

pub mod reply;
pub mod ticketer;

use crate::outbound::transport::reply::{NotSendable, Reply};
use crate::outbound::transport::ticketer::Webhook;
use crate::runtime::host::Host;
use crate::store::outbox::Entry;
use crate::store::ticket::{Binding, Ticket};

/// An attempt at sending something, ready to be made.
#[derive(Debug)]
pub enum Outgoing {
    /// A webhook to the mailroom of a RapidPro with ticketing services.
    Webhook(Webhook),
}

impl Outgoing {
    /// What tells RapidPro what somebody wrote to the contact, as a message of one of the room's tickets.
    ///
    /// # Errors
    /// Where RapidPro is not connected, or what is needed cannot be read.
    pub async fn message(host: &Host, ticket: &Ticket, binding: &Binding, entry: &Entry) -> Result<Self, NotSendable> {
        Webhook::message(host, ticket, binding, entry).await.map(Self::Webhook)
    }

    /// What tells RapidPro that the room of one of its tickets was closed.
    ///
    /// # Errors
    /// Where RapidPro is not connected, or what is needed cannot be read.
    pub async fn close(host: &Host, ticket: &Ticket, binding: &Binding) -> Result<Self, NotSendable> {
        Webhook::close(host, ticket, binding).await.map(Self::Webhook)
    }

    /// Makes the attempt.
    pub async fn send(self, host: &Host) -> Reply {
        match self {
            Self::Webhook(webhook) => webhook.post(host).await,
        }
    }
}
