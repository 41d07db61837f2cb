//! Doorbells: what flows tell before it can be read of the API. They have it read sooner, and give flows an answer; what
//! they tell is true once it is read.
//!
//! The webhook of a flow runs before RapidPro stores what it tells of, while it holds the contact: nothing is asked of
//! RapidPro here.

use serde_json::Value;

use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{department, server_key, settings, workspace};
use crate::history::render::text;
use crate::ids::{ConnectionId, Contact, ContactToken, TicketId};
use crate::inbound::room_request::RoomRequest;
use crate::inbound::{open_room, visitor_message};
use crate::livechat::media::ContactMedia;
use crate::reading::contact::ContactDetails;
use crate::reading::messages::inbox_id;
use crate::reading::rings::{HURRY_FIRST_MS, is_wanted};
use crate::reading::tickets;
use crate::request::caller::token_of;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::store::reading::{Ring, VERSION};
use crate::store::ticket::{Binding, HistorySource};
use crate::store::{inbox, reading, ticket};
use crate::text::digest::{keyed_hash, same};
use crate::text::timestamp;
use crate::wire::http::{Request, Response};

/// Whose doorbell rings: a workspace whose API is read.
#[derive(Debug)]
pub struct Ringer {
    line: WorkspaceConfig,
    /// The workspace's id.
    workspace: String,
    /// Whether somebody only tries a flow out.
    is_simulation: bool,
}

/// Which doorbell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bell {
    /// A flow has opened a ticket.
    Open,
    /// A contact with a ticket has written.
    Message,
    /// A ticket was closed.
    Closed,
}

/// The secret of a workspace's doorbells: known to whoever knows the server's key, and stored nowhere.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading the key.
pub async fn secret(host: &Host, workspace: &str) -> Result<String, Failure> {
    Ok(keyed_hash(&server_key::key(host).await?, &["doorbell", workspace]))
}

/// Finds out whose doorbell rings, by the header `Authorization: Token <secret>`.
///
/// # Errors
/// 401 where it is nobody's.
pub async fn authenticate(host: &Host, request: &Request) -> Result<Ringer, Refusal> {
    let token = request.headers.authorization.as_deref().and_then(token_of).unwrap_or_default();
    let mode = request.headers.x_mailroom_mode.as_deref();
    for line in settings::all(host).await?.read_workspaces() {
        let workspace = workspace::named(host, &line.name).await?.id;
        if same(token, &secret(host, &workspace).await?) {
            let is_simulation = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("simulation"));
            return Ok(Ringer { line, workspace, is_simulation });
        }
    }
    Err(Refusal::Unauthorized(
        "the header `Authorization: Token <secret>` is missing or does not carry the secret of a workspace whose API is \
         read: it is in RapidPro's global `rocketchat_secret`",
    ))
}

/// Answers a doorbell.
///
/// # Errors
/// 400 naming a field; 424 where Rocket.Chat refuses.
pub async fn ring(host: &Host, ringer: Ringer, bell: Bell, body: &Fields<'_>) -> Result<End, Refusal> {
    let uuid = body.object("contact")?.uuid("uuid")?;
    let contact = Contact { workspace: ringer.workspace.clone(), token: ContactToken(uuid.to_owned()) };
    match bell {
        Bell::Open => open(host, &ringer, &contact, body).await,
        Bell::Message => message(host, &ringer, &contact, body).await,
        Bell::Closed => {
            let ticket = body.optional_object("ticket")?;
            if ticket.is_some() && !ringer.is_simulation {
                hurry(host, &ringer.workspace).await?;
            }
            Ok(done())
        }
    }
}

fn done() -> End {
    End::answer(Response { content: Some(Value::Object(serde_json::Map::new())), ..Response::of(200) })
}

/// Has the API read soon: what a doorbell tells shows there a moment later.
async fn hurry(host: &Host, workspace: &str) -> Result<(), Failure> {
    let due = reading::state(host, workspace).await?.next;
    let soon = host.now().saturating_add(HURRY_FIRST_MS);
    if due > soon {
        host.schedule(Job::Read { workspace: workspace.to_owned(), due }, soon).await;
    }
    Ok(())
}

