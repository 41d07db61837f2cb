//! Webhooks to RapidPro: their bodies, and one attempt at posting one.

use crate::host::{Failure, Host, WebhookAnswer};
use crate::operation::Level;
use crate::ticket::{Contact, ContactToken, RoomId, TicketId};
use crate::wire::rapidpro::{Event, EventKind, EventVisitor, MessageData};
use crate::{settings, workspace};

/// How long RapidPro may take to answer, in milliseconds: well below the 30 s after which Rocket.Chat
/// gives up an event.
const TIMEOUT_MS: u64 = 20_000;

/// The queue of this process in which a room's webhooks wait for each other.
pub fn queue(room: &RoomId) -> String {
    format!("webhooks/{}", room.as_str())
}

/// Why a webhook was not even answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// RapidPro has not told its address yet.
    NotConnected,
    /// No answer came.
    NoAnswer(Failure),
}

impl Undelivered {
    /// Says so in the app's log.
    pub fn log(&self, host: &Host, ticket: &TicketId) {
        let ticket = ticket.as_str();
        match self {
            Self::NotConnected => {
                host.log(
                    Level::Error,
                    format!("nothing was sent for ticket {ticket}: RapidPro is not connected yet"),
                );
            }
            Self::NoAnswer(failure) => {
                host.log(
                    Level::Error,
                    format!("RapidPro did not answer for ticket {ticket}: {failure}"),
                );
            }
        }
    }
}

/// Says in the app's log what RapidPro answered.
pub fn log_refusal(host: &Host, ticket: &TicketId, answer: &WebhookAnswer) {
    let (ticket, status, body) = (ticket.as_str(), answer.status, &answer.body);
    host.log(
        Level::Error,
        format!("RapidPro refused a webhook for ticket {ticket} with {status}: {body}"),
    );
}

/// Tells RapidPro what somebody wrote to the contact.
///
/// # Errors
/// Where no answer came, or RapidPro is not connected.
pub async fn agent_message(
    host: &Host,
    ticket: &TicketId,
    contact: &Contact,
    text: &str,
) -> Result<WebhookAnswer, Undelivered> {
    post(
        host,
        event(
            EventKind::AgentMessage,
            ticket,
            &contact.token,
            Some(MessageData { text }),
        ),
    )
    .await
}

/// Tells RapidPro that a ticket's room was closed.
///
/// # Errors
/// Where no answer came, or RapidPro is not connected.
pub async fn close_room(host: &Host, ticket: &TicketId, contact: &Contact) -> Result<WebhookAnswer, Undelivered> {
    post(host, event(EventKind::CloseRoom, ticket, &contact.token, None)).await
}

fn event<'a>(
    kind: EventKind,
    ticket: &'a TicketId,
    token: &'a ContactToken,
    data: Option<MessageData<'a>>,
) -> Event<'a> {
    Event {
        kind,
        ticket,
        visitor: EventVisitor { token },
        data,
    }
}

async fn post(host: &Host, event: Event<'_>) -> Result<WebhookAnswer, Undelivered> {
    let body = serde_json::to_string(&event).map_err(|_| Undelivered::NoAnswer(Failure::Unreadable))?;
    let workspace = workspace::current(host).await.map_err(Undelivered::NoAnswer)?;
    let secret = settings::secret(host).await.map_err(Undelivered::NoAnswer)?;
    let url = workspace.callback.ok_or(Undelivered::NotConnected)?;
    host.post_webhook(url, secret, body, TIMEOUT_MS)
        .await
        .map_err(Undelivered::NoAnswer)
}

impl WebhookAnswer {
    /// Whether RapidPro took it.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(event: &Event<'_>) -> Value {
        serde_json::to_value(event).unwrap()
    }

    #[test]
    fn bodies_hold_what_the_contract_says_and_no_more() {
        let (ticket, token) = (TicketId("59d7".into()), ContactToken("10000".into()));
        assert_eq!(
            body(&event(
                EventKind::AgentMessage,
                &ticket,
                &token,
                Some(MessageData { text: "hi" })
            )),
            json!({ "type": "agent-message", "ticketID": "59d7", "visitor": { "token": "10000" }, "data": { "text": "hi" } })
        );
        assert_eq!(
            body(&event(EventKind::CloseRoom, &ticket, &token, None)),
            json!({ "type": "close-room", "ticketID": "59d7", "visitor": { "token": "10000" } })
        );
    }
}
