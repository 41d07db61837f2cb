//! How a room was closed, for the flow that RapidPro starts then.

use crate::agent_message;
use crate::host::{Failure, Host};
use crate::operation::Level;
use crate::settings;
use crate::ticket::Ticket;
use crate::wire::rapidpro::CloseData;

/// What is known of a ticket's close; `None` where RapidPro is not to be told.
///
/// # Errors
/// Where the setting cannot be read. What Rocket.Chat does not tell of the room is left out: no close waits for it.
pub async fn of(host: &Host, ticket: &Ticket) -> Result<Option<CloseData>, Failure> {
    if !settings::sends_close_details(host).await? {
        return Ok(None);
    }
    let room = known(host, host.find_room(ticket.room.clone()).await);
    let closing = room.and_then(|room| room.closing).unwrap_or_default();
    let closed_at = closing.at.or(ticket.closed_at()).unwrap_or_default();
    let closer = closing.by.unwrap_or_default();
    Ok(Some(CloseData {
        closed_by: closer.called(),
        closed_by_username: closer.username,
        department: closing.department,
        duration_seconds: closed_at.saturating_sub(ticket.opened_at()) / 1000,
        agents: agents(host, ticket).await,
        comment: ticket.comment.clone(),
    }))
}

/// Who wrote to the contact.
async fn agents(host: &Host, ticket: &Ticket) -> Vec<String> {
    let mut messages = known(host, host.messages(ticket.room.clone()).await).unwrap_or_default();
    messages.sort_by_key(|message| message.created_at);
    let mut names: Vec<String> = Vec::new();
    for message in messages {
        let Some((_, written)) = agent_message::to_forward(host, &message) else { continue };
        if !written.author.is_empty() && !names.contains(&written.author) {
            names.push(written.author);
        }
    }
    names
}

fn known<T>(host: &Host, read: Result<Option<T>, Failure>) -> Option<T> {
    read.unwrap_or_else(|failure| {
        host.log(Level::Warn, format!("a close goes to RapidPro without all its details: {failure}"));
        None
    })
}
