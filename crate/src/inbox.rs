//! What a contact wrote and Rocket.Chat could not take just now: kept, and posted later, in order.

use serde_json::Value;

use crate::calendar::DUE;
use crate::host::{Cause, Failure, Host};
use crate::json;
use crate::media_copy::{self, Copy};
use crate::notice;
use crate::operation::{End, Level};
use crate::refusal::{Refusal, is_unexplained};
use crate::ticket::{self, Contact, RoomState, Ticket};
use crate::trigger::Job;
use crate::wire::rocketchat::{Attachment, Message, Room};
use crate::words::{self, Phrase};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

const VERSION: u8 = 1;
/// How soon to try again, in milliseconds.
const RETRY_MS: u64 = 20_000;
/// How long to try, in milliseconds.
const AGE_MAX_MS: u64 = 3 * 24 * 60 * 60_000;
/// The most letters posted by one operation.
const TURNS_MAX: u32 = 1_000;

/// What Rocket.Chat is to take as one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
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
pub struct Letter {
    v: u8,
    /// When it was accepted.
    pub at: u64,
    /// By which RapidPro was told so.
    pub id: String,
    contact_of: Contact,
    text: String,
    attachments: Vec<Attachment>,
    copy: Option<Copy>,
    /// When Rocket.Chat was first asked to take it, if it was.
    tried_at: Option<u64>,
}

/// That Rocket.Chat is being asked to take a letter, as it is stored before.
#[derive(Debug, Deserialize, Serialize)]
struct Trying {
    v: u8,
    letter: String,
    tried_at: u64,
}

impl Letter {
    /// Whether a message says what this letter says: by its links, or by the copy that they stand in for.
    fn is_said_by(&self, message: &Message) -> bool {
        let files = message.files.as_deref().unwrap_or_default();
        let attachments = message.attachments.as_deref().unwrap_or_default();
        let same_media = if files.is_empty() {
            let links = self.attachments.iter().filter_map(|attachment| attachment.title.link.as_ref());
            // Rocket.Chat adds quotes of what the text refers to: they have no link.
            links.eq(attachments.iter().filter_map(|attachment| attachment.link.as_ref()))
        } else {
            self.copy.as_ref().is_some_and(|copy| files.iter().any(|file| file.name.as_ref() == Some(&copy.name)))
        };
        same_media && message.text.as_deref().unwrap_or_default() == self.text
    }
}

/// Whether Rocket.Chat may well take later what it does not take now.
pub fn is_passing(failure: &Failure) -> bool {
    matches!(failure.cause(), Cause::TimedOut | Cause::Denied(_))
        || is_unexplained(failure)
        || matches!(Refusal::from(failure.clone()), Refusal::Internal(_))
}

/// Keeps a message, which Rocket.Chat was first asked to take at `tried_at`, if it was, and which others wait
/// before, or not; answers the id under which it, or its first part, is kept.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it: then it was not accepted.
pub async fn keep(
    host: &Host,
    contact: &Contact,
    contents: Vec<Content>,
    tried_at: Option<u64>,
    behind_others: bool,
) -> Result<String, Failure> {
    let (id, at) = (host.random("letter", 12), host.now());
    let page = DUE.page(at.saturating_add(RETRY_MS));
    DUE.list(host, page).await?;
    for (index, Content { text, attachments, copy }) in (0..).zip(contents) {
        let mut id = id.clone();
        // Parts of one time are posted in the order of their ids.
        id.extend(char::from_u32(u32::from('a') + index));
        let associations = vec![contact.association(), DUE.association(page), letter_association(&id)];
        let letter = Letter { v: VERSION, at, id, contact_of: contact.clone(), text, attachments, copy, tried_at };
        host.create_record(associations, letter).await?;
    }
    // Not beside the job of those, which posts this one too: two nodes would take up the same letter at once.
    let delay_ms = if behind_others { 2 * RETRY_MS } else { RETRY_MS };
    host.schedule(Job::Post { contact: contact.clone() }, at.saturating_add(delay_ms)).await;
    Ok(id)
}

