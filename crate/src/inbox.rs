//! What a contact wrote and Rocket.Chat could not take just now: kept, and posted later, in order.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calendar::DUE;
use crate::host::{Failure, Host};
use crate::notice;
use crate::operation::{End, Level};
use crate::plain;
use crate::refusal::Refusal;
use crate::ticket::{self, Contact, RoomState, Ticket};
use crate::trigger::Job;
use crate::visitor_message::visitor_of;
use crate::wire::rocketchat::{Attachment, Message, Room};

const VERSION: u8 = 1;
/// How soon to try again, in milliseconds.
const RETRY_MS: u64 = 20_000;
/// How long to try, in milliseconds.
const AGE_MAX_MS: u64 = 3 * 24 * 60 * 60_000;
/// The most letters posted by one operation.
const TURNS_MAX: u32 = 1_000;

/// A message that waits, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    v: u8,
    at: u64,
    /// By which RapidPro was told that it was accepted.
    pub id: String,
    contact_of: Contact,
    text: String,
    attachments: Vec<Attachment>,
    /// When Rocket.Chat was first asked to take it, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tried_at: Option<u64>,
}

/// That Rocket.Chat is being asked to take a letter, as it is stored before.
#[derive(Debug, Serialize, Deserialize)]
struct Trying {
    v: u8,
    letter: String,
    tried_at: u64,
}

/// Whether Rocket.Chat may well take later what it does not take now.
pub fn is_passing(failure: &Failure) -> bool {
    matches!(failure, Failure::TimedOut | Failure::Denied(_))
        || matches!(Refusal::from(failure.clone()), Refusal::Internal(_))
}

/// Keeps a message, which Rocket.Chat was first asked to take at `tried_at`, if it was; answers the id under
/// which it is kept.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it: then it was not accepted.
pub async fn keep(
    host: &Host,
    contact: &Contact,
    text: String,
    attachments: Vec<Attachment>,
    tried_at: Option<u64>,
) -> Result<String, Failure> {
    let (id, at) = (host.random("letter", 12), host.now());
    let page = DUE.page(at.saturating_add(RETRY_MS));
    DUE.list(host, page).await?;
    let letter = Letter { v: VERSION, at, id: id.clone(), contact_of: contact.clone(), text, attachments, tried_at };
    let associations = vec![contact.association(), DUE.association(page), letter_association(&id)];
    host.create_record(associations, &letter).await?;
    host.schedule(Job::Post { contact: contact.clone() }, at.saturating_add(RETRY_MS)).await;
    Ok(id)
}

/// The letters among a contact's records, oldest first.
pub fn letters(records: &[Value]) -> Vec<Letter> {
    let mut letters: Vec<Letter> = records.iter().filter_map(|record| plain::read::<Letter>(record).ok()).collect();
    for trying in records.iter().filter_map(|record| plain::read::<Trying>(record).ok()) {
        if let Some(letter) = letters.iter_mut().find(|letter| letter.id == trying.letter) {
            letter.tried_at = letter.tried_at.or(Some(trying.tried_at));
        }
    }
    letters.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    letters
}

/// The contacts of the letters among a page's records.
pub fn contacts_on(records: &[Value]) -> Vec<Contact> {
    let contact = |record: &Value| plain::read(record.get("contact_of").or(record.get("contact"))?).ok();
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

/// Posts a contact's letters, oldest first, until one is not taken.
pub async fn post(host: &Host, contact: &Contact) -> End {
    host.acquire(contact.queue()).await;
    for _ in 0..TURNS_MAX {
        match post_oldest(host, contact).await {
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

/// Whether there was one, and it is out of the way.
async fn post_oldest(host: &Host, contact: &Contact) -> Result<bool, Failure> {
    let records = host.all_records(contact.association()).await?;
    let Some(letter) = letters(&records).into_iter().next() else { return Ok(false) };
    let tickets = ticket::of_contact(&records);
    match tickets.iter().find(|ticket| ticket.is_open()) {
        Some(ticket) => match ticket::look(host, ticket).await? {
            RoomState::Open(room) => post_letter(host, ticket, room, &letter).await?,
            RoomState::Closed => give_up(host, Some(ticket), &letter, "its room was closed").await,
        },
        None => give_up(host, tickets.last(), &letter, "the contact has no open room any more").await,
    }
    host.remove_records(letter_association(&letter.id)).await?;
    Ok(true)
}

/// An earlier attempt may have come through although nobody said so: then it is in the room.
async fn post_letter(host: &Host, ticket: &Ticket, room: Room, letter: &Letter) -> Result<(), Failure> {
    match letter.tried_at {
        Some(tried_at) => {
            let is_it = |message: &Message| {
                message.token.as_deref() == Some(ticket.visitor.token.as_str())
                    && message.text.as_deref().unwrap_or_default() == letter.text
                    && message.created_at.is_some_and(|at| at >= tried_at)
            };
            if messages(host, &room).await?.iter().any(is_it) {
                return Ok(());
            }
        }
        None => {
            let trying = Trying { v: VERSION, letter: letter.id.clone(), tried_at: host.now() };
            let associations = vec![letter.contact_of.association(), letter_association(&letter.id)];
            host.create_record(associations, &trying).await?;
        }
    }
    let visitor = visitor_of(ticket, room.visitor.as_ref());
    match host.post_message(room.id, visitor, letter.text.clone(), letter.attachments.clone()).await {
        Ok(_) => Ok(()),
        Err(failure) if is_passing(&failure) && host.now().saturating_sub(letter.at) < AGE_MAX_MS => Err(failure),
        Err(failure) => {
            give_up(host, Some(ticket), letter, &failure.to_string()).await;
            Ok(())
        }
    }
}

/// Rather twice than never: where the room's messages may not be read, the letter counts as not posted.
async fn messages(host: &Host, room: &Room) -> Result<Vec<Message>, Failure> {
    match host.messages(room.id.clone()).await {
        Err(Failure::Denied(_)) => Ok(Vec::new()),
        read => read,
    }
}

async fn give_up(host: &Host, ticket: Option<&Ticket>, letter: &Letter, reason: &str) {
    let id = &letter.id;
    host.log(Level::Error, format!("message {id} of a contact could not be posted and is only in RapidPro: {reason}"));
    if let Some(ticket) = ticket {
        notice::not_posted(host, ticket, &letter.text, reason).await;
    }
}

fn letter_association(id: &str) -> String {
    format!("letter/{id}")
}
