//! What a contact wrote and Rocket.Chat could not take just now: kept, and posted later, in order.

use crate::ids::Contact;
use crate::inbound::poison::Poison;
use crate::inbound::post_entry::Attempt;
use crate::inbound::{poison, post_entry};
use crate::livechat::refusals::is_passing;
use crate::livechat::room::RoomState;
use crate::livechat::{notice, room};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::inbox::{InboxEntry, RETRY_MS, entries};
use crate::store::keys::{contact_association, inbox_entry_association};
use crate::store::ticket;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::text::messages;

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

/// [`post`], for an operation that goes on with something else.
pub(crate) async fn post_now(host: &Host, contact: &Contact, follow_ups: &mut Vec<Job>) {
    follow_ups.extend(post(host, contact).await.follow_ups);
    host.release(inbox_queue(contact)).await;
}

/// Whether there is to be a next turn.
async fn post_oldest(host: &Host, contact: &Contact) -> Result<bool, Failure> {
    let records = host.all_records(contact_association(contact)).await?;
    let entries = entries(&records);
    let Some((entry, following)) = entries.split_first() else { return Ok(false) };
    let tickets = ticket::of_contact(&records);
    let tickets = ticket::of_person(&tickets, entry.person.as_deref());
    let Some(ticket) = tickets.iter().find(|ticket| ticket.is_open()) else {
        give_up(host, tickets.last().copied(), entry, &messages::NO_ROOM_ANY_MORE.into()).await;
        return remove(host, entry).await;
    };
    let RoomState::Open(room) = room::observe(host, ticket).await? else {
        give_up(host, Some(ticket), entry, &messages::ROOM_WAS_CLOSED.into()).await;
        return remove(host, entry).await;
    };
    match post_entry::attempt(host, ticket, room.clone(), entry).await? {
        Attempt::Posted => remove(host, entry).await,
        Attempt::Again => Ok(true),
        Attempt::Refused(failure) if !is_passing(&failure) || is_too_old(host, entry) => {
            give_up(host, Some(ticket), entry, &failure.phrase()).await;
            remove(host, entry).await
        }
        Attempt::Refused(failure) => {
            let Poison::Of(refused) = poison::judge(host, ticket, &room, (entry, following), &failure).await? else {
                return Err(failure);
            };
            for entry in refused {
                // Where not even that is taken, Rocket.Chat takes nothing.
                if !give_up(host, Some(ticket), entry, &messages::REFUSED_AGAIN.into()).await {
                    return Err(failure);
                }
                remove(host, entry).await?;
            }
            Ok(true)
        }
    }
}

fn is_too_old(host: &Host, entry: &InboxEntry) -> bool {
    host.now().saturating_sub(entry.at) >= AGE_MAX_MS
}

/// It is out of the way.
async fn remove(host: &Host, entry: &InboxEntry) -> Result<bool, Failure> {
    host.remove_records(inbox_entry_association(&entry.id)).await?;
    Ok(true)
}

/// Says whether somebody could be told.
pub(crate) async fn give_up(host: &Host, ticket: Option<&Ticket>, entry: &InboxEntry, reason: &Phrase) -> bool {
    let (id, in_log) = (&entry.id, reason.in_log());
    host.log(Level::Error, format!("message {id} of a contact could not be posted and is only in RapidPro: {in_log}"));
    match ticket {
        Some(ticket) => notice::not_posted(host, ticket, (&entry.text, &entry.attachments), reason).await,
        None => false,
    }
}

/// One job at a time posts a contact's entries.
fn inbox_queue(contact: &Contact) -> String {
    format!("inbox/{}", contact_association(contact))
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
