//! What the app posts to RapidPro's callback address.

use serde_json::Value;

use crate::plain::ToValue;
use crate::ticket::{ContactToken, TicketId};

/// A webhook's body.
#[derive(Debug, Clone, PartialEq, ToValue)]
pub struct Event<'a> {
    /// What happened.
    #[value(rename = "type")]
    pub kind: EventKind,
    /// The ticket, as RapidPro names it.
    #[value(rename = "ticketID")]
    pub ticket: &'a TicketId,
    /// The contact; RapidPro ignores it.
    pub visitor: EventVisitor<'a>,
    /// What was written, or how the room was closed.
    pub data: Option<Value>,
}

/// The two things that RapidPro is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToValue)]
#[value(rename_all = "kebab-case")]
pub enum EventKind {
    /// Somebody on Rocket.Chat's side wrote to the contact.
    AgentMessage,
    /// The room was closed on Rocket.Chat's side.
    CloseRoom,
}

/// The contact, by the token that RapidPro gave.
#[derive(Debug, Clone, PartialEq, ToValue)]
pub struct EventVisitor<'a> {
    /// RapidPro's token.
    pub token: &'a ContactToken,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, ToValue)]
pub struct MessageData<'a> {
    /// The text; may be empty where there are attachments.
    pub text: &'a str,
    /// The files.
    pub attachments: Option<Vec<EventAttachment<'a>>>,
}

/// A file that RapidPro fetches.
#[derive(Debug, Clone, PartialEq, ToValue)]
pub struct EventAttachment<'a> {
    /// The MIME type.
    #[value(rename = "type")]
    pub mime: &'a str,
    /// Where it is.
    pub url: String,
}
