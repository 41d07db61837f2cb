//! How a ticket ends, from either side.

use serde_json::Value;

use crate::fields::Fields;
use crate::host::Host;
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::ticket::{self, Closer, Contact, ContactToken, FactKind, RoomId, RoomState, Ticket, TicketId};
use crate::trigger::FollowUp;
use crate::{webhook, workspace};

/// The endpoint `room.close`: ends a contact's tickets without telling RapidPro, which knows.
///
/// # Errors
/// 400 naming a field. That there is nothing to close, or that Rocket.Chat refuses, is none: the
/// ticket must be closable in RapidPro.
pub async fn close(host: &Host, body: &Value) -> Result<End, Refusal> {
    let token = ContactToken(Fields::of_body(body)?.object("visitor")?.text("token")?.to_owned());
    let contact = Contact {
        workspace: workspace::current(host).await?.id,
        token,
    };
    host.acquire(contact.queue()).await;
    for ticket in ticket::of_contact(host, &contact)
        .await?
        .iter()
        .filter(|ticket| !ticket.is_ended())
    {
        // Written first: the room's close event must find it, however soon it comes.
        ticket.add(host, FactKind::Closed { by: Closer::RapidPro }).await?;
        if ticket.is_open() {
            close_room(host, ticket).await?;
        }
    }
    Ok(End::answer(Response {
        status: 204,
        content: None,
    }))
}

async fn close_room(host: &Host, ticket: &Ticket) -> Result<(), Refusal> {
    if let RoomState::Open(room) = ticket::look(host, ticket).await?
        && let Err(failure) = host.close_room(room.id, "Closed in RapidPro").await
    {
        let room = ticket.room.as_str();
        host.log(
            Level::Warn,
            format!("RapidPro closed the ticket, but room {room} could not be closed: {failure}"),
        );
    }
    Ok(())
}

/// A room was closed on Rocket.Chat's side, or by this app: RapidPro is told in the first case.
pub async fn closed_in_rocket_chat(host: &Host, room: RoomId) -> End {
    let ticket = match ticket::of_room(host, &room).await {
        Ok(Some(ticket)) if ticket.is_open() => ticket,
        Ok(_) => return End::default(),
        Err(failure) => {
            host.log(
                Level::Error,
                format!(
                    "room {} was closed, but its ticket could not be read: {failure}",
                    room.as_str()
                ),
            );
            return End::default();
        }
    };
    if let Err(failure) = ticket.add(host, FactKind::Closed { by: Closer::RocketChat }).await {
        host.log(
            Level::Error,
            format!("the close of room {} could not be stored: {failure}", room.as_str()),
        );
    }
    End {
        response: None,
        follow_ups: vec![FollowUp::Deliver { room }],
    }
}

/// Tells RapidPro of a closed room, once for each of its tickets.
pub async fn deliver(host: &Host, room: &RoomId) -> End {
    host.acquire(webhook::queue(room)).await;
    match ticket::of_room(host, room).await {
        Ok(Some(ticket)) => {
            for id in ticket.owed() {
                tell(host, &ticket, id).await;
            }
        }
        Ok(None) => {}
        Err(failure) => host.log(
            Level::Error,
            format!("the ticket of room {} could not be read: {failure}", room.as_str()),
        ),
    }
    End::default()
}

async fn tell(host: &Host, ticket: &Ticket, id: &TicketId) {
    // RapidPro's retries of `room` leave ids of tickets that never came to be.
    let never_existed = |status: u16| status == 404 && ticket.newest_id() != Some(id);
    match webhook::close_room(host, id, &ticket.contact).await {
        Ok(answer) if answer.is_success() || never_existed(answer.status) => {
            if let Err(failure) = ticket.add(host, FactKind::Told { ticket: id.clone() }).await {
                host.log(
                    Level::Error,
                    format!(
                        "that RapidPro took the close of ticket {} could not be stored: {failure}",
                        id.as_str()
                    ),
                );
            }
        }
        Ok(answer) => webhook::log_refusal(host, id, &answer),
        Err(undelivered) => undelivered.log(host, id),
    }
}
