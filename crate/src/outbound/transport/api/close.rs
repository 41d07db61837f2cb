//! The close of a ticket by RapidPro's API.

use serde_json::{Value, json};

use crate::config::budget::Scope;
use crate::config::language;
use crate::config::workspace_config::WorkspaceConfig;
use crate::history::render::text;
use crate::outbound::close_details;
use crate::outbound::retry_policy::COMMIT_MS;
use crate::outbound::transport::api::answer;
use crate::outbound::transport::api::client::Client;
use crate::outbound::transport::reply::{Meaning, Reply};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::ours;
use crate::store::outbox_record::EntryRef;
use crate::store::progress::Progress;
use crate::store::ticket::{Binding, Ticket};
use crate::text::messages;

/// RapidPro 9.0 takes no longer notes, in characters.
const NOTE_LENGTH: usize = 4_000;

const ACTIONS: &str = "ticket_actions.json";

/// The close of one of a room's tickets, ready to be sent.
#[derive(Debug)]
pub struct ApiClose<'t> {
    line: WorkspaceConfig,
    ticket: &'t Ticket,
    binding: &'t Binding,
    progress: &'t Progress,
    /// How the room was closed, where RapidPro is to be told.
    note: Option<String>,
}

impl<'t> ApiClose<'t> {
    pub(crate) async fn new(
        host: &Host,
        line: WorkspaceConfig,
        (ticket, binding): (&'t Ticket, &'t Binding),
        progress: &'t Progress,
    ) -> Result<Self, Failure> {
        let note = match close_details::of(host, ticket).await? {
            Some(details) => Some(in_words(host, &details).await),
            None => None,
        };
        Ok(Self { line, ticket, binding, progress, note })
    }

    /// Sends it. A close that is sent twice does no harm.
    pub async fn send(self, host: &Host) -> Reply {
        let sent = self.attempt(host).await.unwrap_or_else(|reply| reply);
        let since = host.now().saturating_sub(self.binding.at);
        match sent.meaning {
            // Its list is the truth: there is nothing to close.
            Meaning::UnknownTicket if since >= COMMIT_MS => Reply::handled(),
            // Whoever closes it again finds it closed.
            _ => Reply { unsure: None, ..sent },
        }
    }

    async fn attempt(&self, host: &Host) -> Result<Reply, Reply> {
        let (contact, room) = (&self.ticket.contact, &self.ticket.room);
        let closed_at = self.ticket.closed_at().unwrap_or_default();
        let entry = EntryRef {
            room,
            entry: crate::store::outbox_record::CLOSE,
            enqueued_at: closed_at,
            last_at: self.progress.last_at,
        };
        let client = Client::new(host, (&contact.workspace, &self.line), entry, self.progress);
        if let Some(note) = &self.note {
            self.add(&client, note).await?;
        }
        let answer = client.post(Scope::Other, ACTIONS, self.action("close", None)).await?;
        let fields = answer::fields(&answer);
        match answer.status {
            204 => Ok(Reply::handled()),
            // Nothing was changed: it was closed already, or a flow held the contact all the time.
            200 if fields.is_some_and(|fields| fields.contains_key("failures")) => self.look(&client).await,
            _ => Err(answer::reply(&answer)),
        }
    }

    /// Adds the note, once. Only what keeps the close from being sent as well keeps it waiting.
    async fn add(&self, client: &Client<'_>, note: &str) -> Result<(), Reply> {
        let (host, room) = (client.host, &self.ticket.room);
        let name = format!("note/{}", self.binding.ticket.as_str());
        if self.progress.is_under_way() || self.progress.in_doubt_since(&host.process().node, host.now()).is_some() {
            let noted = ours::of_room(host, room).await.map_err(|failure| Reply::none(&failure))?;
            if noted.iter().any(|own| own.name == name) {
                return Ok(());
            }
        }
        if let Err(reply) = client.post(Scope::Other, ACTIONS, self.action("add_note", Some(note))).await
            && reply.unsure.is_none()
            && reply.meaning != Meaning::Rejected
        {
            return Err(reply);
        }
        // Where it cannot be stored the note may come twice.
        let stored = ours::note(host, room, vec![name], true, None).await;
        stored.map_err(|failure| Reply::none(&failure))
    }

    fn action(&self, action: &str, note: Option<&str>) -> Value {
        let tickets = [self.binding.ticket.as_str()];
        match note {
            Some(note) => json!({ "tickets": tickets, "action": action, "note": note }),
            None => json!({ "tickets": tickets, "action": action }),
        }
    }

    /// Whether the ticket is closed.
    async fn look(&self, client: &Client<'_>) -> Result<Reply, Reply> {
        let ticket = self.binding.ticket.as_str();
        let page = client.get(Scope::Other, &format!("tickets.json?uuid={ticket}")).await?;
        let listed = answer::fields(&page).and_then(|fields| Some(fields.get("results")?.as_array()?.clone()));
        let Some(listed) = listed else { return Err(answer::reply(&page)) };
        let found = listed.iter().find(|listed| text(listed, "uuid") == ticket);
        let meaning = match found.map(|found| text(found, "status")) {
            Some("closed") => Meaning::Handled,
            Some(_) => Meaning::Locked,
            None => Meaning::UnknownTicket,
        };
        let in_log = "200 the ticket is open still: a flow may hold the contact".to_owned();
        Ok(Reply { meaning, status: 200, in_log, ..Reply::default() })
    }
}

/// How a room was closed, for people.
async fn in_words(host: &Host, details: &Value) -> String {
    let language = language::of_server(host).await;
    let minutes = details.get("duration_seconds").and_then(Value::as_u64).unwrap_or_default() / 60;
    let name = Some(text(details, "closed_by")).filter(|name| !name.is_empty()).unwrap_or("–");
    let mut lines = vec![messages::CLOSE_NOTE.filled(language, &[("name", name), ("minutes", &minutes.to_string())])];
    let agents = details.get("agents").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let agents = agents.collect::<Vec<_>>().join(", ");
    for (line, value) in [
        (messages::CLOSE_NOTE_AGENTS, agents.as_str()),
        (messages::CLOSE_NOTE_DEPARTMENT, text(details, "department")),
        (messages::CLOSE_NOTE_COMMENT, text(details, "comment")),
    ] {
        if !value.is_empty() {
            lines.push(line.filled(language, &[("value", value)]));
        }
    }
    lines.join("\n").chars().take(NOTE_LENGTH).collect()
}
