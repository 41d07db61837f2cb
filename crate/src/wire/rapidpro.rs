//! What the app posts to RapidPro's callback address.

use serde::Serialize;
use serde_json::{Map, Value};

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
    Close(Map<String, Value>),
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
