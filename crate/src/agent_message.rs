//! What is written on Rocket.Chat's side, on its way to RapidPro.

use crate::agent_content;
use crate::arrivals::Arrivals;
use crate::arrivals::{LOOK_EVERY_MS, PATIENCE_MS};
use crate::close;
use crate::compare;
use crate::delivery;
use crate::desk::Desk;
use crate::host::{Failure, Host};
use crate::language;
use crate::missed::ReconcileNeeded;
use crate::missed::UnrecordedRooms;
use crate::notice;
use crate::operation::{End, Level};
use crate::outbox::{self, File};
use crate::rich_content;
use crate::settings;
use crate::ticket::{RoomId, Ticket};
use crate::tidy;
use crate::wire::rocketchat::Message;

/// An event that is this much younger than its message is late, in milliseconds. No entry's lines shrink
/// before.
const LATE_MS: u64 = 60_000;

/// Takes up a message of a ticket's room for RapidPro; passes over everything that the livechat visitor
/// would not see, and everything outside the ticket's own room.
pub async fn forward(host: &Host, message: Message) -> End {
    let (arrivals, room) = (host.cache::<Arrivals>(), message.room.id.clone());
    if made_elsewhere(&message, &host.process().app_id) {
        return End::default();
    }
    let made_here = message.room.was_made_by(&host.process().app_id);
    arrivals.count(&message);
    close::note_comment(host, &message);
    if Author::of(&message, &host.process().app_id) != Author::Staff {
        return End::default();
    }
    arrivals.wait(message);
    // In the order of the events; which message is taken up then, is the arrivals' business.
    host.acquire(delivery::desk_queue(&room)).await;
    wait_for_missing(host, &room).await;
    let oldest = arrivals.take_oldest(&room);
    let Some(written) = oldest else { return End::default() };
    let Some((id, message)) = to_forward(host, &written) else { return nothing_to_send(host, &written).await };
    let desk = match Desk::read_insistently(host, &room).await {
        Ok(Some(desk)) => desk,
        Ok(None) => {
            if made_here {
                compare::look_soon(host, &room).await;
            }
            return End::default();
        }
        Err(failure) => return missed(host, &room, &id, &failure).await,
    };
    match was_taken_up(host, &desk, &id, message.written_at).await {
        Ok(false) => {}
        Ok(true) => return End::default(),
        Err(failure) => return missed(host, &room, &id, &failure).await,
    }
    if desk.ticket.is_finished() {
        notice::nobody_reads(host, &desk.ticket).await;
        return End::default();
    }
    let message = completed(host, &desk.ticket, &written, message).await;
    delivery::take_up(host, &desk, id, message).await
}

/// The content of a message, with what has to be asked for: files of other messages that it forwards, the server's
/// address in links, its language in a place. The agent is told of files that cannot be sent. What is only typed, or
/// has files of its own, needs nothing.
pub async fn completed(host: &Host, ticket: &Ticket, written: &Message, content: outbox::Message) -> outbox::Message {
    let parts = rich_content::of(written, agent_content::typed(written), "");
    let mut content = content;
    if parts.needs_address || !written.location.is_null() {
        // A link without its beginning is better than none.
        let address = if parts.needs_address { settings::public_address(host).await } else { Ok(String::new()) };
        let (address, language) = (address.unwrap_or_default(), language::of_server(host).await);
        content = agent_content::of_at(written, content.written_at, &address, language).unwrap_or(content);
    }
    let mut names = Vec::new();
    for file in parts.uploads {
        // Whoever writes a message names what it forwards: of another room's files nobody knows whether they may.
        match host.find_upload(file.id.clone()).await {
            Ok(Some(upload)) if upload.room.as_ref() == Some(&written.room.id) => content.files.push(File {
                mime: upload.kind.unwrap_or(file.mime),
                size: upload.size.unwrap_or_default(),
                ..file
            }),
            _ => names.push(file.name),
        }
    }
    if !names.is_empty() {
        notice::name_only(host, ticket, &names).await;
    }
    content
}

/// A message has neither words nor files: the agent must not believe that the contact got it.
async fn nothing_to_send(host: &Host, message: &Message) -> End {
    if Author::of(message, &host.process().app_id) != Author::Staff {
        return End::default();
    }
    match Desk::read(host, &message.room.id).await {
        Ok(Some(desk)) if desk.ticket.is_open() => notice::nothing_to_send(host, &desk.ticket).await,
        Ok(_) => {}
        Err(failure) => host.log(Level::Warn, format!("a message without content is passed over: {failure}")),
    }
    End::default()
}

