//! What comes of an attempt, whatever it was sent by.

use crate::runtime::failure::Failure;
use crate::text::digest::hash;

/// What an answer to an attempt means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Meaning {
    /// RapidPro has done what was asked for.
    Handled,
    /// RapidPro will never do it.
    Rejected,
    /// RapidPro does not know the ticket.
    UnknownTicket,
    /// RapidPro could not fetch a file.
    Unfetched,
    /// RapidPro does not accept the secret.
    SecretRefused,
    /// RapidPro does not know the address, or is asked in a wrong way.
    AddressUnknown,
    /// The method arrived as another one: that is what following a redirect does.
    MethodChanged,
    /// RapidPro could not do its work: most often its database fails.
    Failing,
    /// Somebody before RapidPro refuses: a firewall, a router, a log-in page. Somebody must act.
    Barred,
    /// RapidPro does not accept the token for its API.
    TokenRefused,
    /// RapidPro's API is asked too often.
    Throttled,
    /// The workspace is suspended in RapidPro, which ends some day.
    Suspended,
    /// A flow holds the contact, so that nothing can be done to the ticket just now.
    Locked,
    /// RapidPro cannot be reached, or something else answers in its place.
    #[default]
    Away,
    /// Nobody answered.
    NoAnswer,
}

/// RapidPro's answer, as the transport reads it that made the attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// What it means.
    pub meaning: Meaning,
    /// HTTP's status; 0 where nobody answered.
    pub status: u16,
    /// RapidPro's own words of refusal; nothing of what anybody else says in its place.
    pub words: String,
    /// What the log tells of it.
    pub in_log: String,
    /// For how long RapidPro asks not to be called, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Where it redirects to, where the server's client has not followed.
    pub location: Option<String>,
    /// When the attempt was made, where RapidPro may have done all the same what was asked for, and can be asked whether
    /// it has.
    pub unsure: Option<u64>,
}

impl Reply {
    /// That RapidPro has done what was asked for.
    pub fn handled() -> Self {
        Self { meaning: Meaning::Handled, ..Self::default() }
    }

    /// That nobody answered.
    pub fn none(failure: &Failure) -> Self {
        Self { meaning: Meaning::NoAnswer, in_log: failure.to_string(), ..Self::default() }
    }

    /// Whether anybody answered.
    pub fn is_answer(&self) -> bool {
        self.meaning != Meaning::NoAnswer
    }

    /// Whether it may be the entry that fails. Of what the whole workspace may not do, a close may still pass.
    pub fn is_of_entry(&self) -> bool {
        !matches!(self.meaning, Meaning::Throttled | Meaning::Suspended)
    }

    /// What tells whether two failures are in the same words: a digest, since what is stored quotes nobody. Numbers do
    /// not count, nor does what a stranger's page says: they name the request.
    pub fn gist(&self) -> String {
        let status = if self.is_answer() { self.status.to_string() } else { String::new() };
        let letters: String = self.words.chars().filter(|char| char.is_alphabetic()).collect();
        let mut digest = hash(&[&status, &letters]);
        digest.truncate(16);
        digest
    }
}

/// Why an attempt cannot even be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSendable {
    /// RapidPro has not told its address yet, or the ticket's workspace is no longer configured.
    NotConnected,
    /// What it needs could not be read.
    Unreadable(Failure),
}

impl From<Failure> for NotSendable {
    fn from(failure: Failure) -> Self {
        Self::Unreadable(failure)
    }
}

/// How much of a stranger's answer the log shows, in characters.
const FIRST_WORDS: usize = 80;

/// The first words of an answer, for the log: of a page its text, without markup.
pub fn first_words(body: &str) -> String {
    let mut text = String::new();
    let mut is_markup = false;
    for char in body.chars() {
        match char {
            '<' => is_markup = true,
            '>' if is_markup => {
                is_markup = false;
                text.push(' ');
            }
            _ if !is_markup => text.push(char),
            _ => {}
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(FIRST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_without_markup() {
        assert_eq!(first_words("<!DOCTYPE html><h1>Access\n denied</h1> <p>now"), "Access denied now");
        assert_eq!(first_words("a > b"), "a > b");
        assert_eq!(first_words(&"x".repeat(500)).len(), FIRST_WORDS);
        assert_eq!(first_words("<<<"), "");
    }
}
