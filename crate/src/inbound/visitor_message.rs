//! The endpoint `visitor-message`: what the contact writes, into the ticket's room.

use serde_json::Value;

use crate::config::{language, settings};
use crate::ids::ContactToken;
use crate::inbound::last_message::{LastMessages, LastRooms};
use crate::inbound::{media_copy, post_entry};
use crate::livechat::media::ContactMedia;
use crate::livechat::room::RoomState;
use crate::livechat::{notice, refusals, room};
use crate::request::caller::Caller;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::inbox::InboxContent;
use crate::store::keys::contact_association;
use crate::store::ticket::{ClosedBy, FactKind, Ticket};
use crate::store::{inbox, ticket};
use crate::text::i18n::Language;
use crate::text::messages;
use crate::text::sanitize::without_mentions;
use crate::wire::http::Response;
use crate::wire::rocketchat::{Attachment, Room};

/// Writes a contact's message into their room; answers the message's id.
///
/// # Errors
/// 400 naming a field; 404 where the contact has no open room; 409 where it was just closed; 424 where
/// Rocket.Chat refuses.
pub async fn deliver(host: &Host, caller: &Caller, fields: &Fields<'_>) -> Result<End, Refusal> {
    let visitor = fields.object("visitor")?;
    let token = ContactToken(visitor.text("token")?.to_owned());
    let person = visitor.get("contactUUID").and_then(Value::as_str);
    let (text, media) = (fields.optional_text("text")?.unwrap_or_default(), media(fields)?);
    let contents = contents(host, text, &media).await?;
    let contact = caller.contact(host, token).await?;
    host.acquire_in_time(contact.queue()).await?;
    let key = contact_association(&contact);
    // Most write where they wrote last, and then there is nothing more to ask for.
    let (records, seen) = host.records_and_room(key.clone(), host.cache::<LastRooms>().get(&key)).await;
    let records = records?;
    let tickets = ticket::of_contact(&records);
    let tickets = ticket::of_person(&tickets, person);
    let Some(ticket) = tickets.iter().find(|ticket| ticket.is_open()) else {
        return not_open(host, &tickets);
    };
    let said = Value::Array(vec![text.into(), fields.get("attachments").cloned().into()]);
    let last_messages = host.cache::<LastMessages>();
    if let Some(id) = last_messages.repeated(ticket.room.as_str(), &said, host.now()) {
        return Ok(accepted(&id));
    }
    // What waits already goes first, and RapidPro does not wait for files.
    let waits = !inbox::entries(&records).is_empty();
    let now = host.now();
    let (posted, tried_at) = match contents.as_slice() {
        _ if waits => (Posted::Not, None),
        [InboxContent { text, attachments, copy: None }] => {
            (post(host, ticket, seen, text, attachments).await?, Some(now))
        }
        _ => match room::observe(host, ticket).await? {
            RoomState::Closed => (Posted::RoomClosed, None),
            _ => (Posted::Not, None),
        },
    };
    let mut follow_ups = Vec::new();
    let id = match posted {
        Posted::As(id) => id,
        Posted::Not => {
            if tried_at.is_none() && !waits {
                follow_ups.push(Job::Post { contact: contact.clone() });
            }
            inbox::add(host, (&contact, ticket.person()), contents, tried_at, waits).await?
        }
        Posted::RoomClosed => {
            ticket.add(host, FactKind::closed(ClosedBy::RocketChat)).await?;
            return Ok(closing(host, ticket));
        }
    };
    host.cache::<LastRooms>().put(&key, &ticket.room);
    last_messages.remember(ticket.room.as_str().to_owned(), said, open_in_rapidpro(&tickets), id.clone(), host.now());
    Ok(End { follow_ups, ..accepted(&id) })
}

/// What a contact wrote as what Rocket.Chat is to take.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading the settings.
pub(crate) async fn contents(
    host: &Host,
    text: &str,
    media: &[ContactMedia<'_>],
) -> Result<Vec<InboxContent>, Failure> {
    let (hosts, language) = match media {
        [] if text.trim().is_empty() => (Vec::new(), language::of_server(host).await),
        [] => (Vec::new(), Language::default()),
        _ => (settings::all(host).await?.media_hosts(), language::of_server(host).await),
    };
    // A kind of message that RapidPro has no words for: the agent is to know that there was one.
    let is_empty = media.is_empty() && text.trim().is_empty();
    let shown = if is_empty { messages::CANNOT_BE_SHOWN.in_language(language) } else { text };
    let mut contents = media_copy::contents(shown, media, &hosts, language);
    for content in &mut contents {
        content.text = without_mentions(&content.text);
    }
    Ok(contents)
}

/// How many tickets the contact may have open in RapidPro, which forwards a message once for each.
fn open_in_rapidpro(tickets: &[&Ticket]) -> usize {
    let count = |ticket: &&Ticket| if ticket.is_open() { ticket.bindings.len() } else { ticket.pending_closes().len() };
    tickets.iter().map(count).sum()
}

/// What became of an attempt to post a message.
enum Posted {
    /// It is in the room, under this id.
    As(String),
    /// Rocket.Chat cannot take it just now.
    Not,
    /// There is no open room to post it into.
    RoomClosed,
}

/// Posts a message into the ticket's room, which may have been `seen` just now.
async fn post(
    host: &Host,
    ticket: &Ticket,
    seen: Option<Room>,
    text: &str,
    attachments: &[Attachment],
) -> Result<Posted, Failure> {
    let state = match seen {
        Some(room) if room.id == ticket.room && room.is_open == Some(true) => Ok(RoomState::Open(room)),
        _ => room::observe(host, ticket).await,
    };
    let posted = match state {
        Ok(RoomState::Open(room)) => {
            let visitor = ticket.visitor_shown(room.visitor.as_deref());
            post_entry::post_or_degrade(host, room.id, visitor, text, attachments).await
        }
        Ok(RoomState::Closed) => return Ok(Posted::RoomClosed),
        Err(failure) => Err(failure),
    };
    match posted {
        Ok(id) => Ok(Posted::As(id)),
        Err(failure) if refusals::is_passing(&failure) => {
            host.log(Level::Warn, format!("a contact's message is kept and posted later: {failure}"));
            Ok(Posted::Not)
        }
        Err(failure) => {
            // RapidPro only logs the answer: whoever can do something about it is in the room.
            notice::not_posted(host, ticket, (text, attachments), &failure.phrase()).await;
            Err(failure)
        }
    }
}

pub(crate) fn accepted(id: &str) -> End {
    End::answer(Response::field(201, "id", id.into()))
}

/// No open ticket is known: perhaps one is on its way to being closed.
fn not_open(host: &Host, tickets: &[&Ticket]) -> Result<End, Refusal> {
    match tickets.iter().find(|ticket| !ticket.pending_closes().is_empty()) {
        Some(ticket) => Ok(closing(host, ticket)),
        None => Err(Refusal::NotFound("the contact has no open room in Rocket.Chat".to_owned())),
    }
}

pub(crate) fn closing(host: &Host, ticket: &Ticket) -> End {
    let deliver = Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Due };
    End { follow_ups: vec![deliver], ..Refusal::Closing.end(host) }
}

pub(crate) fn media<'a>(fields: &Fields<'a>) -> Result<Vec<ContactMedia<'a>>, Refusal> {
    let read = |attachment: Fields<'a>| {
        let mime = attachment.optional_text("type")?.ok_or_else(|| attachment.wrong("type", "a string"))?;
        Ok(ContactMedia { mime, url: attachment.text("url")? })
    };
    fields.objects("attachments")?.into_iter().map(read).collect()
}
