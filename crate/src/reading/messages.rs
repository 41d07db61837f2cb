//! What is read of messages: those of contacts go to their rooms, and those of RapidPro are shown there.

use serde_json::Value;

use crate::config::budget::Scope;
use crate::history::render::text;
use crate::ids::{Contact, RoomId};
use crate::inbound::visitor_message;
use crate::livechat::media::ContactMedia;
use crate::reading::Reading;
use crate::reading::outgoing::SentHere;
use crate::reading::told;
use crate::reading::told::{MESSAGES_BACK_MS, ToldMessage, is_seen, remember};
use crate::reading::trouble::Stop;
use crate::runtime::failure::Failure;
use crate::runtime::job::Job;
use crate::sort::sort_by;
use crate::store::reading::{ReadTicket, Seen};
use crate::store::{inbox, reading, ticket};
use crate::text::timestamp;

/// More pages than these are read for one contact after the other, as those are that span less than a minute.
const PAGES_MAX: usize = 40;

/// Where more contacts than these have rooms, pages are read all the same: there are fewer of them.
const CONTACTS_MAX: usize = 40;

const SHORT_MS: u64 = 60_000;

impl Reading<'_> {
    /// Reads which messages are new, or may be, and works them off, the oldest first.
    pub(crate) async fn read_messages(&mut self) -> Result<(), Stop> {
        if std::mem::replace(&mut self.has_messages, true) {
            return Ok(());
        }
        if !self.state.has_marks {
            let page = self.page(Scope::Messages, "messages.json", None).await?;
            let told: Vec<ToldMessage> = page.items.into_iter().filter_map(told::message).collect();
            self.note_names(&told);
            self.state.messages = told.iter().map(|new| new.created).max().unwrap_or_default();
            return Ok(());
        }
        let since = self.state.messages.saturating_sub(MESSAGES_BACK_MS);
        let (messages, newest) = self.fetch_messages(since).await?;
        self.post_all(messages).await?;
        self.state.messages = self.state.messages.max(newest);
        let since = self.state.messages.saturating_sub(MESSAGES_BACK_MS);
        remember(&mut self.state.seen_messages, Vec::new(), since);
        Ok(())
    }

    /// Notes whether messages have UUIDs here.
    fn note_names(&mut self, told: &[ToldMessage]) {
        if let Some(message) = told.first() {
            self.state.has_uuids = !text(&message.whole, "uuid").is_empty();
        }
    }

    /// The messages of contacts who have rooms, the oldest first, and when the newest of all was made.
    async fn fetch_messages(&mut self, since: u64) -> Result<(Vec<ToldMessage>, u64), Stop> {
        let all = format!("messages.json?after={}", timestamp::text(since));
        let mut page = self.page(Scope::Messages, &all, None).await?;
        let created = |page: &[ToldMessage]| page.first().map(|newest| newest.created).unwrap_or_default();
        let (mut messages, mut pages, mut newest) = (Vec::new(), 1, None);
        loop {
            let told: Vec<ToldMessage> = page.items.into_iter().filter_map(told::message).collect();
            let newest = *newest.get_or_insert(created(&told));
            self.note_names(&told);
            let span = told.first().zip(told.last()).map_or(0, |(first, last)| first.created.abs_diff(last.created));
            let known = self.known().await?;
            messages.extend(told.into_iter().filter(|message| is_concerned(known, message)));
            let Some(next) = page.cursor else {
                messages.reverse();
                return Ok((in_order(messages), newest));
            };
            let contacts = known.len();
            if pages == PAGES_MAX || span < SHORT_MS && contacts <= CONTACTS_MAX {
                return Ok((self.fetch_by_contact(since).await?, newest));
            }
            page = self.page(Scope::Messages, &all, Some(&next)).await?;
            pages += 1;
        }
    }

    /// The same, asked for contact by contact: what many others are sent just now is not read.
    async fn fetch_by_contact(&mut self, since: u64) -> Result<Vec<ToldMessage>, Stop> {
        let mut contacts: Vec<String> = Vec::new();
        for known in self.known().await? {
            if !contacts.contains(&known.contact) {
                contacts.push(known.contact.clone());
            }
        }
        let mut messages = Vec::new();
        for contact in contacts {
            let list = format!("messages.json?contact={contact}&after={}", timestamp::text(since));
            let mut cursor = None;
            for _ in 0..PAGES_MAX {
                let page = self.page(Scope::Messages, &list, cursor.as_deref()).await?;
                let known = self.known().await?;
                let told = page.items.into_iter().filter_map(told::message);
                messages.extend(told.filter(|message| is_concerned(known, message)));
                cursor = page.cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        messages.reverse();
        Ok(in_order(messages))
    }

    /// Works off what is new of messages, contact by contact.
    async fn post_all(&mut self, mut messages: Vec<ToldMessage>) -> Result<(), Stop> {
        let shows_outgoing = self.settings.shows_rapidpro_messages();
        let seen = &self.state.seen_messages;
        messages.retain(|message| {
            let is_wanted = message.is_incoming || message.is_failed || shows_outgoing;
            is_wanted && !is_seen(seen, &message.seen_name())
        });
        if messages.is_empty() {
            return Ok(());
        }
        let mut contacts: Vec<String> = Vec::new();
        for message in &messages {
            if !contacts.contains(&message.contact) {
                contacts.push(message.contact.clone());
            }
        }
        self.plan(&messages).await?;
        for contact in contacts {
            let of_contact: Vec<ToldMessage> =
                messages.iter().filter(|message| message.contact == contact).cloned().collect();
            self.hold().await?;
            self.post_of(&contact, of_contact).await?;
        }
        self.state.planned.clear();
        Ok(())
    }

    /// Stores what is about to be posted: whoever reads it again knows then that it may be in its room.
    async fn plan(&mut self, messages: &[ToldMessage]) -> Result<(), Failure> {
        let now = self.host.now();
        let incoming: Vec<&ToldMessage> = messages.iter().filter(|message| message.is_incoming).collect();
        if incoming.is_empty() {
            return Ok(());
        }
        for message in incoming {
            if !is_seen(&self.state.planned, &message.name) {
                self.state.planned.push(Seen(message.name.clone(), now));
            }
        }
        reading::store(self.host, &self.workspace, &self.state).await
    }

    /// Works off messages of one contact.
    async fn post_of(&mut self, uuid: &str, messages: Vec<ToldMessage>) -> Result<(), Stop> {
        let (host, contact) = (self.host, self.contact_of(uuid));
        let tickets = ticket::read_of_contact(host, &contact).await?;
        let open = tickets.iter().find(|ticket| ticket.is_open());
        let since = open.and_then(|open| since_in(self.known.as_deref().unwrap_or_default(), uuid, &open.room));
        let has_outgoing = messages.iter().any(|message| !message.is_incoming);
        let sent = match open.filter(|_| has_outgoing) {
            Some(ticket) => Some(SentHere::read(host, &ticket.room).await?),
            None => None,
        };
        let (mut posted, mut seen) = (false, Vec::new());
        for message in messages {
            // What belongs to no open room is done with.
            if let Some((ticket, _)) = open.zip(since).filter(|(_, since)| message.created > *since) {
                if message.is_incoming {
                    self.keep(&contact, ticket.person(), &message).await?;
                    posted = true;
                } else if let Some(sent) = &sent
                    && !self.show_outgoing(ticket, sent, &message).await
                {
                    continue;
                }
            }
            seen.push(Seen(message.seen_name(), message.created));
        }
        if posted {
            self.jobs.push(Job::Post { contact });
        }
        remember(&mut self.state.seen_messages, seen, 0);
        Ok(())
    }

    /// Puts a contact's message into the inbox, from which it is posted in order, and once.
    async fn keep(&mut self, contact: &Contact, person: Option<&str>, message: &ToldMessage) -> Result<(), Failure> {
        let now = self.host.now();
        // It was planned before this reading, and nobody knows whether it was posted.
        let planned = self.state.planned.iter().find(|planned| planned.0 == message.name);
        let tried_at = planned.map(|planned| planned.1).filter(|at| *at < self.began && *at < now);
        let ring = self.rings.iter().find(|ring| ring.message.as_ref() == Some(&message.name));
        if ring.is_some_and(|ring| ring.kept) {
            return Ok(());
        }
        let tried_at = tried_at.or(ring.map(|ring| ring.at));
        let media = media_of(&message.whole, &self.line.address);
        let media: Vec<ContactMedia<'_>> = media.iter().map(|(mime, url)| ContactMedia { mime, url }).collect();
        let contents = visitor_message::contents(self.host, text(&message.whole, "text"), &media).await?;
        inbox::keep(self.host, &inbox_id(message.created, &message.name), (contact, person), contents, tried_at).await
    }
}

impl ToldMessage {
    /// By which it is known to have been seen: once more where it has failed since.
    fn seen_name(&self) -> String {
        if self.is_failed { format!("{}!", self.name) } else { self.name.clone() }
    }
}

/// Under which a message waits in the inbox, in the order in which messages were made.
pub(crate) fn inbox_id(created: u64, name: &str) -> String {
    format!("{created:013}-{name}")
}

/// The files of a message: what they are, and where. Servers with storage of their own leave out their address.
fn media_of(message: &Value, address: &str) -> Vec<(String, String)> {
    let media = message.get("attachments").and_then(Value::as_array).into_iter().flatten();
    media.map(|media| (text(media, "content_type").to_owned(), absolute(text(media, "url"), address))).collect()
}

/// Where a file is: servers with storage of their own leave out their address.
pub(crate) fn absolute(url: &str, address: &str) -> String {
    let is_relative = url.starts_with('/') && !url.starts_with("//");
    if is_relative { format!("{address}{url}") } else { url.to_owned() }
}

/// Whether a message may be for a room.
fn is_concerned(known: &[ReadTicket], message: &ToldMessage) -> bool {
    known.iter().any(|ticket| ticket.contact == message.contact && ticket.since < message.created)
}

/// From when on messages of a contact belong into a room.
fn since_in(known: &[ReadTicket], contact: &str, room: &RoomId) -> Option<u64> {
    let here = known.iter().filter(|ticket| ticket.contact == contact && ticket.room == *room);
    here.map(|ticket| ticket.since).min()
}

/// By when they were made. Pages have them so already, the newest first, but one contact's follow another's.
fn in_order(mut messages: Vec<ToldMessage>) -> Vec<ToldMessage> {
    sort_by(&mut messages, |a, b| a.created.cmp(&b.created));
    messages
}
