//! The endpoint `room`: opens a ticket's room, or finds the one that is open.

use crate::config::department;
use crate::config::department::default_department;
use crate::ids::{Contact, RoomId};
use crate::inbound::duplicate_rooms::{merge_duplicates, supersede};
use crate::inbound::new_room;
use crate::inbound::new_room::Found;
use crate::inbound::room_request::RoomRequest;
use crate::livechat::custom_fields::set_custom_field;
use crate::livechat::room::RoomState;
use crate::livechat::visitor::Known;
use crate::livechat::{room, visitor};
use crate::request::caller::Caller;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::keys::contact_association;
use crate::store::ticket;
use crate::store::ticket::{ClosedBy, FactKind, Service, Ticket};
use crate::wire::http::Response;
use crate::wire::rocketchat::Visitor;

/// Opens a room for a ticket, or binds the ticket to the contact's open room; answers the room's id.
///
/// # Errors
/// 400 naming a field; 404 where the department is unknown; 424 where Rocket.Chat refuses.
pub async fn open_room(host: &Host, caller: &Caller, body: &Fields<'_>) -> Result<End, Refusal> {
    let request = RoomRequest::read(host, caller, body)?;
    let contact = caller.contact(host, request.token.clone()).await?;
    host.acquire_in_time(contact.queue()).await?;
    let (room, follow_ups) = open(host, &contact, &request).await?;
    Ok(answer(&room, follow_ups))
}

/// The same for whoever has the contact's turn; answers the room, and what is to follow.
pub(crate) async fn open(
    host: &Host,
    contact: &Contact,
    request: &RoomRequest<'_>,
) -> Result<(RoomId, Vec<Job>), Refusal> {
    let shared = visitor::shared_token(host, contact, request.person()).await?;
    let (records, shared) = host.records_and_visitor(contact_association(contact), shared).await;
    let tickets = ticket::of_contact(&records?);
    let mut follow_ups = Vec::new();
    end_replaced(host, &tickets, request.person(), &mut follow_ups).await?;
    let mut open = ticket::of_person(&tickets, request.person()).into_iter().filter(|ticket| ticket.is_open());
    while let Some(ticket) = open.next() {
        match room::observe(host, ticket).await? {
            RoomState::Open(_) => {
                ticket.service().bind(host, &ticket.visitor, &request.binding).await?;
                // What a race left that nobody could settle.
                for loser in open {
                    let loser = (loser.service(), loser.bindings.as_slice());
                    supersede(host, ticket.service(), &ticket.visitor, loser, &mut follow_ups).await?;
                }
                set_custom_fields(host, &ticket.visitor, request).await;
                return Ok((ticket.room.clone(), follow_ups));
            }
            RoomState::Closed => {
                ticket.add(host, FactKind::closed(ClosedBy::RocketChat)).await?;
                follow_ups.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Due });
            }
        }
    }
    let room = create(host, contact, request, (&tickets, shared), &mut follow_ups).await?;
    if request.binding.past.is_some() {
        follow_ups.push(Job::ShowHistory { room: room.clone(), workspace: contact.workspace.clone() });
    }
    Ok((room, follow_ups))
}

/// The contact's token is another person's now: the rooms of whoever had it before end.
async fn end_replaced(
    host: &Host,
    tickets: &[Ticket],
    person: Option<&str>,
    follow_ups: &mut Vec<Job>,
) -> Result<(), Failure> {
    let is_other = |ticket: &&Ticket| ticket.is_open() && !ticket::is_same(ticket.person(), person);
    for ticket in tickets.iter().filter(is_other) {
        let room = ticket.room.as_str();
        host.log(Level::Warn, format!("room {room} ends: RapidPro names another contact by the token of its contact"));
        ticket.add(host, FactKind::replaced()).await?;
        follow_ups.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Ended });
    }
    Ok(())
}

async fn create(
    host: &Host,
    contact: &Contact,
    request: &RoomRequest<'_>,
    (tickets, shared): (&[Ticket], Result<Option<Visitor>, Failure>),
    follow_ups: &mut Vec<Job>,
) -> Result<RoomId, Refusal> {
    let department = match request.department {
        Some(department) => Some(find_department(host, department).await?),
        None => default_department(host, &contact.workspace).await,
    };
    let known = Known { tickets, has_shared: shared?.is_some() };
    let (visitor, open) = visitor::register(host, contact, request.person(), known, request.details).await?;
    let visitor = Visitor { department, ..visitor };
    let used: Vec<&RoomId> = tickets.iter().map(|ticket| &ticket.room).collect();
    let room = match new_room::find_or_create(host, (&visitor, &open), request, tickets, follow_ups).await? {
        Found::Unused(room) => {
            Service::first(contact, &room).bind(host, &visitor, &request.binding).await?;
            let open = visitor::complete_and_find_rooms(host, &visitor, request.details).await?;
            merge_duplicates(host, contact, (&visitor, &open), (room, &request.binding), &used, follow_ups).await?
        }
        Found::Used(room) => {
            let before = tickets.iter().find(|ticket| ticket.room == room);
            new_room::adopt(host, contact, &room, before, &visitor, &request.binding).await?;
            visitor::complete(host, &visitor, request.details).await;
            room
        }
    };
    set_custom_fields(host, &visitor, request).await;
    Ok(room)
}

pub(crate) async fn find_department(host: &Host, department: &str) -> Result<String, Refusal> {
    match department::find(host, department).await? {
        Some(found) => Ok(found.id),
        None => Err(Refusal::NotFound(format!(
            "the department `{department}` is unknown in Rocket.Chat, archived or disabled: correct \
             `visitor.department`, or grant the app the permission `livechat-department.read`"
        ))),
    }
}

/// Fills in the omnichannel fields that are configured in Rocket.Chat: the app's own, if somebody wants to see
/// them, and those of the flow.
async fn set_custom_fields(host: &Host, visitor: &Visitor, request: &RoomRequest<'_>) {
    for (key, value) in request.room_fields() {
        set_custom_field(host, visitor, &key, value, Level::Debug).await;
    }
    for (key, value) in &request.custom_fields {
        set_custom_field(host, visitor, key, (*value).into(), Level::Warn).await;
    }
}

pub(crate) fn answer(room: &RoomId, follow_ups: Vec<Job>) -> End {
    End { response: Some(Response::field(200, "id", room.as_str().into())), follow_ups }
}
