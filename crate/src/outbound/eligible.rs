//! Which messages concern RapidPro: whose they are, and in which rooms.

use crate::outbound::content;
use crate::runtime::host::Host;
use crate::store::outbox_record;
use crate::wire::rocketchat::Message;

/// The id and the content of a message that concerns RapidPro, should its room serve a ticket.
pub fn outbound_message(host: &Host, message: &Message) -> Option<(String, outbox_record::Message)> {
    let app_id = &host.process().app_id;
    if Author::of(message, app_id) != Author::Staff || is_foreign_room(message, app_id) {
        return None;
    }
    let written_at = message.created_at.unwrap_or_else(|| host.now());
    Some((message.id.clone()?, content::of(message, written_at)?))
}

/// The id of a message that concerns RapidPro and has nothing that could be sent.
pub(crate) fn without_content(host: &Host, message: &Message) -> Option<String> {
    let app_id = &host.process().app_id;
    let concerns = Author::of(message, app_id) == Author::Staff && !is_foreign_room(message, app_id);
    let is_empty = concerns && content::of(message, 0).is_none();
    message.id.clone().filter(|_| is_empty)
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// Rocket.Chat itself: joins, transfers, closes …
    System,
    /// The contact.
    Visitor,
    /// This app.
    ThisApp,
    /// An agent, a manager, a bot or another app.
    Staff,
}

impl Author {
    /// The order matters: facts, "Recognising the author".
    pub(crate) fn of(message: &Message, app_id: &str) -> Self {
        if message.kind.as_deref().is_some_and(|kind| !kind.is_empty()) {
            return Self::System;
        }
        let sender = message.sender.clone().unwrap_or_default();
        let visitor = message.room.visitor.as_ref().and_then(|visitor| visitor.id.as_deref());
        if message.token.is_some() || (sender.id.is_some() && sender.id.as_deref() == visitor) {
            return Self::Visitor;
        }
        if sender.app_id.as_deref() == Some(app_id) {
            return Self::ThisApp;
        }
        Self::Staff
    }
}

/// Whether the message is from another kind of room, or from a livechat room that somebody else opened for a visitor of
/// theirs. Servers that do not tell the source are believed: only a room with a ticket is forwarded anyway.
pub(crate) fn is_foreign_room(message: &Message, app_id: &str) -> bool {
    let for_contact = message.room.visitor.as_ref().is_some_and(|visitor| visitor.is_contact());
    let source = message.room.source.as_ref().and_then(|source| source.id.as_deref());
    message.room.kind.as_deref() != Some("l") || (!for_contact && source.is_some_and(|source| source != app_id))
}