/// An event that comes late may be a second one of a message whose lines have shrunk to its id.
async fn was_taken_up(host: &Host, desk: &Desk, id: &str, written_at: u64) -> Result<bool, Failure> {
    let is_late = host.now().saturating_sub(written_at) > LATE_MS;
    Ok(desk.outbox.knows(id) || (is_late && tidy::sent(host, &desk.ticket.room).await?.iter().any(|sent| sent == id)))
}

/// The room's next message must not overtake this one, and the rooms are compared soon.
async fn missed(host: &Host, room: &RoomId, id: &str, failure: &Failure) -> End {
    host.log(Level::Error, format!("message {id} was not taken up, the comparison of rooms will find it: {failure}"));
    host.cache::<ReconcileNeeded>().0.set(true);
    host.cache::<UnrecordedRooms>().insert(room);
    compare::look_soon(host, room).await;
    End::default()
}

async fn wait_for_missing(host: &Host, room: &RoomId) {
    let arrivals = host.cache::<Arrivals>();
    let since = host.now();
    while arrivals.is_one_missing(room) && host.now().abs_diff(since) < PATIENCE_MS {
        host.sleep(LOOK_EVERY_MS).await;
    }
    arrivals.stop_waiting(room);
}

/// The id and the content of a message that concerns RapidPro, should its room serve a ticket.
pub fn to_forward(host: &Host, message: &Message) -> Option<(String, outbox::Message)> {
    let app_id = &host.process().app_id;
    if Author::of(message, app_id) != Author::Staff || made_elsewhere(message, app_id) {
        return None;
    }
    let written_at = message.created_at.unwrap_or_else(|| host.now());
    Some((message.id.clone()?, agent_content::of(message, written_at)?))
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
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
    fn of(message: &Message, app_id: &str) -> Self {
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

/// Whether the message is from another kind of room, or from a livechat room that somebody else opened.
/// Servers that do not tell the source are believed: only a room with a ticket is forwarded anyway.
fn made_elsewhere(message: &Message, app_id: &str) -> bool {
    let source = message.room.source.as_ref().and_then(|source| source.id.as_deref());
    message.room.kind.as_deref() != Some("l") || source.is_some_and(|source| source != app_id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const APP: &str = "4c1d2b6e";

    fn message(changes: Value) -> Message {
        let mut message = json!({
            "id": "m", "text": "hello",
            "room": { "id": "r", "type": "l", "isOpen": true, "source": { "type": "app", "id": APP }, "visitor": { "id": "v" } },
            "sender": { "id": "anna", "username": "anna", "type": "user" },
        });
        for (key, value) in changes.as_object().unwrap() {
            message[key] = value.clone();
        }
        serde_json::from_value(message).unwrap()
    }

    #[track_caller]
    fn check(changes: Value, expected: Author) {
        assert_eq!(Author::of(&message(changes), APP), expected);
    }

    #[test]
    fn authors() {
        check(json!({}), Author::Staff);
        check(json!({ "type": null, "token": null }), Author::Staff);
        check(json!({ "sender": { "id": "b", "type": "bot" } }), Author::Staff);
        check(json!({ "sender": { "id": "x", "type": "app", "appId": "another" } }), Author::Staff);
        check(json!({ "sender": { "id": "x", "type": "app", "appId": APP } }), Author::ThisApp);
        check(json!({ "token": "t" }), Author::Visitor);
        check(json!({ "sender": { "id": "v", "type": "unknown" } }), Author::Visitor);
        check(json!({ "type": "livechat-close", "token": "t" }), Author::System);
    }

    #[test]
    fn rooms_made_elsewhere() {
        let room =
            |kind: &str, source: Value| message(json!({ "room": { "id": "r", "type": kind, "source": source } }));
        assert!(!made_elsewhere(&room("l", json!({ "type": "app", "id": APP })), APP));
        assert!(!made_elsewhere(&room("l", Value::Null), APP));
        assert!(made_elsewhere(&room("l", json!({ "type": "app", "id": "another" })), APP));
        assert!(made_elsewhere(&room("c", Value::Null), APP));
    }
}
