//! A contact's message that Rocket.Chat refuses for itself, while it takes others: it steps aside after a while, so
//! that what the contact wrote after it comes through. Where Rocket.Chat takes nothing, everything waits.

use crate::inbound::last_message::LastPost;
use crate::inbound::post_entry::{Attempt, attempt};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::inbox;
use crate::store::inbox::InboxEntry;
use crate::store::keys::inbox_entry_association;
use crate::store::ticket::Ticket;
use crate::text::digest;
use crate::wire::rocketchat::Room;

/// How long a message is refused in the same words until it steps aside for others that are taken, in milliseconds.
const STUCK_MS: u64 = 3 * 60_000;

/// The same where there are no others, and Rocket.Chat takes at least what the agent is told.
const ALONE_MS: u64 = 15 * 60_000;

/// How many messages after it are tried to find out whether others are taken.
const PROBES_MAX: usize = 5;

/// What is to become of a message that was refused.
pub(crate) enum Poison<'l> {
    /// It waits on: nobody knows that it is not Rocket.Chat that takes nothing.
    Unknown,
    /// These are refused for good, the message first.
    Of(Vec<&'l InboxEntry>),
}

/// Judges a refusal of the oldest of a contact's entries, by `following` if need be: of those what was posted is removed.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub(crate) async fn judge<'l>(
    host: &Host,
    ticket: &Ticket,
    room: &Room,
    (entry, following): (&'l InboxEntry, &'l [InboxEntry]),
    failure: &Failure,
) -> Result<Poison<'l>, Failure> {
    let words = in_short(failure);
    let since = match &entry.refused {
        Some((known, at)) if *known == words => *at,
        _ => {
            inbox::note_refusal(host, entry, words.clone()).await?;
            host.now()
        }
    };
    let age = host.now().saturating_sub(since);
    if age < STUCK_MS {
        return Ok(Poison::Unknown);
    }
    let last_post = host.cache::<LastPost>().0.get();
    if last_post.is_some_and(|at| at > since) {
        return Ok(Poison::Of(vec![entry]));
    }
    let mut refused = vec![entry];
    for next in following.iter().take(PROBES_MAX) {
        match attempt(host, ticket, room.clone(), next).await? {
            Attempt::Posted => {
                host.remove_records(inbox_entry_association(&next.id)).await?;
                return Ok(Poison::Of(refused));
            }
            Attempt::Refused(failure) if in_short(&failure) == words => refused.push(next),
            Attempt::Refused(_) | Attempt::Again => break,
        }
    }
    // What lacks a permission looks like what another app prevents, until something was ever posted.
    let is_clear = !failure.is_denied() || last_post.is_some();
    Ok(if age >= ALONE_MS && is_clear { Poison::Of(vec![entry]) } else { Poison::Unknown })
}

/// A refusal's words without what differs each time, such as ids and times.
fn in_short(failure: &Failure) -> String {
    let said = failure.to_string();
    let words: Vec<&str> =
        said.split_whitespace().filter(|word| !word.contains(|char: char| char.is_ascii_digit())).collect();
    digest::hash(&[&words.join(" ")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::failure::Cause;

    #[test]
    fn the_same_refusal_is_known_by_its_words_but_for_ids_and_times() {
        let short = |words: &str| in_short(&Cause::Refused(words.to_owned()).into());
        assert_eq!(short("message 5f2a refused at 10:28"), short("message 77bc0 refused at 11:00"));
        assert_ne!(short("not now"), short("not ever"));
        assert_ne!(short("Denied"), in_short(&Cause::Denied("livechat-message.write").into()));
    }
}
