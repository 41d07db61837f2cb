//! The transport of a RapidPro with ticketing services: webhooks to mailroom.

pub mod mailroom;

use serde_json::Value;

use crate::config::connection::Connection;
use crate::config::{connection, language, settings};
use crate::ids::{ContactToken, RoomId, TicketId};
use crate::outbound::retry_policy::WEBHOOK_TIMEOUT_MS;
use crate::outbound::transport::reply::{NotSendable, Reply};
use crate::outbound::{close_details, content, file_link};
use crate::runtime::effect::Effect;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::store::outbox::Entry;
use crate::store::ticket::{Binding, Ticket};
use crate::text::messages;
use crate::text::sanitize::storable;
use crate::wire::rapidpro::{Event, EventAttachment, EventKind, EventVisitor, FILE_SIZE_MAX, MessageData};

/// A webhook, ready to be posted.
#[derive(Debug)]
pub struct Webhook {
    pub(crate) connection: Connection,
    pub(crate) ticket: TicketId,
    pub(crate) body: Value,
}

impl Webhook {
    /// Tells RapidPro what somebody wrote to the contact, as a message of one of the room's tickets.
    ///
    /// # Errors
    /// Where RapidPro is not connected, or what is needed cannot be read.
    pub async fn message(host: &Host, ticket: &Ticket, binding: &Binding, entry: &Entry) -> Result<Self, NotSendable> {
        let (mut text, attachments) = render(host, &ticket.room, entry).await?;
        let attachments = Some(attachments).filter(|attachments| !attachments.is_empty());
        if let Some(form) = settings::all(host).await?.agent_name_form()
            && !entry.message.author.is_empty()
        {
            text = content::signed(form, &entry.message.author, &text);
        }
        let data = json::to_value(MessageData { text: &text, attachments });
        Self::of(host, ticket, binding, EventKind::AgentMessage, Some(data)).await
    }

    /// Tells RapidPro that the room of one of its tickets was closed.
    ///
    /// # Errors
    /// Where RapidPro is not connected, or what is needed cannot be read.
    pub async fn close(host: &Host, ticket: &Ticket, binding: &Binding) -> Result<Self, NotSendable> {
        let data = close_details::of(host, ticket).await?;
        Self::of(host, ticket, binding, EventKind::CloseRoom, data).await
    }

    pub(crate) async fn of(
        host: &Host,
        ticket: &Ticket,
        binding: &Binding,
        kind: EventKind,
        data: Option<Value>,
    ) -> Result<Self, NotSendable> {
        let event = event(kind, &binding.ticket, &ticket.contact.token, data);
        let body = storable(json::to_value(event));
        let connection = connection::find(host, &ticket.contact.workspace, &binding.connection).await?;
        Ok(Self { connection: connection.ok_or(NotSendable::NotConnected)?, ticket: binding.ticket.clone(), body })
    }

    /// What posts it, and the ticket that carries it.
    pub fn into_effect(self) -> (Effect, TicketId) {
        let Connection { url, secret } = self.connection;
        (Effect::PostWebhook { url, secret, body: self.body, timeout_ms: WEBHOOK_TIMEOUT_MS }, self.ticket)
    }

    /// Posts it.
    pub async fn post(self, host: &Host) -> Reply {
        let (effect, ticket) = self.into_effect();
        mailroom::reply(&host.one(effect).await, ticket.as_str())
    }
}

/// What RapidPro can fetch goes as files, what it cannot as words.
pub(crate) async fn render<'a>(
    host: &Host,
    room: &RoomId,
    entry: &'a Entry,
) -> Result<(String, Vec<EventAttachment<'a>>), Failure> {
    let mut lines: Vec<String> = Some(entry.message.text.clone()).filter(|text| !text.is_empty()).into_iter().collect();
    let mut attachments = Vec::new();
    for file in &entry.message.files {
        if file.size > FILE_SIZE_MAX {
            let language = language::of_server(host).await;
            lines.push(messages::NOT_SENT.filled(language, &[("name", &file.name)]));
        } else if entry.progress.unfetched {
            lines.push(format!("{}: {}", file.name, file_link::make(host, room, file, file_link::READ_MS).await?));
        } else {
            let url = file_link::make(host, room, file, file_link::FETCH_MS).await?;
            attachments.push(EventAttachment { mime: &file.mime, url });
        }
    }
    Ok((lines.join("\n"), attachments))
}

pub(crate) fn event<'a>(
    kind: EventKind,
    ticket: &'a TicketId,
    token: &'a ContactToken,
    data: Option<Value>,
) -> Event<'a> {
    Event { kind, ticket, visitor: EventVisitor { token }, data }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ids::{ContactToken, TicketId};
    use crate::runtime::json;
    use crate::wire::rapidpro::{Event, EventKind, MessageData};

    fn body(event: &Event<'_>) -> Value {
        json::to_value(event)
    }

    #[test]
    fn bodies_hold_what_the_contract_says_and_no_more() {
        let (ticket, token) = (TicketId("59d7".into()), ContactToken("10000".into()));
        assert_eq!(
            body(&event(
                EventKind::AgentMessage,
                &ticket,
                &token,
                Some(json::to_value(MessageData { text: "hi", attachments: None }))
            )),
            json!({ "type": "agent-message", "ticketID": "59d7", "visitor": { "token": "10000" }, "data": { "text": "hi" } })
        );
        assert_eq!(
            body(&event(EventKind::CloseRoom, &ticket, &token, None)),
            json!({ "type": "close-room", "ticketID": "59d7", "visitor": { "token": "10000" } })
        );
    }
}
