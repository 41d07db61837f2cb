//! When to send something again, when to send less, and when to give up: constants and pure functions.
//! What an answer means is told by the [transport](crate::outbound::transport) that got it.

use crate::outbound::transport::reply::{Meaning, Reply};
use crate::store::progress::UNSURE_MS;
use crate::text::i18n::Phrase;
use crate::text::messages;

const SECOND_MS: u64 = 1_000;

pub(crate) const MINUTE_MS: u64 = 60 * SECOND_MS;

const HOUR_MS: u64 = 60 * MINUTE_MS;

pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;

/// How long RapidPro may take to answer, in milliseconds: below the 30 s after which Rocket.Chat gives
/// up on whatever waits for it.
pub const WEBHOOK_TIMEOUT_MS: u64 = 20 * SECOND_MS;

/// The delays after the first, second … failure of a passing kind; the last one repeats.
const PASSING_DELAYS_MS: &[u64] = &[5 * SECOND_MS, 15 * SECOND_MS, 45 * SECOND_MS, 2 * MINUTE_MS, 5 * MINUTE_MS];

/// The same, where somebody must correct RapidPro's or the app's configuration.
const CONFIGURATION_DELAYS_MS: &[u64] =
    &[MINUTE_MS, MINUTE_MS, 2 * MINUTE_MS, 4 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS];

/// The same, while RapidPro may not have stored the ticket yet.
const COMMIT_DELAYS_MS: &[u64] = &[2 * SECOND_MS, 5 * SECOND_MS, 10 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS];

/// The same, while a flow holds the contact.
const LOCKED_DELAYS_MS: &[u64] = &[15 * SECOND_MS, 15 * SECOND_MS, 15 * SECOND_MS, MINUTE_MS];

/// How long RapidPro may take to store a ticket for which it has called `room`.
pub(crate) const COMMIT_MS: u64 = 10 * MINUTE_MS;

/// From when on an entry that fails in the same words again and again lets those after it try: where they pass, it
/// becomes a dead letter, so that one message stops nothing.
pub const STUCK_MS: u64 = 8 * MINUTE_MS;

/// And after how many such attempts at least.
pub const STUCK_ATTEMPTS: u32 = 5;

/// How long a message is tried.
const MESSAGE_AGE_MAX_MS: u64 = 3 * DAY_MS;

/// How often a close is tried once it is older than that: for ever.
const OLD_CLOSE_DELAY_MS: u64 = DAY_MS;

/// How often to look whether somebody has connected RapidPro by now.
pub const NOT_CONNECTED_DELAY_MS: u64 = MINUTE_MS;

/// How soon to try again what is refused for good, while the agents cannot be told.
pub const UNTOLD_DELAY_MS: u64 = MINUTE_MS;

/// A `Retry-After` is honoured up to here.
const RETRY_AFTER_MAX_MS: u64 = HOUR_MS;

/// A delay is stretched by up to this part of itself, so that waiting tickets do not come back all at once.
const JITTER_PERCENT: u64 = 20;

/// What is being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An agent's message.
    Message {
        /// Whether RapidPro must fetch files for it.
        has_files: bool,
        /// Whether another of the room's tickets could carry it.
        has_others: bool,
    },
    /// A close.
    Close {
        /// Whether another ticket shares the room: this one may never have existed.
        shared: bool,
        /// Whether the other one came later.
        superseded: bool,
    },
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// RapidPro has it.
    Delivered,
    /// Attempt again.
    Retry {
        /// In how many milliseconds.
        delay_ms: u64,
        /// Whom else it concerns.
        scope: FailureScope,
    },
    /// RapidPro could not fetch the files: send them as links in the text.
    Unfetched,
    /// RapidPro does not know the ticket: send it with another of the room's.
    UnknownTicket,
    /// RapidPro will never take it.
    GiveUp {
        /// For the agent.
        reason: Phrase,
    },
}

