//! What a contact wrote and Rocket.Chat could not take just now: kept, and posted later, in order.

use crate::ids::Contact;
use crate::inbound::media_copy;
use crate::inbound::said;
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
use crate::store::inbox::InboxEntry;
use crate::store::inbox::PostAttempt;
use crate::store::inbox::RETRY_MS;
use crate::store::inbox::VERSION;
use crate::store::inbox::entries;
use crate::store::inbox::inbox_entry_association;
use crate::store::ticket;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::text::messages;
use crate::wire::rocketchat::Message;
use crate::wire::rocketchat::Room;

/// How long to try, in milliseconds.
pub(crate) const AGE_MAX_MS: u64 = 3 * 24 * 60 * 60_000;

/// The most entries posted by one operation.
pub(crate) const TURNS_MAX: u32 = 1_000;

/// Posts a contact's entries, oldest first, until one is not taken. Between them, and while a file is being
/// copied, the contact's requests have their turn.
pub async fn post(host: &Host, contact: &Contact) -> End {
    host.acquire(inbox_queue(contact)).await;
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
    let Some(entry) = entries(&records).into_iter().next() else { return Ok(false) };
    let tickets = ticket::of_contact(&records);
    let tickets = ticket::of_person(&tickets, entry.person.as_deref());
    match tickets.iter().find(|ticket| ticket.is_open()) {
        Some(ticket) => match room::observe(host, ticket).await? {
            RoomState::Open(room) => {
                if !post_entry(host, ticket, room, &entry).await? {
                    return Ok(true);
                }
            }
            RoomState::Closed => give_up(host, Some(ticket), &entry, &messages::ROOM_WAS_CLOSED.into()).await,
        },
        None => give_up(host, tickets.last().copied(), &entry, &messages::NO_ROOM_ANY_MORE.into()).await,
    }
    host.remove_records(inbox_entry_association(&entry.id)).await?;
    Ok(true)
}

/// Whether it is out of the way. An earlier attempt may have come through although nobody said so: then it is
/// in the room.
async fn post_entry(host: &Host, ticket: &Ticket, room: Room, entry: &InboxEntry) -> Result<bool, Failure> {
    let visitor = ticket.visitor_shown(room.visitor.as_deref());
    match entry.tried_at {
        Some(tried_at) => {
            if said::is_there(entry, &messages(host, &room).await?, &visitor.token, tried_at) {
                return Ok(true);
            }
        }
        None => {
            let attempt = PostAttempt { v: VERSION, entry: entry.id.clone(), tried_at: host.now() };
            let associations = vec![entry.contact_of.association(), inbox_entry_association(&entry.id)];
            host.create_record(associations, attempt).await?;
            let is_young = host.now().saturating_sub(entry.at) < media_copy::WITHIN_MS;
            if let Some(copy) = entry.copy.as_ref().filter(|_| is_young) {
                return copy_file(host, ticket, (room, visitor.token), entry, copy.clone()).await;
            }
        }
    }
    match host.post_message(room.id, visitor, entry.text.clone(), entry.attachments.clone()).await {
        Ok(_) => Ok(true),
        Err(failure) if is_passing(&failure) && host.now().saturating_sub(entry.at) < AGE_MAX_MS => Err(failure),
        Err(failure) => {
            give_up(host, Some(ticket), entry, &failure.phrase()).await;
            Ok(true)
        }
    }
}

/// Whether the file is in the room. If not, the entry is posted as it stands in the next turn, since much may
/// have happened meanwhile.
async fn copy_file(
    host: &Host,
    ticket: &Ticket,
    (room, token): (Room, String),
    entry: &InboxEntry,
    copy: Copy,
) -> Result<bool, Failure> {
    host.release(entry.contact_of.queue()).await;
    let copied = media_copy::copy(host, copy, room.id, token).await;
    host.acquire(entry.contact_of.queue()).await;
    match copied {
        // Where the room was closed meanwhile, Rocket.Chat keeps the file and shows it nowhere.
        Ok(()) => Ok(room::observe(host, ticket).await? != RoomState::Closed),
        Err(failure) if *failure.cause() == Cause::TimedOut => Err(failure),
        Err(failure) => {
            host.log(Level::Warn, format!("a contact's file was not copied, its link is posted: {failure}"));
            Ok(false)
        }
    }
}

/// Rather twice than never: where the room's messages may not be read, the entry counts as not posted.
pub(crate) async fn messages(host: &Host, room: &Room) -> Result<Vec<Message>, Failure> {
    match host.messages(room.id.clone()).await {
        Err(failure) if failure.is_denied() => Ok(Vec::new()),
        read => read,
    }
}

pub(crate) async fn give_up(host: &Host, ticket: Option<&Ticket>, entry: &InboxEntry, reason: &Phrase) {
    let (id, in_log) = (&entry.id, reason.in_log());
    host.log(Level::Error, format!("message {id} of a contact could not be posted and is only in RapidPro: {in_log}"));
    if let Some(ticket) = ticket {
        let link = entry.attachments.iter().find_map(|attachment| attachment.title.link.as_deref());
        let words = link.filter(|_| entry.text.is_empty()).unwrap_or(&entry.text);
        notice::not_posted(host, ticket, words, reason).await;
    }
}

/// One job at a time posts a contact's entries.
fn inbox_queue(contact: &Contact) -> String {
    format!("inbox/{}", contact.association())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ENTRY: &str = r#"{ "v": 1, "at": 0, "id": "letter", "contact_of": { "workspace": "w", "token": "t" }, "text": "",
        "attachments": [{ "title": { "value": "a.png", "link": "https://host/a.png" } }],
        "copy": { "url": "https://host/a.png", "name": "a.png" } }"#;

    #[track_caller]
    fn check_said(mut message: Value, said: bool) {
        message["room"] = json!({ "id": "room" });
        let entry = serde_json::from_str::<InboxEntry>(ENTRY).unwrap();
        assert_eq!(entry.is_said_by(&serde_json::from_value(message.clone()).unwrap()), said, "{message}");
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
