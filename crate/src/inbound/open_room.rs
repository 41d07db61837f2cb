//! The endpoint `room`: opens a ticket's room, or finds the one that is open.

use crate::ids::Contact;
use crate::ids::RoomId;
use crate::inbound::duplicate_rooms::merge_duplicates;
use crate::inbound::duplicate_rooms::supersede;
use crate::inbound::room_request::RoomRequest;
use crate::livechat::custom_fields::set_custom_field;
use crate::livechat::department::default_department;
use crate::livechat::room;
use crate::livechat::room::RoomState;
use crate::livechat::room::unused_own_rooms;
use crate::livechat::visitor;
use crate::request::caller::Caller;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::host::Host;
use crate::runtime::job::DeliveryMode;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::ticket;
use crate::store::ticket::ClosedBy;
use crate::store::ticket::FactKind;
use crate::store::ticket::bind;
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
    let tickets = ticket::of_contact(&host.all_records(contact.association()).await?);
    let mut follow_ups = Vec::new();
    let mut open = tickets.iter().filter(|ticket| ticket.is_open());
    while let Some(ticket) = open.next() {
        match room::observe(host, ticket).await? {
            RoomState::Open(_) => {
                bind(host, &contact, &ticket.room, &ticket.visitor, &request.binding).await?;
                // What a race left that nobody could settle.
                for loser in open {
                    let loser = (&loser.room, loser.bindings.as_slice());
                    supersede(host, &contact, &ticket.room, &ticket.visitor, loser, &mut follow_ups).await?;
                }
                set_custom_fields(host, &ticket.visitor, &request).await;
                return Ok(answer(&ticket.room, follow_ups));
            }
            RoomState::Closed => {
                ticket.add(host, FactKind::closed(ClosedBy::RocketChat)).await?;
                follow_ups.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Due });
            }
        }
    }
    let used: Vec<&RoomId> = tickets.iter().map(|ticket| &ticket.room).collect();
    let room = create(host, &contact, &request, &used, &mut follow_ups).await?;
    if request.binding.past.is_some() {
        follow_ups.push(Job::ShowHistory { room: room.clone(), workspace: contact.workspace });
    }
    Ok(answer(&room, follow_ups))
}

async fn create(
    host: &Host,
    contact: &Contact,
    request: &RoomRequest<'_>,
    used: &[&RoomId],
    follow_ups: &mut Vec<Job>,
) -> Result<RoomId, Refusal> {
    let department = match request.department {
        Some(department) => Some(find_department(host, department).await?),
        None => default_department(host, &contact.workspace).await,
    };
    let visitor = Visitor { department, ..visitor::ensure(host, contact, request.details).await? };
    // A room of ours that no fact knows is what a crash between opening and binding left.
    let room = match unused_own_rooms(host, &visitor, used).await?.into_iter().next() {
        Some(left_over) => {
            follow_ups.push(Job::Deliver { room: left_over.clone(), mode: DeliveryMode::Reconcile });
            left_over
        }
        None => host.create_room(visitor.clone(), request.room_fields()).await?.id,
    };
    bind(host, contact, &room, &visitor, &request.binding).await?;
    let room = merge_duplicates(host, contact, &visitor, (room, &request.binding), used, follow_ups).await?;
    set_custom_fields(host, &visitor, request).await;
    Ok(room)
}

pub(crate) async fn find_department(host: &Host, department: &str) -> Result<String, Refusal> {
    match host.find_department(department.to_owned()).await? {
        Some(found) => Ok(found.id),
        None => Err(Refusal::NotFound(format!(
            "the department `{department}` is unknown in Rocket.Chat: correct `visitor.department`, \
             or grant the app the permission `livechat-department.read`"
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
