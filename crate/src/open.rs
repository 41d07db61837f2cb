//! The endpoint `room`: opens a ticket's room, or finds the one that is open.

use serde_json::{Map, Value};

use crate::cache::Recent;
use crate::connection::Caller;
use crate::fields::Fields;
use crate::host::{Cause, Failure, Host};
use crate::json;
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::ticket::{self, Binding, Closer, Contact, ContactToken, FactKind, Past, RoomId, RoomState, TicketId};
use crate::trigger::{Haste, Job};
use crate::visitor::{self, Details};
use crate::wire::rocketchat::{Room, Visitor};
use crate::{connection, timestamp};

/// What RapidPro asks for.
#[derive(Debug)]
struct Order<'a> {
    binding: Binding,
    token: ContactToken,
    details: Details<'a>,
    department: Option<&'a str>,
    custom_fields: Vec<(&'a str, &'a str)>,
    priority: Option<&'a Value>,
}

/// Opens a room for a ticket, or binds the ticket to the contact's open room; answers the room's id.
///
/// # Errors
/// 400 naming a field; 404 where the department is unknown; 424 where Rocket.Chat refuses.
pub async fn open(host: &Host, caller: &Caller, body: &Fields<'_>) -> Result<End, Refusal> {
    let order = Order::read(host, caller, body)?;
    let contact = caller.contact(host, order.token.clone()).await?;
    host.acquire_in_time(contact.queue()).await?;
    let tickets = ticket::of_contact(&host.all_records(contact.association()).await?);
    let mut follow_ups = Vec::new();
    let mut open = tickets.iter().filter(|ticket| ticket.is_open());
    while let Some(ticket) = open.next() {
        match ticket::look(host, ticket).await? {
            RoomState::Open(_) => {
                bind(host, &contact, &ticket.room, &ticket.visitor, &order.binding).await?;
                // What a race left that nobody could settle.
                for loser in open {
                    let loser = (&loser.room, loser.bindings.as_slice());
                    give_way(host, &contact, &ticket.room, &ticket.visitor, loser, &mut follow_ups).await?;
                }
                set_custom_fields(host, &ticket.visitor, &order).await;
                return Ok(answer(&ticket.room, follow_ups));
            }
            RoomState::Closed => {
                ticket.add(host, FactKind::closed(Closer::RocketChat)).await?;
                follow_ups.push(Job::Deliver { room: ticket.room.clone(), haste: Haste::Due });
            }
        }
    }
    let used: Vec<&RoomId> = tickets.iter().map(|ticket| &ticket.room).collect();
    let room = open_new(host, &contact, &order, &used, &mut follow_ups).await?;
    if order.binding.past.is_some() {
        follow_ups.push(Job::ShowHistory { room: room.clone(), workspace: contact.workspace });
    }
    Ok(answer(&room, follow_ups))
}

async fn open_new(
    host: &Host,
    contact: &Contact,
    order: &Order<'_>,
    used: &[&RoomId],
    follow_ups: &mut Vec<Job>,
) -> Result<RoomId, Refusal> {
    let department = match order.department {
        Some(department) => Some(find_department(host, department).await?),
        None => default_department(host, &contact.workspace).await,
    };
    let visitor = Visitor { department, ..visitor::ensure(host, contact, order.details).await? };
    // A room of ours that no fact knows is what a crash between opening and binding left.
    let room = match ours(host, &visitor, used).await?.into_iter().next() {
        Some(left_over) => {
            follow_ups.push(Job::Deliver { room: left_over.clone(), haste: Haste::Compare });
            left_over
        }
        None => host.create_room(visitor.clone(), order.room_fields()).await?.id,
    };
    bind(host, contact, &room, &visitor, &order.binding).await?;
    let room = settle_race(host, contact, &visitor, (room, &order.binding), used, follow_ups).await?;
    set_custom_fields(host, &visitor, order).await;
    Ok(room)
}

