//! What a contact wrote and Rocket.Chat could not take just now: kept, and posted later, in order.

use crate::ids::Contact;
use crate::inbound::media_copy;
use crate::livechat::notice;
use crate::livechat::refusals::is_passing;
use crate::livechat::room;
use crate::livechat::room::RoomState;
use crate::runtime::failure::Cause;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::inbox::Copy;
use crate::store::inbox::Letter;
use crate::store::inbox::RETRY_MS;
use crate::store::inbox::Trying;
use crate::store::inbox::VERSION;
use crate::store::inbox::letter_association;
use crate::store::inbox::letters;
use crate::store::ticket;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::text::messages;
use crate::wire::rocketchat::Message;
use crate::wire::rocketchat::Room;

/// How long to try, in milliseconds.
pub(crate) const AGE_MAX_MS: u64 = 3 * 24 * 60 * 60_000;

/// The most letters posted by one operation.
pub(crate) const TURNS_MAX: u32 = 1_000;

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
        Some(ticket) => match room::look(host, ticket).await? {
            RoomState::Open(room) => {
                if !post_letter(host, ticket, room, &letter).await? {
                    return Ok(true);
                }
            }
            RoomState::Closed => give_up(host, Some(ticket), &letter, &messages::ROOM_WAS_CLOSED.into()).await,
        },
        None => give_up(host, tickets.last(), &letter, &messages::NO_ROOM_ANY_MORE.into()).await,
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
        Ok(()) => Ok(room::look(host, ticket).await? != RoomState::Closed),
        Err(failure) if *failure.cause() == Cause::TimedOut => Err(failure),
        Err(failure) => {
            host.log(Level::Warn, format!("a contact's file was not copied, its link is posted: {failure}"));
            Ok(false)
        }
    }
}

/// Rather twice than never: where the room's messages may not be read, the letter counts as not posted.
pub(crate) async fn messages(host: &Host, room: &Room) -> Result<Vec<Message>, Failure> {
    match host.messages(room.id.clone()).await {
        Err(failure) if failure.is_denied() => Ok(Vec::new()),
        read => read,
    }
}

pub(crate) async fn give_up(host: &Host, ticket: Option<&Ticket>, letter: &Letter, reason: &Phrase) {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
