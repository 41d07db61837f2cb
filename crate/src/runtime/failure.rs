//! Why an effect did not yield what it should.

use crate::text::i18n::Phrase;
use crate::text::messages;

/// Why an effect did not yield what it should. One word, since it is handed on in hundreds of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub(crate) Box<Cause>);

impl Failure {
    /// The cause.
    pub fn cause(&self) -> &Cause {
        &self.0
    }

    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        matches!(*self.0, Cause::Denied(_))
    }

    /// The failure in words for people.
    pub fn phrase(&self) -> Phrase {
        match &*self.0 {
            Cause::Refused(words) => Phrase::quoted(words.clone()),
            Cause::Denied(permission) => Phrase::new(messages::DENIED, vec![("permission", (*permission).to_owned())]),
            Cause::TimedOut => messages::TIMED_OUT.into(),
            Cause::Unreadable => messages::UNREADABLE.into(),
        }
    }
}

impl From<Cause> for Failure {
    #[inline(never)]
    fn from(cause: Cause) -> Self {
        Self(Box::new(cause))
    }
}

/// What there is to a [`Failure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Rocket.Chat or the network refused, in its own words.
    Refused(String),
    /// Rocket.Chat answered nothing, as it does where the app lacks this permission.
    Denied(&'static str),
    /// Nobody answered in time; it may still have happened.
    TimedOut,
    /// The answer was not of the expected shape.
    Unreadable,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.phrase().in_log())
    }
}

pub(crate) type Answer<T> = Result<T, Failure>;
