//! What waits and what failed, as far as one look goes.
//!
//! It finds them as the sweep does, by the time index, and reads a bounded number of rooms: however many tickets there are,
//! a look costs the same.

use serde_json::Value;

use crate::config::public_url;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::due::DueItems;
use crate::store::inbox::InboxEntry;
use crate::store::keys::{DEAD_LETTERS, contact_association};
use crate::store::outbox::Entry;
use crate::store::outbox_record::{OutboxEvent, Reason};
use crate::store::progress::{GivenUp, Progress};
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::Ticket;
use crate::store::time_index::DUE;
use crate::store::{inbox, keys, outbox, outbox_record};
use crate::text::i18n::{Language, Phrase, Text};
use crate::text::messages;
use crate::text::sanitize::{one_line, quoted};

/// How many buckets of the time index a look reads, the oldest ones.
pub(crate) const PAGES_MAX: usize = 60;

/// How many rooms and contacts it reads.
const READS_MAX: usize = 100;

/// How many rows people are shown.
const ROWS_MAX: usize = 30;

/// What one look has found.
#[derive(Debug)]
pub struct Queue {
    pub(crate) found: Vec<Found>,
    /// Whether that is all there is.
    pub is_complete: bool,
}

/// A room, or a contact's entries.
#[derive(Debug)]
pub(crate) struct Found {
    /// The room, and what is on its way from there; of a contact, the last ticket.
    pub(crate) snapshot: RoomSnapshot,
    pub(crate) entries: Vec<InboxEntry>,
}

/// How much waits and how much failed: agents' messages and closes that wait for RapidPro, contacts' messages that wait
/// for Rocket.Chat, and agents' messages that were given up.
type Counts = [u64; 4];

/// Looks what waits and what failed.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn look(host: &Host) -> Result<Queue, Failure> {
    let mut buckets = Vec::new();
    for page in DUE.buckets(host).await? {
        buckets.push(DUE.association(page));
    }
    let mut is_complete = cut(&mut buckets, PAGES_MAX);
    buckets.push(DEAD_LETTERS.to_owned());
    let mut lists = host.all_lists(&buckets).await?;
    let mut whose = Vec::new();
    // What failed last is looked at first, and leaves room to what waits.
    for room in outbox::rooms_with_dead_letters(&lists.pop().unwrap_or_default()) {
        add_new(&mut whose, keys::room_association(&room));
        if whose.len() > READS_MAX / 2 {
            break;
        }
    }
    is_complete &= cut(&mut whose, READS_MAX / 2);
    for records in &lists {
        let due_items = DueItems::on(records);
        for room in &due_items.rooms {
            add_new(&mut whose, keys::room_association(room));
        }
        for contact in &due_items.contacts {
            add_new(&mut whose, contact_association(contact));
        }
    }
    is_complete &= cut(&mut whose, READS_MAX);
    let lists = if whose.is_empty() { Vec::new() } else { host.all_lists(&whose).await? };
    let mut found = Vec::new();
    for (association, records) in whose.iter().zip(&lists) {
        found.extend(Found::of(association, records));
    }
    Ok(Queue { found, is_complete })
}

/// Says whether nothing had to go.
pub(crate) fn cut(list: &mut Vec<String>, most: usize) -> bool {
    let fits = list.len() <= most;
    list.truncate(most);
    fits
}

fn add_new(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Queue {
    /// How much waits and how much failed of a workspace.
    pub fn counts(&self, workspace: &str) -> Counts {
        let mut total = Counts::default();
        for found in self.found.iter().filter(|found| found.snapshot.ticket.contact.workspace == workspace) {
            for (sum, count) in total.iter_mut().zip(found.counts()) {
                *sum += count;
            }
        }
        total
    }
}

impl Found {
    pub(crate) fn of(association: &str, records: &[Value]) -> Option<Self> {
        let found = Self { snapshot: RoomSnapshot::of(records)?, entries: inbox::entries(records) };
        // A contact's records hold tickets, too; those are found by their rooms.
        Some(found).filter(|found| association.starts_with("room/") || !found.entries.is_empty())
    }

    pub(crate) fn counts(&self) -> Counts {
        let RoomSnapshot { ticket, outbox } = &self.snapshot;
        let closes = if self.entries.is_empty() { ticket.pending_closes().len() } else { 0 };
        [outbox.pending.len(), closes, self.entries.len(), outbox.dead_letters.len()].map(|count| count as u64)
    }
}

/// Has tried again what was given up in open rooms; answers what to say to whoever wants it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn retry(host: &Host, language: Language) -> Result<String, Failure> {
    let queue = look(host).await?;
    let mut count = 0_u64;
    for snapshot in queue.found.iter().map(|found| &found.snapshot).filter(|snapshot| snapshot.ticket.is_open()) {
        for entry in &snapshot.outbox.dead_letters {
            outbox_record::append(host, entry.entry_ref(&snapshot.ticket.room), OutboxEvent::Retried).await?;
            count += 1;
        }
    }
    let mut text = messages::RETRIED.filled(language, &[("count", &count.to_string())]);
    if !queue.is_complete {
        text.push(' ');
        text.push_str(messages::THERE_IS_MORE.in_language(language));
    }
    Ok(text)
}