/// Another node may have opened a room for the contact at the same time. Both look again after they
/// have bound theirs, so at least one sees both rooms: the smallest id wins, takes the others' tickets
/// over, and the others are closed.
async fn settle_race(
    host: &Host,
    contact: &Contact,
    visitor: &Visitor,
    (room, binding): (RoomId, &Binding),
    used: &[&RoomId],
    follow_ups: &mut Vec<Job>,
) -> Result<RoomId, Failure> {
    let rivals = ours(host, visitor, used).await?;
    let Some((winner, losers)) = rivals.split_first() else { return Ok(room) };
    if rivals.as_slice() == [room.clone()] {
        return Ok(room);
    }
    if !rivals.contains(&room) {
        // It has lost and is closed already.
        bind(host, contact, winner, visitor, binding).await?;
    }
    let tickets = ticket::of_contact(&host.all_records(contact.association()).await?);
    for loser in losers {
        let bound = tickets.iter().find(|ticket| ticket.room == *loser);
        if bound.is_none() {
            // Nobody may be alive who would bind it; without a ticket nobody would close it.
            bind(host, contact, loser, visitor, binding).await?;
        }
        let ids = bound.map(|ticket| ticket.bindings.clone()).unwrap_or_default();
        give_way(host, contact, winner, visitor, (loser, &ids), follow_ups).await?;
    }
    Ok(winner.clone())
}

/// Has a room's tickets taken over by another one. The room itself is closed by what follows up.
async fn give_way(
    host: &Host,
    contact: &Contact,
    winner: &RoomId,
    visitor: &Visitor,
    (loser, bindings): (&RoomId, &[Binding]),
    follow_ups: &mut Vec<Job>,
) -> Result<(), Failure> {
    for binding in bindings {
        bind(host, contact, winner, visitor, binding).await?;
    }
    ticket::record(host, contact, loser, FactKind::closed(Closer::Race)).await?;
    follow_ups.push(Job::Deliver { room: loser.clone(), haste: Haste::Due });
    Ok(())
}

/// The visitor's open rooms that this app made and that never served a ticket before, smallest id first.
async fn ours(host: &Host, visitor: &Visitor, used: &[&RoomId]) -> Result<Vec<RoomId>, Failure> {
    let made_here = |room: &Room| room.was_made_by(&host.process().app_id);
    let rooms = host.find_open_rooms(visitor.clone()).await?;
    let unused = rooms.into_iter().filter(|room| made_here(room) && !used.contains(&&room.id));
    let mut ids: Vec<RoomId> = unused.map(|room| room.id).collect();
    ids.sort();
    Ok(ids)
}

async fn find_department(host: &Host, department: &str) -> Result<String, Refusal> {
    match host.find_department(department.to_owned()).await? {
        Some(found) => Ok(found.id),
        None => Err(Refusal::NotFound(format!(
            "the department `{department}` is unknown in Rocket.Chat: correct `visitor.department`, \
             or grant the app the permission `livechat-department.read`"
        ))),
    }
}

/// Where tickets go that name no department. A setting that is wrong must not keep them from being opened.
async fn default_department(host: &Host, workspace: &str) -> Option<String> {
    let found = async {
        let named = connection::line(host, workspace).await?.department;
        if named.is_empty() {
            return Ok(None);
        }
        match host.find_department(named).await? {
            Some(found) => Ok(Some(found.id)),
            None => Err(Cause::Refused("Rocket.Chat does not know it".to_owned()).into()),
        }
    };
    found.await.unwrap_or_else(|failure: Failure| {
        host.log(Level::Error, format!("the ticket goes without the default department of the settings: {failure}"));
        None
    })
}

async fn bind(
    host: &Host,
    contact: &Contact,
    room: &RoomId,
    visitor: &Visitor,
    binding: &Binding,
) -> Result<(), Failure> {
    let Binding { ticket, connection, past, .. } = binding.clone();
    let (uuid, since) = past.map(|past| (past.contact, past.since)).unzip();
    let fact = FactKind::Bound { ticket, connection, visitor: visitor.clone(), uuid, since: since.flatten() };
    ticket::record(host, contact, room, fact).await
}

/// Fills in the omnichannel fields that are configured in Rocket.Chat: the app's own, if somebody wants to see
/// them, and those of the flow.
async fn set_custom_fields(host: &Host, visitor: &Visitor, order: &Order<'_>) {
    for (key, value) in order.room_fields() {
        set_custom_field(host, visitor, &key, value, Level::Debug).await;
    }
    for (key, value) in &order.custom_fields {
        set_custom_field(host, visitor, key, (*value).into(), Level::Warn).await;
    }
}

/// Custom fields that Rocket.Chat does not know, so as not to try, and say so, again and again.
#[derive(Debug, Default)]
pub struct UnknownFields(Recent<String, u64, 200>);

