//! The endpoint `room`: opens a ticket's room, or finds the one that is open.

use serde_json::{Map, Value, json};

use crate::connection::Caller;
use crate::fields::Fields;
use crate::host::Host;
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::ticket::{self, Binding, Closer, Contact, ContactToken, FactKind, RoomId, RoomState, TicketId};
use crate::trigger::{Haste, Job};
use crate::visitor::{self, Details};
use crate::wire::rocketchat::{Room, Visitor};

/// What RapidPro asks for.
#[derive(Debug)]
struct Order<'a> {
    binding: Binding,
    token: ContactToken,
    contact_uuid: Option<&'a str>,
    details: Details<'a>,
    department: Option<&'a str>,
    custom_fields: Vec<(&'a str, &'a str)>,
    priority: Option<&'a Value>,
}

/// Opens a room for a ticket, or binds the ticket to the contact's open room; answers the room's id.
///
/// # Errors
/// 400 naming a field; 404 where the department is unknown; 424 where Rocket.Chat refuses.
pub async fn open(host: &Host, caller: &Caller, body: &Value) -> Result<End, Refusal> {
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
                ticket.add(host, FactKind::Closed { by: Closer::RocketChat }).await?;
                follow_ups.push(Job::Deliver { room: ticket.room.clone(), haste: Haste::Due });
            }
        }
    }
    let used: Vec<&RoomId> = tickets.iter().map(|ticket| &ticket.room).collect();
    let room = open_new(host, &contact, &order, &used, &mut follow_ups).await?;
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
        None => None,
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
) -> Result<RoomId, Refusal> {
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
) -> Result<(), Refusal> {
    for binding in bindings {
        bind(host, contact, winner, visitor, binding).await?;
    }
    ticket::record(host, contact, loser, FactKind::Closed { by: Closer::Race }).await?;
    follow_ups.push(Job::Deliver { room: loser.clone(), haste: Haste::Due });
    Ok(())
}

/// The visitor's open rooms that this app made and that never served a ticket before, smallest id first.
async fn ours(host: &Host, visitor: &Visitor, used: &[&RoomId]) -> Result<Vec<RoomId>, Refusal> {
    let made_here = |room: &Room| room.was_made_by(&host.memory().app_id);
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

async fn bind(
    host: &Host,
    contact: &Contact,
    room: &RoomId,
    visitor: &Visitor,
    binding: &Binding,
) -> Result<(), Refusal> {
    let Binding { ticket, connection, .. } = binding.clone();
    let fact = FactKind::Bound { ticket, connection, visitor: visitor.clone() };
    ticket::record(host, contact, room, fact).await?;
    Ok(())
}

/// A field that is not configured in Rocket.Chat must not keep the ticket from being opened.
async fn set_custom_fields(host: &Host, visitor: &Visitor, order: &Order<'_>) {
    for (key, value) in &order.custom_fields {
        let set = host.set_custom_field(visitor.token.clone(), (*key).to_owned(), (*value).to_owned()).await;
        if let Err(failure) = set {
            host.log(Level::Warn, format!("skipped the custom field `{key}`: {failure}"));
        }
    }
}

fn answer(room: &RoomId, follow_ups: Vec<Job>) -> End {
    End { response: Some(Response::json(200, json!({ "id": room.as_str() }))), follow_ups }
}

impl<'a> Order<'a> {
    fn read(host: &Host, caller: &Caller, body: &'a Value) -> Result<Self, Refusal> {
        let fields = Fields::of_body(body)?;
        let visitor = fields.object("visitor")?;
        let contact_uuid = match visitor.get("contactUUID") {
            Some(_) => Some(visitor.uuid("contactUUID")?),
            None => None,
        };
        if let Some(start) = fields.optional_text("sessionStart")?
            && !is_timestamp(start)
        {
            return Err(fields.wrong("sessionStart", "a time such as `2020-07-17T10:28-03:00`"));
        }
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
                connection: caller.connection.clone(),
                at: host.now(),
            },
            token: ContactToken(visitor.text("token")?.to_owned()),
            contact_uuid,
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

    /// What servers that can keep on the room.
    fn room_fields(&self) -> Map<String, Value> {
        let known = [
            ("rapidproTicket", Some(json!(self.binding.ticket.as_str()))),
            ("rapidproContact", self.contact_uuid.map(|uuid| json!(uuid))),
            ("priority", self.priority.cloned()),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
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

/// Whether `text` is an RFC 3339 time, whose seconds may be missing (as RapidPro forks send it).
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let Some(zone_at) = time.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (clock, zone) = time.split_at(zone_at);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let utc = zone.eq_ignore_ascii_case("z");
    is_numbers(date, '-', &[(4, 0, 9999), (2, 1, 12), (2, 1, 31)])
        && match fraction {
            Some(fraction) => {
                !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()) && is_clock(clock)
            }
            None => is_clock(clock) || is_numbers(clock, ':', &[(2, 0, 23), (2, 0, 59)]),
        }
        && (utc || zone.get(1..).is_some_and(|offset| is_numbers(offset, ':', &[(2, 0, 23), (2, 0, 59)])))
}

fn is_clock(text: &str) -> bool {
    is_numbers(text, ':', &[(2, 0, 23), (2, 0, 59), (2, 0, 60)])
}

/// Whether `text` is numbers of given widths within given bounds.
fn is_numbers(text: &str, separator: char, numbers: &[(usize, u16, u16)]) -> bool {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.len() == numbers.len()
        && parts.iter().zip(numbers).all(|(part, (width, least, most))| {
            part.len() == *width
                && part.bytes().all(|byte| byte.is_ascii_digit())
                && part.parse::<u16>().is_ok_and(|number| (*least..=*most).contains(&number))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_with_and_without_seconds() {
        for good in [
            "2020-07-17T10:28-03:00",
            "2020-07-17T10:28:09-03:00",
            "2020-07-17T10:28:09.123456789Z",
            "2020-07-17T10:28Z",
        ] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "",
            "yesterday",
            "2020-07-17",
            "2020-07-17T10:28",
            "2020-13-17T10:28Z",
            "2020-07-17T25:28Z",
            "2020-07-17T10:28.5Z",
            "2020-07-17T10:28:09+3",
            "20-07-17T10:28Z",
            "2020-07-17T+0:28Z",
            "2020-07-17T10:28é",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }
}