/// The letters among a contact's records, oldest first.
pub fn letters(records: &[Value]) -> Vec<Letter> {
    let mut letters: Vec<Letter> = json::read_all(records);
    for trying in json::read_all::<Trying>(records) {
        if let Some(letter) = letters.iter_mut().find(|letter| letter.id == trying.letter) {
            letter.tried_at = letter.tried_at.or(Some(trying.tried_at));
        }
    }
    letters.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    letters
}

/// The contacts of the letters among a page's records.
pub fn contacts_on(records: &[Value]) -> Vec<Contact> {
    let contact = |record: &Value| json::read(record.get("contact_of").or(record.get("contact"))?);
    let mut contacts: Vec<Contact> = records.iter().filter_map(contact).collect();
    contacts.dedup();
    contacts
}

/// Whether a contact has letters waiting.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn waits(host: &Host, contact: &Contact) -> Result<bool, Failure> {
    Ok(!letters(&host.all_records(contact.association()).await?).is_empty())
}

/// Posts a contact's letters, oldest first, until one is not taken. Between them, and while a file is being
/// copied, the contact's requests have their turn.
pub async fn post(host: &Host, contact: &Contact) -> End {
    host.acquire(posting_queue(contact)).await;
    for _ in 0..TURNS_MAX {
        host.acquire(contact.queue()).await;
        let posted = post_oldest(host, contact).await;
        host.release(contact.queue()).await;
        match posted {
            Ok(true) => {}
            Ok(false) => return End::default(),
            Err(failure) => {
                host.log(Level::Warn, format!("a contact's message still waits for Rocket.Chat: {failure}"));
                host.schedule(Job::Post { contact: contact.clone() }, host.now().saturating_add(RETRY_MS)).await;
                return End::default();
            }
        }
    }
    End::follow_up(Job::Post { contact: contact.clone() })
}

/// Whether there is to be a next turn.
async fn post_oldest(host: &Host, contact: &Contact) -> Result<bool, Failure> {
    let records = host.all_records(contact.association()).await?;
    let Some(letter) = letters(&records).into_iter().next() else { return Ok(false) };
    let tickets = ticket::of_contact(&records);
    match tickets.iter().find(|ticket| ticket.is_open()) {
        Some(ticket) => match ticket::look(host, ticket).await? {
            RoomState::Open(room) => {
                if !post_letter(host, ticket, room, &letter).await? {
                    return Ok(true);
                }
            }
            RoomState::Closed => give_up(host, Some(ticket), &letter, &words::ROOM_WAS_CLOSED.into()).await,
        },
        None => give_up(host, tickets.last(), &letter, &words::NO_ROOM_ANY_MORE.into()).await,
    }
    host.remove_records(letter_association(&letter.id)).await?;
    Ok(true)
}

/// Whether it is out of the way. An earlier attempt may have come through although nobody said so: then it is
/// in the room.
async fn post_letter(host: &Host, ticket: &Ticket, room: Room, letter: &Letter) -> Result<bool, Failure> {
    let visitor = ticket.visitor_shown(room.visitor.as_deref());
    match letter.tried_at {
        Some(tried_at) => {
            let is_it = |message: &Message| {
                message.token.as_deref() == Some(visitor.token.as_str())
                    && letter.is_said_by(message)
                    && message.created_at.is_some_and(|at| at >= tried_at)
            };
            if messages(host, &room).await?.iter().any(is_it) {
                return Ok(true);
            }
        }
        None => {
            let trying = Trying { v: VERSION, letter: letter.id.clone(), tried_at: host.now() };
            let associations = vec![letter.contact_of.association(), letter_association(&letter.id)];
            host.create_record(associations, trying).await?;
            let is_young = host.now().saturating_sub(letter.at) < media_copy::WITHIN_MS;
            if let Some(copy) = letter.copy.as_ref().filter(|_| is_young) {
                return copy_file(host, ticket, (room, visitor.token), letter, copy.clone()).await;
            }
        }
    }
    match host.post_message(room.id, visitor, letter.text.clone(), letter.attachments.clone()).await {
        Ok(_) => Ok(true),
        Err(failure) if is_passing(&failure) && host.now().saturating_sub(letter.at) < AGE_MAX_MS => Err(failure),
        Err(failure) => {
            give_up(host, Some(ticket), letter, &failure.phrase()).await;
            Ok(true)
        }
    }
}

