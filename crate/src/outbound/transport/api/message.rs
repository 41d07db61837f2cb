//! An agent's message on its way through RapidPro's API.

use serde_json::Value;

use crate::config::budget::Scope;
use crate::config::settings;
use crate::config::workspace_config::WorkspaceConfig;
use crate::ids::TicketId;
use crate::livechat::notice;
use crate::outbound::content;
use crate::outbound::outbox_writer::with_retries;
use crate::outbound::transport::api::client::Client;
use crate::outbound::transport::api::doubt::{Doubt, Sent};
use crate::outbound::transport::api::parts::{Part, Place};
use crate::outbound::transport::api::{answer, media, parts};
use crate::outbound::transport::reply::{Meaning, Reply};
use crate::runtime::cache::Recent;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::store::ours;
use crate::store::ours::OwnPart;
use crate::store::outbox::Entry;
use crate::store::ticket::{Binding, Ticket};
use crate::text::sanitize::storable;

/// How long a text may be until a server says otherwise, in characters.
const LIMIT: usize = 4_096;

/// A server that takes less is none.
const LIMIT_MIN: usize = 20;

/// How long texts may be, by workspace, as servers have said when they refused one: 640 of RapidPro 9.0.
#[derive(Debug, Default)]
pub struct TextLimits(pub(crate) Recent<String, usize, 50>);

/// An agent's message, ready to be sent.
#[derive(Debug)]
pub struct ApiMessage<'t> {
    line: WorkspaceConfig,
    ticket: &'t Ticket,
    entry: &'t Entry,
    /// The ticket to which RapidPro is to add it, once that is known to be stored.
    carrier: Option<TicketId>,
}

impl<'t> ApiMessage<'t> {
    pub(crate) fn new(line: WorkspaceConfig, ticket: &'t Ticket, binding: &Binding, entry: &'t Entry) -> Self {
        let carrier = (!binding.is_provisional).then(|| binding.ticket.clone());
        Self { line, ticket, entry, carrier }
    }

    /// Sends it, as far as RapidPro does not have it.
    pub async fn send(self, host: &Host) -> Reply {
        match self.attempt(host).await {
            Ok(()) => Reply::handled(),
            Err(reply) => reply,
        }
    }

    async fn attempt(mut self, host: &Host) -> Result<(), Reply> {
        let (entry, room) = (self.entry, &self.ticket.room);
        let contact = self.ticket.person().unwrap_or_default();
        let workspace = self.ticket.contact.workspace.as_str();
        let line = std::mem::take(&mut self.line);
        let client = Client::new(host, (workspace, &line), entry.entry_ref(room), &entry.progress);
        let mut doubt = Doubt::about(&client, contact, self.ticket, entry).await?;
        let files = media::upload(&client, room, entry).await?;
        let text = self.signed(host, media::with_lines(&entry.message.text, &files.lines)).await?;
        let mut place = doubt.place;
        while let Some(part) = parts::next(&text, files.media.len(), place, limit(host, workspace)) {
            let sent = match doubt.take(&part) {
                Some(sent) => sent,
                None => match self.post(&client, contact, &part, &files.media).await {
                    Ok(sent) => sent,
                    Err(refusal) if self.learns(host, &refusal) => continue,
                    Err(refusal) => return Err(refusal),
                },
            };
            place = part.until;
            self.note(host, sent, place, part.text).await?;
        }
        Ok(())
    }

    async fn signed(&self, host: &Host, text: String) -> Result<String, Reply> {
        let author = &self.entry.message.author;
        let settings = settings::all(host).await.map_err(|failure| Reply::none(&failure))?;
        let form = settings.agent_name_form().filter(|_| !author.is_empty());
        Ok(form.map_or(text.clone(), |form| content::signed(form, author, &text)))
    }

    async fn post(&self, client: &Client<'_>, contact: &str, part: &Part<'_>, media: &[String]) -> Result<Sent, Reply> {
        let files = media.get(part.files.clone()).unwrap_or_default();
        let body = json::object(vec![
            ("contact", Some(contact.into())),
            ("text", Some(part.text).filter(|text| !text.is_empty()).map(Value::from)),
            ("attachments", media::named(files)),
            ("ticket", self.carrier.as_ref().map(|ticket| ticket.as_str().into())),
        ]);
        let began = client.host.now();
        let answer = client.post(Scope::Messages, "messages.json", storable(Value::Object(body))).await?;
        let sent = answer::fields(&answer).filter(|_| answer.status == 201).map(Value::Object);
        let sent = sent.as_ref().and_then(Sent::of);
        // Whoever says that it was done and not what may have done it.
        sent.ok_or_else(|| {
            let reply = answer::reply(&answer);
            let is_read = reply.meaning == Meaning::MethodChanged;
            Reply { unsure: (!is_read).then_some(began), ..reply }
        })
    }

    /// Whether a refusal says how to do better.
    fn learns(&mut self, host: &Host, refusal: &Reply) -> bool {
        let workspace = &self.ticket.contact.workspace;
        if let Some(told) = answer::limit(refusal).filter(|told| (LIMIT_MIN..limit(host, workspace)).contains(told)) {
            host.cache::<TextLimits>().0.put(workspace.clone(), told);
            return true;
        }
        // The newest servers do not look at it, older ones do not know one that is not stored yet.
        self.carrier.is_some() && answer::is_about(refusal, "ticket") && self.carrier.take().is_some()
    }

    /// Notes what RapidPro has taken, and tells the agents where it says at once that it cannot be sent.
    async fn note(&self, host: &Host, sent: Sent, place: Place, text: &str) -> Result<(), Reply> {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let part = OwnPart { entry: self.entry.id.clone(), chars: number(place.chars), files: number(place.files) };
        if sent.is_failed {
            notice::not_sendable(host, self.ticket, text).await;
        }
        let (room, names) = (&self.ticket.room, vec![sent.name]);
        let noted = with_retries(|| ours::note(host, room, names.clone(), sent.is_failed, Some(part.clone()))).await;
        // RapidPro has it, but that is written nowhere.
        noted.map_err(|failure| Reply { unsure: Some(host.now()), ..Reply::none(&failure) })
    }
}

fn limit(host: &Host, workspace: &str) -> usize {
    host.cache::<TextLimits>().0.get(workspace).unwrap_or(LIMIT)
}