impl UnknownFields {
    /// After so long a field may have been added in Rocket.Chat, in milliseconds.
    const LIFE_MS: u64 = 10 * 60_000;

    /// Whether Rocket.Chat has said so a short while ago.
    fn contains(&self, field: &str, now: u64) -> bool {
        self.0.get(field).is_some_and(|at| now.abs_diff(at) < Self::LIFE_MS)
    }

    /// Rocket.Chat says so. Answers whether that is news.
    fn insert(&self, field: &str, now: u64) -> bool {
        self.0.put(field.to_owned(), now).is_none()
    }
}

/// A field that Rocket.Chat does not take must not keep the ticket from being opened.
async fn set_custom_field(host: &Host, visitor: &Visitor, key: &str, value: Value, level: Level) {
    let unknown_fields = host.cache::<UnknownFields>();
    if unknown_fields.contains(key, host.now()) {
        return;
    }
    let set = host.set_custom_field(visitor.token.clone(), key.to_owned(), value).await;
    let Err(failure) = set else { return };
    let words = failure.to_string();
    let is_unknown = words.contains("invalid-custom-field") && !words.contains("invalid-custom-field-value");
    if !is_unknown || unknown_fields.insert(key, host.now()) {
        host.log(level, format!("skipped the custom field `{key}`: {words}"));
    }
}

fn answer(room: &RoomId, follow_ups: Vec<Job>) -> End {
    End { response: Some(Response::field(200, "id", room.as_str().into())), follow_ups }
}

impl<'a> Order<'a> {
    fn read(host: &Host, caller: &Caller, fields: &Fields<'a>) -> Result<Self, Refusal> {
        let visitor = fields.object("visitor")?;
        let since = match fields.optional_text("sessionStart")? {
            Some(start) => Some(
                timestamp::parse(start)
                    .ok_or_else(|| fields.wrong("sessionStart", "a time such as `2020-07-17T10:28-03:00`"))?,
            ),
            None => None,
        };
        let past = match visitor.get("contactUUID") {
            Some(_) => Some(Past { contact: visitor.uuid("contactUUID")?.to_owned(), since }),
            None => None,
        };
        let priority = fields.get("priority");
        if priority.is_some_and(|priority| priority.is_array() || priority.is_object()) {
            return Err(fields.wrong("priority", "a string, a number or a boolean"));
        }
        // Released clients misspell the field.
        let department = visitor.optional_text("department")?.or(visitor.optional_text("deparment")?);
        let custom_fields = match visitor.optional_object("customFields")? {
            Some(custom_fields) => custom_fields.texts()?,
            None => Vec::new(),
        };
        Ok(Self {
            binding: Binding {
                ticket: TicketId(fields.uuid("ticketID")?.to_owned()),
                connection: caller.connection(),
                at: host.now(),
                past,
            },
            token: ContactToken(visitor.text("token")?.to_owned()),
            details: Details {
                name: visitor.optional_text("name")?.filter(|name| !name.trim().is_empty()),
                email: well_formed(host, &visitor, "email", visitor::is_email)?,
                phone: well_formed(host, &visitor, "phone", visitor::is_phone)?,
            },
            department: department.filter(|department| !department.is_empty()),
            custom_fields,
            priority,
        })
    }

    /// What servers that can keep on the room, and what fills omnichannel fields of these names.
    fn room_fields(&self) -> Map<String, Value> {
        json::object(vec![
            ("rapidproTicket", Some(self.binding.ticket.as_str().into())),
            ("rapidproContact", self.binding.past.as_ref().map(|past| past.contact.as_str().into())),
            ("priority", self.priority.cloned()),
        ])
    }
}

/// A malformed e-mail or phone must not keep the ticket from being opened: it is dropped.
fn well_formed<'a>(
    host: &Host,
    visitor: &Fields<'a>,
    name: &str,
    is_well_formed: fn(&str) -> bool,
) -> Result<Option<&'a str>, Refusal> {
    let text = visitor.optional_text(name)?.filter(|text| !text.is_empty());
    let kept = text.filter(|text| is_well_formed(text));
    if text.is_some() && kept.is_none() {
        host.log(Level::Warn, format!("dropped a malformed `visitor.{name}`"));
    }
    Ok(kept)
}
