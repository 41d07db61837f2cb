//! One attempt at posting what waits of a contact.

use crate::ids::RoomId;
use crate::inbound::last_message::LastPost;
use crate::inbound::{media_copy, said};
use crate::livechat::room::RoomState;
use crate::livechat::{media, refusals, room};
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::inbox::{Copy, InboxEntry, PostAttempt, VERSION};
use crate::store::keys::{contact_association, inbox_entry_association};
use crate::store::ticket::Ticket;
use crate::wire::rocketchat::{Attachment, Message, Room, Visitor};

/// What came of an attempt.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// It is in the room.
    Posted,
    /// Much may have happened meanwhile: it is to be tried anew.
    Again,
    /// Rocket.Chat has refused this very message.
    Refused(Failure),
}

/// Posts a entry, unless an earlier attempt came through although nobody said so: then it is in the room.
///
/// # Errors
/// Where it is not known what became of it, or Rocket.Chat could not be asked.
pub(crate) async fn attempt(host: &Host, ticket: &Ticket, room: Room, entry: &InboxEntry) -> Result<Attempt, Failure> {
    let visitor = ticket.visitor_shown(room.visitor.as_deref());
    match entry.tried_at {
        Some(tried_at) => {
            if said::is_there(entry, &messages(host, &room).await?, &visitor.token, tried_at) {
                return Ok(Attempt::Posted);
            }
        }
        None => {
            let attempt = PostAttempt { v: VERSION, entry: entry.id.clone(), tried_at: host.now() };
            let associations = vec![contact_association(&entry.contact_of), inbox_entry_association(&entry.id)];
            host.create_record(associations, attempt).await?;
            let is_young = host.now().saturating_sub(entry.at) < media_copy::WITHIN_MS;
            if let Some(copy) = entry.copy.as_ref().filter(|_| is_young) {
                return copy_file(host, ticket, (room, visitor.token), entry, copy.clone()).await;
            }
        }
    }
    match post_or_degrade(host, room.id, visitor, &entry.text, &entry.attachments).await {
        Ok(_) => Ok(Attempt::Posted),
        Err(failure) if *failure.cause() == Cause::TimedOut => Err(failure),
        Err(failure) => Ok(Attempt::Refused(failure)),
    }
}

/// Posts a message as its visitor; with its links in the text where Rocket.Chat refuses one of the attachments.
///
/// # Errors
/// Whatever keeps Rocket.Chat from taking it.
pub(crate) async fn post_or_degrade(
    host: &Host,
    room: RoomId,
    visitor: Visitor,
    text: &str,
    attachments: &[Attachment],
) -> Result<String, Failure> {
    let posted = host.post_message(room.clone(), visitor.clone(), text.to_owned(), attachments.to_vec()).await;
    let posted = match posted {
        Err(failure) if refusals::is_of_content(&failure) && !attachments.is_empty() => {
            host.log(Level::Warn, format!("a contact's links are posted as text: {failure}"));
            host.post_message(room, visitor, media::in_words(text, attachments), Vec::new()).await
        }
        posted => posted,
    };
    if posted.is_ok() {
        host.cache::<LastPost>().0.set(Some(host.now()));
    }
    posted
}

/// Whether the file is in the room. If not, the entry is posted as it stands in the next turn, since much may
/// have happened meanwhile.
async fn copy_file(
    host: &Host,
    ticket: &Ticket,
    (room, token): (Room, String),
    entry: &InboxEntry,
    copy: Copy,
) -> Result<Attempt, Failure> {
    host.release(entry.contact_of.queue()).await;
    let copied = media_copy::copy(host, copy, room.id, token).await;
    host.acquire(entry.contact_of.queue()).await;
    match copied {
        // Where the room was closed meanwhile, Rocket.Chat keeps the file and shows it nowhere.
        Ok(()) => match room::observe(host, ticket).await? {
            RoomState::Open(_) => Ok(Attempt::Posted),
            RoomState::Closed => Ok(Attempt::Again),
        },
        Err(failure) if *failure.cause() == Cause::TimedOut => Err(failure),
        Err(failure) => {
            host.log(Level::Warn, format!("a contact's file was not copied, its link is posted: {failure}"));
            Ok(Attempt::Again)
        }
    }
}

/// Rather twice than never: where the room's messages may not be read, the entry counts as not posted.
async fn messages(host: &Host, room: &Room) -> Result<Vec<Message>, Failure> {
    match host.messages(room.id.clone()).await {
        Err(failure) if failure.is_denied() => Ok(Vec::new()),
        read => read,
    }
}
