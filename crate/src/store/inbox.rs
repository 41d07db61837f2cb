//! Contacts' messages that wait for Rocket.Chat.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::ids::Contact;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::json;
use crate::sort::sort_by;
use crate::store::keys::{contact_association, inbox_entry_association};
use crate::store::time_index::DUE;
use crate::wire::rocketchat::{Attachment, Message};

/// A file that is to be copied.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Copy {
    /// Where it is.
    pub url: String,
    /// Its name in Rocket.Chat.
    pub name: String,
    /// What it claims to be: a MIME type, a bare kind or nothing. Version 1.0.0 stored none.
    pub mime: Option<String>,
}

pub(crate) const VERSION: u8 = 1;

/// How soon to try again, in milliseconds.
pub(crate) const RETRY_MS: u64 = 20_000;

/// What Rocket.Chat is to take as one message.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxContent {
    /// The text; may be empty.
    pub text: String,
    /// What is shown below the text.
    pub attachments: Vec<Attachment>,
    /// The file that all of this only stands in for, where it cannot be copied.
    pub copy: Option<Copy>,
}

/// A message that waits, as it is stored.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct InboxEntry {
    pub(crate) v: u8,
    /// When it was accepted.
    pub at: u64,
    /// By which RapidPro was told so.
    pub id: String,
    pub(crate) contact_of: Contact,
    pub(crate) text: String,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) copy: Option<Copy>,
    /// RapidPro's UUID of who wrote it, as far as it was known; others may have the contact's token next.
    pub(crate) person: Option<String>,
    /// When Rocket.Chat was first asked to take it, if it was.
    pub(crate) tried_at: Option<u64>,
    /// How it was refused last, in short, and since when.
    #[serde(skip)]
    pub(crate) refused: Option<(String, u64)>,
}

/// That Rocket.Chat is being asked to take a entry, as it is stored before.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct PostAttempt {
    pub(crate) v: u8,
    #[serde(rename = "letter")]
    pub(crate) entry: String,
    pub(crate) tried_at: u64,
}

/// That Rocket.Chat refuses a entry, and has done so in the same words since then, as it is stored.
#[derive(Debug, Deserialize, Serialize)]
struct Refused {
    v: u8,
    entry: String,
    refused_at: u64,
    words: String,
}

impl InboxEntry {
    /// Whether a message says what this entry says: by its links, or by the copy that they stand in for.
    pub(crate) fn is_said_by(&self, message: &Message) -> bool {
        self.has_media_of(message) && message.text.as_deref().unwrap_or_default() == self.text
    }

    /// Whether a message shows the links of this entry, or the copy that they stand in for.
    pub(crate) fn has_media_of(&self, message: &Message) -> bool {
        let files = message.files.as_deref().unwrap_or_default();
        let attachments = message.attachments.as_deref().unwrap_or_default();
        if files.is_empty() {
            let links = self.attachments.iter().filter_map(|attachment| attachment.title.link.as_ref());
            // Rocket.Chat adds quotes of what the text refers to: they have no link.
            links.eq(attachments.iter().filter_map(|attachment| attachment.link.as_ref()))
        } else {
            self.copy.as_ref().is_some_and(|copy| files.iter().any(|file| file.name.as_ref() == Some(&copy.name)))
        }
    }
}

/// Keeps a message of a contact, who is the `person` with this UUID as far as that is known. Rocket.Chat was
/// first asked to take it at `tried_at`, if it was, and others wait before it, or not; answers the id under which it, or
/// its first part, is kept.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it: then it was not accepted.
pub async fn add(
    host: &Host,
    (contact, person): (&Contact, Option<&str>),
    contents: Vec<InboxContent>,
    tried_at: Option<u64>,
    behind_others: bool,
) -> Result<String, Failure> {
    let (id, at) = (host.random("letter", 12), host.now());
    keep(host, &id, (contact, person), contents, tried_at).await?;
    // Not beside the job of those, which posts this one too: two nodes would take up the same entry at once.
    let delay_ms = if behind_others { 2 * RETRY_MS } else { RETRY_MS };
    host.schedule(Job::Post { contact: contact.clone() }, at.saturating_add(delay_ms)).await;
    Ok(id)
}

/// Keeps a message under an id by which it is known, however often it is kept: [`add`] without the job that posts it.
/// Of one time, messages are posted in the order of their ids.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn keep(
    host: &Host,
    id: &str,
    (contact, person): (&Contact, Option<&str>),
    contents: Vec<InboxContent>,
    tried_at: Option<u64>,
) -> Result<(), Failure> {
    let at = host.now();
    let bucket = DUE.bucket(at.saturating_add(RETRY_MS));
    DUE.ensure_listed(host, bucket).await?;
    for (index, InboxContent { text, attachments, copy }) in (0..).zip(contents) {
        let mut id = id.to_owned();
        // Parts of one time are posted in the order of their ids.
        id.extend(char::from_u32(u32::from('a') + index));
        let associations = vec![contact_association(contact), DUE.association(bucket), inbox_entry_association(&id)];
        let (contact_of, person) = (contact.clone(), person.map(str::to_owned));
        let entry =
            InboxEntry { v: VERSION, at, id, contact_of, text, attachments, copy, person, tried_at, refused: None };
        host.create_record(associations, entry).await?;
    }
    Ok(())
}

/// Notes that Rocket.Chat refuses a entry from now on in these words.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn note_refusal(host: &Host, entry: &InboxEntry, words: String) -> Result<(), Failure> {
    let refused = Refused { v: VERSION, entry: entry.id.clone(), refused_at: host.now(), words };
    host.create_record(vec![contact_association(&entry.contact_of), inbox_entry_association(&entry.id)], refused).await
}

/// The entries among a contact's records, oldest first.
pub fn entries(records: &[Value]) -> Vec<InboxEntry> {
    let mut entries: Vec<InboxEntry> = Vec::new();
    for entry in json::read_all::<InboxEntry>(records) {
        // What was read from RapidPro's API may have been kept twice.
        match entries.iter_mut().find(|known| known.id == entry.id) {
            Some(known) => known.tried_at = known.tried_at.or(entry.tried_at),
            None => entries.push(entry),
        }
    }
    for attempt in json::read_all::<PostAttempt>(records) {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.id == attempt.entry) {
            entry.tried_at = entry.tried_at.or(Some(attempt.tried_at));
        }
    }
    for Refused { entry, refused_at, words, .. } in json::read_all::<Refused>(records) {
        if let Some(entry) = entries.iter_mut().find(|known| known.id == entry)
            && entry.refused.as_ref().is_none_or(|(_, at)| *at < refused_at)
        {
            entry.refused = Some((words, refused_at));
        }
    }
    sort_by(&mut entries, |a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    entries
}

/// The contacts of the entries among a bucket's records.
pub fn contacts_on(records: &[Value]) -> Vec<Contact> {
    let contact = |record: &Value| json::read(record.get("contact_of").or(record.get("contact"))?);
    let mut contacts: Vec<Contact> = records.iter().filter_map(contact).collect();
    contacts.dedup();
    contacts
}

/// Whether a contact has entries waiting.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn waits(host: &Host, contact: &Contact) -> Result<bool, Failure> {
    Ok(!entries(&host.all_records(contact_association(contact)).await?).is_empty())
}
