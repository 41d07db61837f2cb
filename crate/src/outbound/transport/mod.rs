//! How what is owed goes out to RapidPro. What a transport supplies: one attempt, ready to be made, and a
//! [`Reply`] that says what came of it. When to try again, and when not any more, is the policy's business and the same
//! for all of them.

pub mod api;
pub mod reply;
pub mod ticketer;

use crate::config::connection;
use crate::config::workspace_config::WorkspaceConfig;
use crate::outbound::transport::api::close::ApiClose;
use crate::outbound::transport::api::message::ApiMessage;
use crate::outbound::transport::reply::{NotSendable, Reply};
use crate::outbound::transport::ticketer::Webhook;
use crate::runtime::host::Host;
use crate::runtime::operation::Boxed;
use crate::store::outbox::Entry;
use crate::store::progress::Progress;
use crate::store::ticket::{Binding, Ticket};

/// An attempt at sending something, ready to be made.
#[derive(Debug)]
pub enum Outgoing<'t> {
    /// A webhook to the mailroom of a RapidPro with ticketing services.
    Webhook(Webhook),
    /// A message by the API of one without.
    ApiMessage(Box<ApiMessage<'t>>),
    /// A close by the same.
    ApiClose(Box<ApiClose<'t>>),
}

impl<'t> Outgoing<'t> {
    /// What tells RapidPro what somebody wrote to the contact, as a message of one of the room's tickets.
    ///
    /// # Errors
    /// Where RapidPro is not connected, or what is needed cannot be read.
    pub async fn message(
        host: &Host,
        ticket: &'t Ticket,
        binding: &Binding,
        entry: &'t Entry,
    ) -> Result<Self, NotSendable> {
        if binding.connection.is_api() {
            let line = api_line(host, ticket).await?;
            return Ok(Self::ApiMessage(Box::new(ApiMessage::new(line, ticket, binding, entry))));
        }
        Webhook::message(host, ticket, binding, entry).await.map(Self::Webhook)
    }

    /// What tells RapidPro that the room of one of its tickets was closed, which has come so far.
    ///
    /// # Errors
    /// Where RapidPro is not connected, or what is needed cannot be read.
    pub async fn close(
        host: &Host,
        ticket: &'t Ticket,
        binding: &'t Binding,
        progress: &'t Progress,
    ) -> Result<Self, NotSendable> {
        if binding.connection.is_api() {
            let line = api_line(host, ticket).await?;
            let close = ApiClose::new(host, line, (ticket, binding), progress).await?;
            return Ok(Self::ApiClose(Box::new(close)));
        }
        Webhook::close(host, ticket, binding).await.map(Self::Webhook)
    }

    /// Makes the attempt.
    pub async fn send(self, host: &Host) -> Reply {
        let sent: Boxed<'_, Reply> = match self {
            Self::Webhook(webhook) => return webhook.post(host).await,
            Self::ApiMessage(message) => Box::pin(message.send(host)),
            Self::ApiClose(close) => Box::pin(close.send(host)),
        };
        sent.await
    }
}

/// What the settings say of a ticket's workspace, where its API can be asked for the contact.
async fn api_line(host: &Host, ticket: &Ticket) -> Result<WorkspaceConfig, NotSendable> {
    let line = connection::line(host, &ticket.contact.workspace).await?;
    let is_known = !line.address.is_empty() && !line.token.is_empty() && ticket.person().is_some();
    if is_known { Ok(line) } else { Err(NotSendable::NotConnected) }
}