/// Why something has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureScope {
    /// RapidPro does not answer, or not sensibly: other tickets will fare no better.
    Workspace,
    /// RapidPro does not know the app's address or secret: somebody must act.
    Configuration,
    /// This ticket alone.
    Ticket,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What is being sent.
    pub kind: Kind,
    /// How many attempts failed before this one.
    pub failures: u32,
    /// For how long it has been owed, in milliseconds.
    pub age_ms: u64,
    /// For how long the ticket has been bound to the room, in milliseconds.
    pub ticket_age_ms: u64,
    /// 0 to 99, at random.
    pub chance: u64,
}

/// Judges an attempt by its answer, or by there being none.
pub fn decide(attempt: Attempt, reply: &Reply) -> Verdict {
    let asked = reply.retry_after_ms;
    match reply.meaning {
        Meaning::Handled => Verdict::Delivered,
        Meaning::Rejected => refused(attempt, reply),
        Meaning::UnknownTicket => unknown_ticket(attempt, reply),
        Meaning::Unfetched if matches!(attempt.kind, Kind::Message { has_files: true, .. }) => Verdict::Unfetched,
        Meaning::SecretRefused
        | Meaning::TokenRefused
        | Meaning::AddressUnknown
        | Meaning::MethodChanged
        | Meaning::Barred => retry(attempt, FailureScope::Configuration, CONFIGURATION_DELAYS_MS, asked),
        Meaning::Locked => retry(attempt, FailureScope::Ticket, LOCKED_DELAYS_MS, asked),
        Meaning::Unfetched
        | Meaning::Failing
        | Meaning::Throttled
        | Meaning::Suspended
        | Meaning::Away
        | Meaning::NoAnswer => {
            // What may be on its way still is looked for when it must have come in.
            let asked = if reply.unsure.is_some() { asked.max(Some(UNSURE_MS)) } else { asked };
            retry(attempt, FailureScope::Workspace, PASSING_DELAYS_MS, asked)
        }
    }
}

/// RapidPro calls `room` before it stores the ticket, and a repeated `room` leaves tickets that never came to be.
fn unknown_ticket(attempt: Attempt, reply: &Reply) -> Verdict {
    match attempt.kind {
        // For those there is nothing to close. One that did come to be was stored before RapidPro called `room` again.
        Kind::Close { superseded: true, .. } => Verdict::Delivered,
        Kind::Message { has_others: true, .. } => Verdict::UnknownTicket,
        _ if attempt.ticket_age_ms < COMMIT_MS => {
            retry(attempt, FailureScope::Ticket, COMMIT_DELAYS_MS, reply.retry_after_ms)
        }
        Kind::Close { shared: true, .. } => Verdict::Delivered,
        Kind::Message { .. } | Kind::Close { .. } => refused(attempt, reply),
    }
}

/// Whether an entry that fails in the same words since `since_ms` ago, for the `attempts`-th time, may be what fails,
/// and not RapidPro.
pub fn is_stuck(since_ms: u64, attempts: u32) -> bool {
    since_ms >= STUCK_MS && attempts >= STUCK_ATTEMPTS
}

pub(crate) fn refused(attempt: Attempt, reply: &Reply) -> Verdict {
    match attempt.kind {
        Kind::Message { .. } => {
            let values = vec![("status", reply.status.to_string()), ("body", reply.words.clone())];
            Verdict::GiveUp { reason: Phrase::new(messages::ANSWERED, values) }
        }
        Kind::Close { .. } => retry(attempt, FailureScope::Ticket, PASSING_DELAYS_MS, None),
    }
}

/// Whether a message has been owed for so long that it is not tried any more.
pub fn is_expired(age_ms: u64) -> bool {
    age_ms >= MESSAGE_AGE_MAX_MS
}

