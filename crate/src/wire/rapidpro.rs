//! What the app posts to RapidPro's callback address.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::ids::{ContactToken, TicketId};
use crate::text::json_text;

/// RapidPro's answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, cut to a length fit for a log.
    #[serde(default)]
    pub body: String,
    /// For how long RapidPro asks not to be called, in milliseconds (its `Retry-After`).
    pub retry_after_ms: Option<u64>,
    /// Where it redirects to, where the server's client has not followed.
    #[serde(default)]
    pub location: Option<String>,
}

/// The answer of RapidPro's API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body; nothing where there is too much of it.
    pub body: Option<String>,
    /// For how long RapidPro asks not to be called, in milliseconds (its `Retry-After`).
    pub retry_after_ms: Option<u64>,
}

impl ApiAnswer {
    /// The body as JSON, where the request succeeded and it is no other kind of page.
    pub fn json(&self) -> Option<Value> {
        json_text::parse(self.body.as_deref().filter(|_| self.status == 200)?)
    }
}

/// RapidPro takes no larger files, in bytes (mailroom's `FetchFile`).
pub const FILE_SIZE_MAX: u64 = 10 * 1024 * 1024;

/// A webhook's body.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event<'a> {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The ticket, as RapidPro names it.
    #[serde(rename = "ticketID")]
    pub ticket: &'a TicketId,
    /// The contact; RapidPro ignores it.
    pub visitor: EventVisitor<'a>,
    /// What was written, or how the room was closed.
    pub data: Option<Value>,
}

/// The two things that RapidPro is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Somebody on Rocket.Chat's side wrote to the contact.
    AgentMessage,
    /// The room was closed on Rocket.Chat's side.
    CloseRoom,
}

/// The contact, by the token that RapidPro gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventVisitor<'a> {
    /// RapidPro's token.
    pub token: &'a ContactToken,
}

/// What was written.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageData<'a> {
    /// The text; may be empty where there are attachments.
    pub text: &'a str,
    /// The files.
    pub attachments: Option<Vec<EventAttachment<'a>>>,
}

/// A file that RapidPro fetches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventAttachment<'a> {
    /// The MIME type.
    #[serde(rename = "type")]
    pub mime: &'a str,
    /// Where it is.
    pub url: String,
}
