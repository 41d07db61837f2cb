//! Why a request is refused, and the words that RapidPro's user sees.

use crate::livechat::refusals;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::wire::http::Response;

/// Why a request is refused. The words name the field or the cause and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 400: the body is missing, or a field of it is missing or of the wrong kind or form.
    Malformed(String),
    /// 401: no or wrong token, or none configured.
    Unauthorized(&'static str),
    /// 404: what the request names is not there.
    NotFound(String),
    /// 405: the endpoint does not offer this verb.
    Verb(String),
    /// 409: the room is closed and RapidPro has not taken the ticket's close yet.
    Closing,
    /// 415: the body is not JSON.
    MediaType,
    /// 424: Rocket.Chat refuses, for a reason that somebody can mend.
    Dependency(&'static str),
    /// 424: the app seems to lack this permission.
    Denied(&'static str),
    /// 500: what nobody foresaw; the cause goes to the log, its reference to the asker.
    Internal(Failure),
}

impl Refusal {
    /// What is wrong, for the log.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Malformed(words) | Self::NotFound(words) | Self::Verb(words) => words,
            Self::Unauthorized(words) | Self::Dependency(words) => words.to_owned(),
            Self::Denied(permission) => format!("permission {permission} is probably missing"),
            Self::Internal(failure) => failure.to_string(),
            Self::Closing | Self::MediaType => String::new(),
        }
    }

    /// The answer to the asker. What nobody foresaw is logged under the reference that it carries.
    pub fn end(self, host: &Host) -> End {
        let (status, words) = match self {
            Self::Malformed(words) => (400, words),
            Self::Unauthorized(words) => (401, words.to_owned()),
            Self::NotFound(words) => (404, words),
            Self::Verb(words) => (405, words),
            Self::Closing => {
                (409, "the contact's room was closed in Rocket.Chat and the ticket is about to be closed".to_owned())
            }
            Self::MediaType => (415, "the body must be JSON with `Content-Type: application/json`".to_owned()),
            Self::Dependency(words) => (424, words.to_owned()),
            Self::Denied(permission) => (
                424,
                format!(
                    "Rocket.Chat returned nothing; permission `{permission}` is probably missing: \
                     install the app again over itself and accept all permissions"
                ),
            ),
            Self::Internal(failure) => {
                let reference = host.random("reference", 8);
                host.log(Level::Error, format!("internal error {reference}: {failure}"));
                (500, format!("internal error {reference}"))
            }
        };
        End::answer(Response::field(status, "error", words.into()))
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure.cause() {
            Cause::Denied(permission) => Self::Denied(permission),
            Cause::TimedOut => Self::Dependency("Rocket.Chat did not answer in time: try again"),
            Cause::Refused(_) | Cause::Unreadable => {
                refusals::meaning(&failure).map_or_else(|| Self::Internal(failure), Self::Dependency)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::failure::{Cause, Failure};

    /// Errors as servers word them: the reason, its code, or both.
    #[test]
    fn what_somebody_can_mend_is_said_in_words() {
        for (said, words) in [
            ("Sorry, no online agents [no-agent-online]", "no agent is online"),
            ("[no-agent-online]", "no agent is online"),
            ("error-omnichannel-is-disabled", "Omnichannel is switched off"),
            ("[error-omnichannel-is-disabled]", "Omnichannel is switched off"),
            ("error-contact-channel-blocked", "the contact is blocked"),
            ("Invalid contact [error-invalid-contact]", "does not accept the contact"),
            ("not today [error-app-prevented]", "another app"),
            ("Invalid room provided on the message.", "room was deleted"),
            ("Visitor cannot access room [cannot-access-room]", "belongs to another visitor"),
            ("The provided department is invalid [error-invalid-department]", "correct `visitor.department`"),
            ("error-failed-to-start-conversation", "could not start the conversation"),
            ("error-mac-limit-reached", "monthly active contacts"),
            ("[object Object]", "without a reason"),
        ] {
            let Refusal::Dependency(told) = Refusal::from(Failure::from(Cause::Refused(said.to_owned()))) else {
                panic!("{said}")
            };
            assert!(told.contains(words), "{said}: {told}");
            assert!(!told.contains("error-"), "{told}");
        }
    }

    #[test]
    fn a_server_that_is_slow_is_no_secret_and_everything_else_is() {
        assert!(matches!(Refusal::from(Failure::from(Cause::TimedOut)), Refusal::Dependency(_)));
        for said in ["", "Match error: Expected string", "MongoServerError", "Invalid source type for livechat room"] {
            assert!(
                matches!(Refusal::from(Failure::from(Cause::Refused(said.to_owned()))), Refusal::Internal(_)),
                "{said}"
            );
        }
        assert!(matches!(Refusal::from(Failure::from(Cause::Unreadable)), Refusal::Internal(_)));
    }
}
