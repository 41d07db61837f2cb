//! What Rocket.Chat's refusals mean, and what to do about them.

use crate::config::licence::MONTHLY_LIMIT;
use crate::runtime::failure::{Cause, Failure};

/// All that Apps-Engine 1.43 to 1.46 tell of most errors.
const NO_REASON: &str = "[object Object]";

/// Whether nobody can know if this is permanent.
pub fn is_unexplained(failure: &Failure) -> bool {
    matches!(failure.cause(), Cause::Refused(said) if said.contains(NO_REASON))
}

/// Whether Rocket.Chat refuses a second open room of a visitor: its database's words for it, from version 8.3 on.
pub fn is_second_room(failure: &Failure) -> bool {
    matches!(failure.cause(), Cause::Refused(said) if said.contains("E11000"))
}

/// What Rocket.Chat says (facts: its error texts), and what it means to RapidPro's user.
const MEANINGS: &[(&str, &str)] = &[
    (
        "no-agent-online",
        "no agent is online in Rocket.Chat: try again when one is, or let Omnichannel accept chats with no agents online",
    ),
    (
        "error-omnichannel-is-disabled",
        "Omnichannel is switched off in Rocket.Chat: an administrator can enable it under Settings, Omnichannel",
    ),
    (
        "error-contact-channel-blocked",
        "the contact is blocked in Rocket.Chat: an agent can unblock them in the contact's details",
    ),
    (
        "error-invalid-contact",
        "Rocket.Chat does not accept the contact: an administrator can look them up in the contact center",
    ),
    (
        MONTHLY_LIMIT,
        "the monthly active contacts of the Rocket.Chat licence are used up, and until the next month nobody can answer: \
         an administrator can see them under Workspace, Subscription",
    ),
    ("error-app-prevented", "another app on the Rocket.Chat server prevented it: ask its administrator"),
    (
        "Invalid room provided on the message",
        "the contact's room was deleted in Rocket.Chat: close the ticket and open a new one",
    ),
    (
        "cannot-access-room",
        "the contact's room belongs to another visitor in Rocket.Chat: close the ticket and open a new one",
    ),
    ("error-invalid-department", "the department is unknown in Rocket.Chat: correct `visitor.department`"),
    ("error-failed-to-start-conversation", "Rocket.Chat could not start the conversation: try again"),
    (
        NO_REASON,
        "this version of Rocket.Chat refuses without a reason: see that an agent is online, that Omnichannel is on \
         and that the contact is not blocked",
    ),
];

/// What a refusal of Rocket.Chat means to RapidPro's user, if it is one that somebody can mend.
pub fn meaning(failure: &Failure) -> Option<&'static str> {
    let Cause::Refused(said) = failure.cause() else { return None };
    MEANINGS.iter().find(|(text, _)| said.contains(text)).map(|(_, words)| *words)
}

/// A failure in words for the log: what to do, where somebody can.
pub fn explained(failure: &Failure) -> String {
    match meaning(failure) {
        Some(words) => format!("{words} ({failure})"),
        None => failure.to_string(),
    }
}

/// What Rocket.Chat says of a message that it will never take as it is.
const OF_CONTENT: &[&str] = &["Invalid href value provided", "Match error"];

/// Whether Rocket.Chat refuses a message for what is in it.
pub fn is_of_content(failure: &Failure) -> bool {
    matches!(failure.cause(), Cause::Refused(said) if OF_CONTENT.iter().any(|words| said.contains(words)))
}

/// Whether Rocket.Chat may well take later what it does not take now.
pub fn is_passing(failure: &Failure) -> bool {
    match failure.cause() {
        Cause::TimedOut | Cause::Denied(_) | Cause::Unreadable => true,
        Cause::Refused(_) => {
            is_unexplained(failure)
                || is_second_room(failure)
                || (meaning(failure).is_none() && !is_of_content(failure))
        }
    }
}