/// A flow has opened a ticket: its room is opened at once. A flow that RapidPro repeats tells of another ticket of the
/// same contact, who has one room all the same.
async fn open(host: &Host, ringer: &Ringer, contact: &Contact, body: &Fields<'_>) -> Result<End, Refusal> {
    let Some(ticket) = body.optional_object("ticket")? else {
        let words = "the contact has no ticket: open one before this webhook is called";
        return Ok(End::answer(Response::field(422, "error", words.into())));
    };
    let uuid = ticket.uuid("uuid")?;
    let topic = ticket.get("topic").map(|topic| topic.as_str().unwrap_or_else(|| text(topic, "name")));
    let topic = topic.unwrap_or_default();
    if ringer.is_simulation || !is_wanted(&settings::all(host).await?.topics(), topic) {
        let department = department_of(host, ringer, topic).await;
        return Ok(opened(host, "", department).await);
    }
    let details = body.get("contact").map(ContactDetails::of).unwrap_or_default();
    let department = department_of(host, ringer, topic).await;
    let binding = Binding {
        ticket: TicketId(uuid.to_owned()),
        connection: ConnectionId::api(),
        at: host.now(),
        past: Some(HistorySource { contact: contact.token.as_str().to_owned(), since: None }),
        opened: None,
        is_provisional: true,
    };
    host.acquire_in_time(contact.queue()).await?;
    let request = RoomRequest::of_read(binding, details.details(), department.as_deref());
    // Before the room: whoever finds one that no ticket explains learns of it from here.
    let (at, of) = (host.now(), contact.token.as_str().to_owned());
    let ring = Ring { v: VERSION, at, contact: of, ticket: Some(uuid.to_owned()), message: None, kept: false };
    reading::add_ring(host, &ringer.workspace, &ring).await?;
    let (room, follow_ups) = open_room::open(host, contact, &request).await?;
    hurry(host, &ringer.workspace).await?;
    Ok(End { follow_ups, ..opened(host, room.as_str(), department).await })
}

/// The department of a topic's name, or the default one.
async fn department_of(host: &Host, ringer: &Ringer, topic: &str) -> Option<String> {
    match tickets::department_of(host, topic).await {
        Some(department) => Some(department),
        None => department::default_department(host, &ringer.workspace).await,
    }
}

/// What a flow is told: the room, and whether somebody is there to read it.
async fn opened(host: &Host, room: &str, department: Option<String>) -> End {
    // Where the app may not know it: Rocket.Chat opens no room for which nobody is there, unless it is to wait.
    let agent_online = host.agents_online(department).await.ok().flatten().unwrap_or(true);
    let content = serde_json::json!({ "room_id": room, "agent_online": agent_online });
    End::answer(Response { content: Some(content), ..Response::of(200) })
}

/// A contact has written. Where messages have a UUID it is posted at once under that; else its number is not known, and
/// the API is read soon.
async fn message(host: &Host, ringer: &Ringer, contact: &Contact, body: &Fields<'_>) -> Result<End, Refusal> {
    let message = body.object("message")?;
    let (uuid, created) = (message.optional_text("uuid")?.unwrap_or_default(), message.optional_text("created_on")?);
    let has_ticket = body.optional_object("ticket")?.is_some();
    if ringer.is_simulation || !has_ticket {
        return Ok(done());
    }
    let (workspace, state) = (&ringer.workspace, reading::state(host, &ringer.workspace).await?);
    let created = created.and_then(timestamp::parse).filter(|_| state.has_uuids && !uuid.is_empty());
    let (at, of) = (host.now(), contact.token.as_str().to_owned());
    let name = if created.is_some() { uuid.to_owned() } else { host.random("ring", 8) };
    let mut ring = Ring { v: VERSION, at, contact: of, ticket: None, message: Some(name.clone()), kept: false };
    let Some(created) = created else {
        reading::add_ring(host, workspace, &ring).await?;
        hurry(host, workspace).await?;
        return Ok(done());
    };
    let is_read = |seen: &reading::Seen| seen.0 == name;
    host.acquire_in_time(contact.queue()).await?;
    let tickets = ticket::read_of_contact(host, contact).await?;
    let open = tickets.iter().find(|ticket| ticket.is_open());
    let Some(ticket) = open.filter(|_| !state.seen_messages.iter().chain(&state.planned).any(is_read)) else {
        return Ok(done());
    };
    let media = media_in(&message, &ringer.line.address);
    let media: Vec<ContactMedia<'_>> = media.iter().map(|(mime, url)| ContactMedia { mime, url }).collect();
    let contents = visitor_message::contents(host, message.optional_text("text")?.unwrap_or_default(), &media).await?;
    // First that it is about to be kept, then that it is: whoever reads it meanwhile looks whether it is in the room.
    reading::add_ring(host, workspace, &ring).await?;
    inbox::keep(host, &inbox_id(created, &name), (contact, ticket.person()), contents, None).await?;
    ring.kept = true;
    reading::add_ring(host, workspace, &ring).await?;
    Ok(End { follow_ups: vec![Job::Post { contact: contact.clone() }], ..done() })
}

/// The files of a message as flows write them: `image/jpeg:https://…`.
fn media_in(message: &Fields<'_>, address: &str) -> Vec<(String, String)> {
    let attachments = message.get("attachments").and_then(Value::as_array).into_iter().flatten();
    let media = attachments.filter_map(|attachment| attachment.as_str()?.split_once(':'));
    media.map(|(mime, url)| (mime.to_owned(), super::messages::absolute(url, address))).collect()
}