/// Whether the file is in the room. If not, the letter is posted as it stands in the next turn, since much may
/// have happened meanwhile.
async fn copy_file(
    host: &Host,
    ticket: &Ticket,
    (room, token): (Room, String),
    letter: &Letter,
    copy: Copy,
) -> Result<bool, Failure> {
    host.release(letter.contact_of.queue()).await;
    let copied = media_copy::copy(host, copy, room.id, token).await;
    host.acquire(letter.contact_of.queue()).await;
    match copied {
        // Where the room was closed meanwhile, Rocket.Chat keeps the file and shows it nowhere.
        Ok(()) => Ok(ticket::look(host, ticket).await? != RoomState::Closed),
        Err(failure) if *failure.cause() == Cause::TimedOut => Err(failure),
        Err(failure) => {
            host.log(Level::Warn, format!("a contact's file was not copied, its link is posted: {failure}"));
            Ok(false)
        }
    }
}

/// Rather twice than never: where the room's messages may not be read, the letter counts as not posted.
async fn messages(host: &Host, room: &Room) -> Result<Vec<Message>, Failure> {
    match host.messages(room.id.clone()).await {
        Err(failure) if failure.is_denied() => Ok(Vec::new()),
        read => read,
    }
}

async fn give_up(host: &Host, ticket: Option<&Ticket>, letter: &Letter, reason: &Phrase) {
    let (id, in_log) = (&letter.id, reason.in_log());
    host.log(Level::Error, format!("message {id} of a contact could not be posted and is only in RapidPro: {in_log}"));
    if let Some(ticket) = ticket {
        let link = letter.attachments.iter().find_map(|attachment| attachment.title.link.as_deref());
        let words = link.filter(|_| letter.text.is_empty()).unwrap_or(&letter.text);
        notice::not_posted(host, ticket, words, reason).await;
    }
}

/// One job at a time posts a contact's letters.
fn posting_queue(contact: &Contact) -> String {
    format!("posting/{}", contact.association())
}

fn letter_association(id: &str) -> String {
    format!("letter/{id}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LETTER: &str = r#"{ "v": 1, "at": 0, "id": "letter", "contact_of": { "workspace": "w", "token": "t" }, "text": "",
        "attachments": [{ "title": { "value": "a.png", "link": "https://host/a.png" } }],
        "copy": { "url": "https://host/a.png", "name": "a.png" } }"#;

    #[track_caller]
    fn check_said(mut message: Value, said: bool) {
        message["room"] = json!({ "id": "room" });
        let letter = serde_json::from_str::<Letter>(LETTER).unwrap();
        assert_eq!(letter.is_said_by(&serde_json::from_value(message.clone()).unwrap()), said, "{message}");
    }

    #[test]
    fn a_letter_is_known_by_its_words_and_its_links_or_by_its_copy() {
        let (link, quote) =
            (json!({ "link": "https://host/a.png" }), json!({ "timestampLink": "https://chat/?msg=1" }));
        check_said(json!({ "text": "", "attachments": [link] }), true);
        check_said(json!({ "attachments": [quote, link] }), true);
        check_said(json!({ "text": "other", "attachments": [link] }), false);
        check_said(json!({ "text": "", "attachments": [{ "link": "https://host/b/a.png" }] }), false);
        check_said(json!({ "text": "", "attachments": [link, link] }), false);
        check_said(json!({ "text": "" }), false);
        let stored = json!([{ "link": "/file-upload/1/a.png" }]);
        check_said(json!({ "text": "", "attachments": stored, "files": [{ "name": "a.png" }] }), true);
        check_said(json!({ "text": "", "attachments": stored, "files": [{ "name": "b.png" }] }), false);
    }
}
