//! How a room was closed, for the flow that RapidPro starts then.

use serde_json::Value;

use crate::config::settings;
use crate::outbound::eligible;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::runtime::outcome::Level;
use crate::sort::sort_by_key;
use crate::store::ticket::Ticket;

/// What is known of a ticket's close; `None` where RapidPro is not to be told.
///
/// # Errors
/// Where the setting cannot be read. What Rocket.Chat does not tell of the room is left out: no close waits for it.
pub async fn of(host: &Host, ticket: &Ticket) -> Result<Option<Value>, Failure> {
    if !settings::all(host).await?.sends_close_details() {
        return Ok(None);
    }
    let room = known(host, host.find_room(ticket.room.clone()).await).flatten();
    let closing = room.map(|room| room.closing).unwrap_or_default();
    let text = |name| closing.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let closed_at = closing.get("at").and_then(Value::as_u64).or(ticket.closed_at()).unwrap_or_default();
    let known = vec![
        ("closed_by", text("name").or(text("username")).map(Value::from)),
        ("closed_by_username", text("username").map(Value::from)),
        ("department", text("department").map(Value::from)),
        ("comment", ticket.comment.as_deref().map(Value::from)),
        ("duration_seconds", Some((closed_at.saturating_sub(ticket.opened_at()) / 1000).into())),
        ("agents", Some(agents(host, ticket).await.into())),
    ];
    Ok(Some(Value::Object(json::object(known))))
}

/// Who wrote to the contact, in the order of their first message.
pub(crate) async fn agents(host: &Host, ticket: &Ticket) -> Vec<String> {
    let mut messages = known(host, host.messages(ticket.room.clone()).await).unwrap_or_default();
    sort_by_key(&mut messages, |message| message.created_at);
    let mut names: Vec<String> = Vec::new();
    for message in messages {
        let Some((_, written)) = eligible::outbound_message(host, &message) else { continue };
        if !written.author.is_empty() && !names.contains(&written.author) {
            names.push(written.author);
        }
    }
    names
}

pub(crate) fn known<T>(host: &Host, read: Result<T, Failure>) -> Option<T> {
    if let Err(failure) = &read {
        host.log(Level::Warn, format!("a close goes to RapidPro without all its details: {failure}"));
    }
    read.ok()
}