/// What waits and what failed, in words.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn text(host: &Host, language: Language) -> Result<String, Failure> {
    let queue = look(host).await?;
    let server = public_url::public_address(host).await?;
    let mut rows = Vec::new();
    for found in &queue.found {
        found.tell(&mut rows, &server, host.now(), language);
    }
    let is_complete = cut(&mut rows, ROWS_MAX) & queue.is_complete;
    if rows.is_empty() {
        rows.push(messages::NOTHING_WAITS.in_language(language).to_owned());
    }
    if !is_complete {
        rows.push(messages::THERE_IS_MORE.in_language(language).to_owned());
    }
    Ok(rows.join("\n"))
}

impl Found {
    /// A row for each kind of what waits and failed.
    pub(crate) fn tell(&self, rows: &mut Vec<String>, server: &str, now: u64, language: Language) {
        let RoomSnapshot { ticket, outbox } = &self.snapshot;
        let [messages, closes, entries, failures] = self.counts();
        let first = outbox.pending.first();
        let progress = first.map_or(&outbox.close, |entry| &entry.progress);
        let owed_since = first.map_or_else(|| ticket.closed_at().unwrap_or_default(), Entry::owed_since);
        let given_up = |entry: &Entry| entry.progress.given_up().map(|(at, _)| at);
        let last = outbox.dead_letters.iter().max_by_key(|entry| given_up(entry));
        let failed = last.and_then(|entry| entry.progress.given_up());
        let failed_at = failed.map_or(now, |(at, _)| at);
        let reason = failed.map_or_else(String::new, |(_, why)| in_words(why).in_language(language));
        let (who, next) = (who(ticket, server), span(progress.next.saturating_sub(now)));
        for (count, text, since, why) in [
            (messages + closes, messages::ROW_OUT, owed_since, why(progress).in_language(language)),
            (entries, messages::ROW_IN, self.entries.first().map_or(now, |entry| entry.at), ""),
            (failures, messages::ROW_FAILED, failed_at, &reason),
        ] {
            if count > 0 {
                let (count, age, why) = (count.to_string(), span(now.saturating_sub(since)), quoted(why));
                let values = [("who", &who), ("count", &count), ("age", &age), ("next", &next), ("why", &why)];
                rows.push(text.filled(language, &values.map(|(name, value)| (name, value.as_str()))));
            }
        }
    }
}

/// Why a message was given up: versions that knew no code have stored the words of the log.
fn in_words(why: &GivenUp) -> Phrase {
    let known = why.reason.as_ref().and_then(|Reason { code, values }| messages::given_up_reason(code, values));
    known.unwrap_or_else(|| Phrase::quoted(why.words.clone()))
}

pub(crate) fn why(progress: &Progress) -> Text {
    match progress {
        Progress { failures: 0, .. } => messages::WHY_NEW,
        Progress { outage: true, .. } => messages::WHY_OUTAGE,
        _ => messages::WHY_REFUSED,
    }
}

/// The contact, and where agents see the room.
pub(crate) fn who(ticket: &Ticket, server: &str) -> String {
    let name = ticket.visitor.name.as_deref().unwrap_or_default();
    let mut who = quoted(&one_line(name));
    for part in [" (", server, "/live/", ticket.room.as_str(), ")"] {
        who.push_str(part);
    }
    who
}

/// A span of time, in signs that all languages use.
fn span(ms: u64) -> String {
    let (number, unit) = match ms / 1_000 {
        seconds @ 0..120 => (seconds, " s"),
        seconds @ 120..7_200 => (seconds / 60, " min"),
        seconds @ 7_200..172_800 => (seconds / 3_600, " h"),
        seconds => (seconds / 86_400, " d"),
    };
    number.to_string() + unit
}
