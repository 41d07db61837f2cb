//! What keeps a workspace's API from being read.

use crate::runtime::failure::Failure;
use crate::text::i18n::{Phrase, Text};
use crate::text::messages;
use crate::wire::rapidpro::ApiAnswer;

/// What is wrong, by the keys under which it is stored.
const TROUBLES: [Text; 6] = [
    messages::API_ROLE,
    messages::API_STRANGER,
    messages::API_FAILING,
    messages::API_SILENT,
    messages::API_THROTTLED,
    messages::API_SPENT,
];

/// Why a reading stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// RapidPro does not answer as it should; until when it asks to be left alone, if it does.
    Api(Trouble, Option<u64>),
    /// Rocket.Chat does not read or store.
    Store(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Store(failure)
    }
}

/// What is wrong with RapidPro's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    what: Text,
    /// What HTTP says; 0 where nothing does.
    pub status: u16,
}

impl Trouble {
    /// Nobody answers.
    pub(crate) const SILENT: Self = Self { what: messages::API_SILENT, status: 0 };

    /// There have been as many requests as the app allows itself.
    pub(crate) const SPENT: Self = Self { what: messages::API_SPENT, status: 0 };

    /// What an answer says that is no page of the API.
    pub(crate) fn of(answer: &ApiAnswer) -> Self {
        let what = match answer.status {
            401 | 403 => messages::API_ROLE,
            429 => messages::API_THROTTLED,
            408 | 500.. => messages::API_FAILING,
            _ => messages::API_STRANGER,
        };
        Self { what, status: answer.status }
    }

    /// What was stored of one; `None` where another version stored what this one does not know.
    pub fn stored(key: &str, status: u16) -> Option<Self> {
        let what = TROUBLES.into_iter().find(|text| text.0 == key)?;
        Some(Self { what, status })
    }

    /// By which it is stored.
    pub(crate) fn key(self) -> &'static str {
        self.what.0
    }

    /// In words.
    pub fn phrase(self) -> Phrase {
        Phrase::new(self.what, vec![("status", self.status.to_string())])
    }

    /// Whether only this request is refused, so that others are worth trying.
    pub(crate) fn is_of_request(self) -> bool {
        self != Self::SILENT && self.what != messages::API_ROLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_told_again() {
        for (status, words) in [
            (403, "role"),
            (200, "Something other than RapidPro’s API"),
            (404, "Something other than RapidPro’s API"),
            (429, "too many requests"),
            (502, "502"),
        ] {
            let trouble = Trouble::of(&ApiAnswer { status, body: None, retry_after_ms: None });
            assert_eq!(Trouble::stored(trouble.key(), status), Some(trouble));
            assert!(trouble.phrase().in_log().contains(words), "{status}: {}", trouble.phrase().in_log());
        }
        assert_eq!(Trouble::stored("unheard_of", 0), None);
    }
}
