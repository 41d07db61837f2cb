//! How a ticket ends, from either side.

use crate::cache::Recent;
use crate::compare;
use crate::connection::Caller;
use crate::delivery;
use crate::desk::Desk;
use crate::fields::Fields;
use crate::host::{Failure, Host};
use crate::language;
use crate::missed::ReconcileNeeded;
use crate::notice;
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::settings;
use crate::ticket::{self, Closer, ContactToken, FactKind, RoomId, RoomState, Ticket};
use crate::trigger::{Haste, Job};
use crate::wire::rocketchat::{Message, Room};
use crate::words;

/// How long after the event of a close that of its comment may come, in milliseconds.
const COMMENT_LATE_MS: u64 = 100;

/// The endpoint `room.close`: ends a contact's tickets without telling RapidPro, which knows. What
/// agents wrote before goes out all the same.
///
/// # Errors
/// 400 naming a field. That there is nothing to close, or that Rocket.Chat refuses, is none: the
/// ticket must be closable in RapidPro.
pub async fn close(host: &Host, caller: &Caller, body: &Fields<'_>) -> Result<End, Refusal> {
    let token = ContactToken(body.object("visitor")?.text("token")?.to_owned());
    let contact = caller.contact(host, token).await?;
    host.acquire_in_time(contact.queue()).await?;
    let tickets = ticket::of_contact(&host.all_records(contact.association()).await?);
    let mut end = End::answer(Response::of(204));
    for ticket in tickets.iter().filter(|ticket| !ticket.is_ended() && !ticket.is_finished()) {
        // Stored before the room is closed: its close event must find it, however soon it comes.
        ticket.add(host, FactKind::closed(Closer::RapidPro)).await?;
        end.follow_ups.push(Job::Deliver { room: ticket.room.clone(), haste: Haste::Due });
    }
    Ok(end)
}

/// Closes the room of a ticket that has ended, if Rocket.Chat lets it; else the agents are asked to.
///
/// # Errors
/// Where Rocket.Chat neither closes the room nor takes the request to.
pub async fn leave_room(host: &Host, ticket: &Ticket) -> Result<(), Failure> {
    let RoomState::Open(room) = ticket::look(host, ticket).await? else { return Ok(()) };
    let comment = if ticket.gave_way() { words::GAVE_WAY } else { words::CLOSED_IN_RAPIDPRO };
    let comment = comment.in_language(language::of_server(host).await);
    let Err(failure) = host.close_room(room.id, comment).await else { return Ok(()) };
    if ticket::look(host, ticket).await? == RoomState::Closed {
        return Ok(());
    }
    let room = ticket.room.as_str();
    host.log(Level::Warn, format!("the ticket of room {room} has ended, but the room could not be closed: {failure}"));
    if notice::please_close(host, ticket).await { Ok(()) } else { Err(failure) }
}

/// With which words rooms were closed. Rocket.Chat tells it only once, in an event beside the close's own.
#[derive(Debug, Default)]
pub struct ClosingComments(Recent<RoomId, String, 200>);

/// Remembers the words with which a room was closed, if the message says so: they come in an event of their own,
/// mostly before that of the close.
pub fn note_comment(host: &Host, message: &Message) {
    if let Some(comment) = closing_comment(message) {
        host.cache::<ClosingComments>().0.put(message.room.id.clone(), comment.to_owned());
    }
}

fn closing_comment(message: &Message) -> Option<&str> {
    let text = message.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    text.filter(|_| message.kind.as_deref() == Some("livechat-close"))
}

/// A room was closed on Rocket.Chat's side, or by this app: RapidPro is told in the first case.
pub async fn closed_in_rocket_chat(host: &Host, closed: Room) -> End {
    let made_here = closed.was_made_by(&host.process().app_id);
    let room = closed.id;
    // Behind the room's messages whose events came before.
    host.acquire(delivery::desk_queue(&room)).await;
    let stored = match Desk::read(host, &room).await {
        Ok(Some(desk)) if desk.ticket.is_open() => {
            let comment = comment_on(host, &room).await;
            desk.ticket.add(host, FactKind::Closed { by: Closer::RocketChat, comment }).await
        }
        Ok(None) if made_here => {
            compare::look_soon(host, &room).await;
            return End::default();
        }
        Ok(_) => return End::default(),
        Err(failure) => Err(failure),
    };
    let mut haste = Haste::Due;
    if let Err(failure) = stored {
        compare::look_soon(host, &room).await;
        let room = room.as_str();
        host.log(Level::Error, format!("room {room} was closed, which the comparison of rooms will find: {failure}"));
        host.cache::<ReconcileNeeded>().0.set(true);
        haste = Haste::Compare;
    }
    End::follow_up(Job::Deliver { room, haste })
}

/// The words with which a room was closed, where RapidPro is to be told. Their event may be late, and Rocket.Chat 6.12
/// to 7.0 has none: there they are read back, where the server can.
async fn comment_on(host: &Host, room: &RoomId) -> Option<String> {
    let comments = host.cache::<ClosingComments>();
    let known = comments.0.remove(room);
    if !settings::all(host).await.is_ok_and(|settings| settings.sends_close_details()) {
        return None;
    }
    if known.is_none() {
        host.sleep(COMMENT_LATE_MS).await;
    }
    if let Some(comment) = known.or_else(|| comments.0.remove(room)) {
        return Some(comment);
    }
    match host.last_messages(room.clone()).await {
        Ok(messages) => messages.iter().find_map(closing_comment).map(str::to_owned),
        Err(failure) => {
            host.log(Level::Debug, format!("the closing comment of room {} is not known: {failure}", room.as_str()));
            None
        }
    }
}
