//! What the app posts to RapidPro's callback address, and what RapidPro's API answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ticket::{ContactToken, TicketId};

/// A webhook's body.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<EventData<'a>>,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EventData<'a> {
    /// What was written.
    Message(MessageData<'a>),
    /// How the room was closed.
    Close(CloseData),
}

/// How a room was closed. What is not known is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CloseData {
    /// The name of who closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
    /// Their login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by_username: Option<String>,
    /// The name of the room's department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// How long the ticket was open, in seconds.
    pub duration_seconds: u64,
    /// The names of those who wrote to the contact, in the order of their first message.
    pub agents: Vec<String>,
    /// The closing comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageData<'a> {
    /// The text; may be empty where there are attachments.
    pub text: &'a str,
    /// The files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<EventAttachment<'a>>,
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

/// A page of the API's `messages.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct MessagesPage {
    /// The messages, newest first; each is read by itself, so that an odd one does not hide the others.
    pub results: Vec<Value>,
    /// Where the next page is.
    #[serde(default)]
    pub next: Option<String>,
}

/// A message of a contact's history.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PastMessage {
    /// `in` from the contact, `out` to them.
    pub direction: String,
    /// When it was made, RFC 3339.
    pub created_on: String,
    /// The text; may be empty.
    #[serde(default)]
    pub text: Option<String>,
    /// `failed` where the contact never got it.
    #[serde(default)]
    pub status: Option<String>,
    /// Its media.
    #[serde(default)]
    pub attachments: Option<Vec<PastMedia>>,
}

/// One of a message's media.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PastMedia {
    /// A MIME type, a bare kind such as `image`, or `geo`.
    #[serde(default)]
    pub content_type: String,
    /// Where it is; for `geo`, latitude and longitude.
    pub url: String,
}