pub(crate) fn retry(attempt: Attempt, scope: FailureScope, delays: &[u64], retry_after_ms: Option<u64>) -> Verdict {
    let old = is_expired(attempt.age_ms);
    let planned = match attempt.kind {
        Kind::Message { .. } if old => {
            return Verdict::GiveUp { reason: messages::EXPIRED.into() };
        }
        Kind::Close { .. } if old => OLD_CLOSE_DELAY_MS,
        Kind::Message { .. } | Kind::Close { .. } => {
            let step = usize::try_from(attempt.failures).unwrap_or(usize::MAX);
            delays.get(step).or(delays.last()).copied().unwrap_or(MINUTE_MS)
        }
    };
    let jitter = planned.saturating_mul(attempt.chance.min(99)).saturating_mul(JITTER_PERCENT) / 10_000;
    let asked = retry_after_ms.unwrap_or_default().min(RETRY_AFTER_MAX_MS);
    Verdict::Retry { delay_ms: planned.saturating_add(jitter).max(asked), scope }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::transport::ticketer::mailroom;
    use crate::runtime::failure::{Cause, Failure};
    use crate::wire::rapidpro::WebhookAnswer;

    const MESSAGE: Attempt = Attempt {
        kind: Kind::Message { has_files: false, has_others: false },
        failures: 0,
        age_ms: 0,
        ticket_age_ms: DAY_MS,
        chance: 0,
    };
    const CLOSE: Attempt = Attempt { kind: Kind::Close { shared: false, superseded: false }, ..MESSAGE };
    const TICKET: &str = "59d7";
    const NO_SUCH_TICKET: &str = r#"{"error":"no such ticket 59d7"}"#;

    fn answer(status: u16, body: &str) -> Result<WebhookAnswer, Failure> {
        Ok(WebhookAnswer { status, body: body.into(), retry_after_ms: None, location: None })
    }

    fn decide(attempt: Attempt, ticket: &str, answer: &Result<WebhookAnswer, Failure>) -> Verdict {
        super::decide(attempt, &mailroom::reply(answer, ticket))
    }

    #[track_caller]
    fn check(attempt: Attempt, status: u16, body: &str, expected: Verdict) {
        assert_eq!(decide(attempt, TICKET, &answer(status, body)), expected);
    }

    #[track_caller]
    fn check_retry(attempt: Attempt, status: u16, body: &str, expected: FailureScope) {
        match decide(attempt, TICKET, &answer(status, body)) {
            Verdict::Retry { scope, .. } => assert_eq!(scope, expected),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn check_given_up(attempt: Attempt, status: u16, body: &str) {
        let verdict = decide(attempt, TICKET, &answer(status, body));
        assert!(matches!(verdict, Verdict::GiveUp { .. }), "{verdict:?}");
    }

    #[test]
    fn mailrooms_answers() {
        check(MESSAGE, 200, r#"{"status":"handled"}"#, Verdict::Delivered);
        check_retry(MESSAGE, 404, r#"{"error":"no such ticketer 59d7"}"#, FailureScope::Configuration);
        check_retry(MESSAGE, 401, r#"{"status":"unauthorized"}"#, FailureScope::Configuration);
        check_given_up(MESSAGE, 400, r#"{"error":"field 'type' is required"}"#);
        check_given_up(MESSAGE, 404, NO_SUCH_TICKET);
        check_retry(Attempt { ticket_age_ms: 0, ..MESSAGE }, 404, NO_SUCH_TICKET, FailureScope::Ticket);
        check_retry(MESSAGE, 400, r#"{"error":"error storing attachment: x"}"#, FailureScope::Workspace);
        let fetching = r#"{"error":"error fetching ticket file '{x}': y"}"#;
        let with_files = Attempt { kind: Kind::Message { has_files: true, has_others: false }, ..MESSAGE };
        check(with_files, 400, fetching, Verdict::Unfetched);
        check_retry(MESSAGE, 400, fetching, FailureScope::Workspace);
    }

    #[test]
    fn nobody_elses_answer_ends_anything() {
        for status in [200, 400, 408, 413, 429, 500, 502, 503, 504] {
            check_retry(MESSAGE, status, "<html></html>", FailureScope::Workspace);
        }
        for status in [302, 401, 403, 404, 405] {
            check_retry(MESSAGE, status, "<html></html>", FailureScope::Configuration);
            let superseded = Kind::Close { shared: true, superseded: true };
            check_retry(Attempt { kind: superseded, ..CLOSE }, status, "<html></html>", FailureScope::Configuration);
        }
    }

    #[test]
    fn what_mailroom_rejects_is_quoted_and_nothing_else() {
        let rejected = decide(MESSAGE, TICKET, &answer(400, r#"{"error":"invalid event type"}"#));
        let Verdict::GiveUp { reason } = rejected else { panic!("{rejected:?}") };
        assert_eq!(reason.in_log(), "RapidPro answered 400: invalid event type");
    }

    #[test]
    fn an_entry_is_stuck_after_minutes_and_attempts_of_which_both_schedules_have_enough() {
        assert!(!is_stuck(STUCK_MS, STUCK_ATTEMPTS - 1) && !is_stuck(STUCK_MS - 1, 99));
        for delays in [PASSING_DELAYS_MS, CONFIGURATION_DELAYS_MS] {
            let (mut since, mut attempts) = (0, 1);
            while !is_stuck(since, attempts) {
                since += delays[usize::try_from(attempts - 1).unwrap().min(delays.len() - 1)];
                attempts += 1;
            }
            assert!(since <= STUCK_MS + MINUTE_MS, "{since}");
        }
    }

    #[test]
    fn a_close_is_never_given_up() {
        for (status, body) in [(400, r#"{"error":"invalid event type"}"#), (404, NO_SUCH_TICKET)] {
            check_retry(CLOSE, status, body, FailureScope::Ticket);
        }
        let old = Attempt { age_ms: 30 * DAY_MS, failures: 99, ..CLOSE };
        let expected = Verdict::Retry { delay_ms: DAY_MS, scope: FailureScope::Workspace };
        assert_eq!(decide(old, TICKET, &Err(Cause::TimedOut.into())), expected);
    }

    /// RapidPro's repeated `room` leaves tickets that never came to be, whichever was bound last.
    #[test]
    fn of_tickets_that_share_a_room_one_may_be_unknown() {
        let message = Attempt { kind: Kind::Message { has_files: false, has_others: true }, ..MESSAGE };
        check(message, 404, NO_SUCH_TICKET, Verdict::UnknownTicket);
        check_retry(message, 404, r#"{"error":"no such ticketer 59d7"}"#, FailureScope::Configuration);
        let first = Attempt { kind: Kind::Close { shared: true, superseded: true }, ticket_age_ms: 0, ..CLOSE };
        check(first, 404, NO_SUCH_TICKET, Verdict::Delivered);
        let last = Attempt { kind: Kind::Close { shared: true, superseded: false }, ..CLOSE };
        check(last, 404, NO_SUCH_TICKET, Verdict::Delivered);
        check_retry(Attempt { ticket_age_ms: 0, ..last }, 404, NO_SUCH_TICKET, FailureScope::Ticket);
    }

    #[test]
    fn delays_grow_are_stretched_and_end_for_messages() {
        let delay = |attempt| match decide(attempt, TICKET, &Err(Cause::TimedOut.into())) {
            Verdict::Retry { delay_ms, .. } => delay_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!(delay(MESSAGE), 5_000);
        assert_eq!(delay(Attempt { chance: 99, ..MESSAGE }), 5_990);
        assert_eq!(delay(Attempt { failures: 3, ..MESSAGE }), 120_000);
        assert_eq!(delay(Attempt { failures: 99, ..MESSAGE }), 300_000);
        let old = decide(Attempt { age_ms: 3 * DAY_MS, ..MESSAGE }, TICKET, &Err(Cause::TimedOut.into()));
        assert!(matches!(old, Verdict::GiveUp { .. }), "{old:?}");
    }

    #[test]
    fn retry_after_is_honoured_within_bounds() {
        let asked = |retry_after_ms| {
            let answer = WebhookAnswer {
                status: 429,
                body: String::new(),
                retry_after_ms: Some(retry_after_ms),
                location: None,
            };
            decide(MESSAGE, TICKET, &Ok(answer))
        };
        let waits = |delay_ms| Verdict::Retry { delay_ms, scope: FailureScope::Workspace };
        assert_eq!(asked(1_000), waits(5_000));
        assert_eq!(asked(60_000), waits(60_000));
        assert_eq!(asked(DAY_MS), waits(HOUR_MS));
    }
}
