//! What agents are told. What they must act on is a message in the room, which stays; a passing state is
//! shown to the agent who serves the room. None of it reaches the contact. What it quotes has no powers.

use crate::config::language;
use crate::config::licence::MonthlyLimit;
use crate::ids::RoomId;
use crate::livechat::{media, refusals};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::OutboxEvent;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::Ticket;
use crate::text::i18n::{Phrase, Text};
use crate::text::messages;
use crate::text::sanitize::quoted;
use crate::wire::rapidpro::FILE_SIZE_MAX;
use crate::wire::rocketchat::Attachment;

/// From when on waiting is worth telling, in milliseconds.
const OUTAGE_MS: u64 = 2 * 60_000;

/// How much of a message is quoted, so that the agent knows which one is meant, in characters.
const QUOTE_LENGTH: usize = 80;

/// RapidPro will never take a message. Says whether Rocket.Chat has taken the notice.
pub async fn given_up(host: &Host, ticket: &Ticket, entry: &Entry, reason: &Phrase) -> bool {
    let language = language::of_server(host).await;
    let (quote, reason) = (quote(&entry.message.text), reason.in_language(language));
    tell(host, ticket, messages::GIVEN_UP.filled(language, &[("quote", &quote), ("reason", &reason)])).await
}

/// Files that RapidPro does not take did not reach the contact.
pub async fn too_large(host: &Host, ticket: &Ticket, entry: &Entry) {
    let large = entry.message.files.iter().filter(|file| file.size > FILE_SIZE_MAX);
    let names = large.map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
    if !names.is_empty() {
        let language = language::of_server(host).await;
        tell(host, ticket, messages::TOO_LARGE.filled(language, &[("names", &names)])).await;
    }
}

/// Of these files the contact got only the names.
pub async fn name_only(host: &Host, ticket: &Ticket, names: &[String]) {
    let language = language::of_server(host).await;
    tell(host, ticket, messages::NAME_ONLY.filled(language, &[("names", &quote(&names.join(", ")))])).await;
}

/// A message has nothing that can be sent to the contact.
pub async fn nothing_to_send(host: &Host, ticket: &Ticket) {
    let language = language::of_server(host).await;
    tell(host, ticket, messages::NOTHING_TO_SEND.in_language(language).to_owned()).await;
}

/// What the contact wrote, with these attachments, could not be posted. Says whether Rocket.Chat has taken the notice:
/// with the words, or without them where whatever refused them refuses their quote, too.
pub async fn not_posted(
    host: &Host,
    ticket: &Ticket,
    (text, attachments): (&str, &[Attachment]),
    reason: &Phrase,
) -> bool {
    let language = language::of_server(host).await;
    let (said, reason) = (media::in_words(&quote(text), attachments), reason.in_language(language));
    let quoting = messages::NOT_POSTED.filled(language, &[("quote", &said), ("reason", &reason)]);
    tell(host, ticket, quoting).await
        || tell(host, ticket, messages::NOT_POSTED_NOR_QUOTED.filled(language, &[("reason", &reason)])).await
}

/// The channel did not deliver what RapidPro had taken.
pub async fn not_delivered(host: &Host, ticket: &Ticket, text: &str) {
    let language = language::of_server(host).await;
    tell(host, ticket, messages::NOT_DELIVERED.filled(language, &[("quote", &quote(text))])).await;
}

/// RapidPro has taken a message and says at once that it cannot send it.
pub async fn not_sendable(host: &Host, ticket: &Ticket, text: &str) {
    let language = language::of_server(host).await;
    tell(host, ticket, messages::NOT_SENDABLE.filled(language, &[("quote", &quote(text))])).await;
}

/// RapidPro never stored the ticket.
pub async fn never_opened(host: &Host, ticket: &Ticket) {
    let text = messages::NEVER_OPENED.in_language(language::of_server(host).await);
    tell(host, ticket, text.to_owned()).await;
}

/// What RapidPro itself has written to the contact.
pub async fn from_rapidpro(host: &Host, room: &RoomId, said: String) {
    post(host, room, said).await;
}

/// Somebody wrote in a room whose ticket has ended.
pub async fn nobody_reads(host: &Host, ticket: &Ticket) {
    show(host, &ticket.room, messages::NOBODY_READS).await;
}

/// RapidPro closed a ticket whose room Rocket.Chat would not close. Says whether Rocket.Chat has taken the
/// notice.
pub async fn please_close(host: &Host, ticket: &Ticket) -> bool {
    let text = if ticket.is_replaced() { messages::REPLACED_PLEASE_CLOSE } else { messages::PLEASE_CLOSE };
    let text = text.in_language(language::of_server(host).await);
    post(host, &ticket.room, text.to_owned()).await
}

/// A room that served a ticket before, or was somebody else's, serves a new one.
pub async fn serves_again(host: &Host, room: &RoomId) {
    let text = messages::SERVES_AGAIN.in_language(language::of_server(host).await);
    post(host, room, text.to_owned()).await;
}

/// RapidPro has not taken the room's messages for a while. Said once.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing that it was said.
pub async fn announce_outage(host: &Host, snapshot: &RoomSnapshot, entry: &Entry) -> Result<(), Failure> {
    let said = snapshot.outbox.pending.iter().any(|entry| entry.progress.announced);
    if said || host.now().saturating_sub(entry.owed_since()) < OUTAGE_MS {
        return Ok(());
    }
    let room = &snapshot.ticket.room;
    outbox_record::append(host, entry.entry_ref(room), OutboxEvent::OutageAnnounced).await?;
    show(host, room, messages::OUTAGE).await;
    Ok(())
}

/// RapidPro takes messages again.
pub async fn announce_end(host: &Host, ticket: &Ticket, entry: &Entry) {
    if entry.progress.announced {
        show(host, &ticket.room, messages::OUTAGE_IS_OVER).await;
    }
}

/// RapidPro did not give the room's history at once.
pub async fn history_is_late(host: &Host, room: &RoomId) {
    show(host, room, messages::HISTORY_IS_LATE).await;
}

/// In a closed room nobody can read a new message: there it is shown to the agent who served it. Says
/// whether Rocket.Chat has taken it.
pub(crate) async fn tell(host: &Host, ticket: &Ticket, text: String) -> bool {
    if !ticket.is_open() {
        return taken(host, &ticket.room, host.notify(ticket.room.clone(), quoted(&text)).await);
    }
    post(host, &ticket.room, quoted(&text)).await
}

/// Writes a message of the app's own. Says whether Rocket.Chat has taken it.
async fn post(host: &Host, room: &RoomId, text: String) -> bool {
    let posted = host.post_notice(room.clone(), text).await;
    host.cache::<MonthlyLimit>().note(&posted, host.now());
    taken(host, room, posted)
}

pub(crate) async fn show(host: &Host, room: &RoomId, text: Text) {
    let text = text.in_language(language::of_server(host).await);
    taken(host, room, host.notify(room.clone(), text.to_owned()).await);
}

pub(crate) fn taken(host: &Host, room: &RoomId, outcome: Result<(), Failure>) -> bool {
    if let Err(failure) = &outcome {
        let why = refusals::explained(failure);
        host.log(Level::Warn, format!("the agents of room {} could not be told: {why}", room.as_str()));
    }
    outcome.is_ok()
}

pub(crate) fn quote(text: &str) -> String {
    let mut quote: String = text.chars().take(QUOTE_LENGTH).collect();
    if quote.len() < text.len() {
        quote.push('…');
    }
    quote
}
