//! Whose answer is it, and what does it mean? Only mailroom's own words count as its verdict; what anybody else answers
//! in its place says nothing of a message. The rows are those of docs/reference/rapidpro.md, section "Event callback".

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::outbound::file_link;
use crate::outbound::transport::reply::{Meaning, Reply, first_words};
use crate::runtime::failure::Failure;
use crate::wire::rapidpro::WebhookAnswer;

/// What a body must say for a row to hold.
#[derive(Debug, Clone, Copy)]
enum Says {
    /// Nothing: proxies may strip a body.
    Nothing,
    /// `{"status": …}` with exactly this word.
    Status(&'static str),
    /// Mailroom's `{"error": …}`, beginning so.
    Error(&'static str),
    /// The same, and ending so.
    ErrorBetween(&'static str, &'static str),
    /// Mailroom's `{"error": …}`, beginning so and then naming the event's ticket.
    ErrorOfTicket(&'static str),
    /// Any other `{"error": …}` of that shape.
    AnyError,
    /// Whatever it is.
    Anything,
}

/// Statuses, words, and what they mean together; the first row that holds counts.
const ROWS: &[(RangeInclusive<u16>, Says, Meaning)] = &[
    // Row "all well".
    (200..=299, Says::Status("handled"), Meaning::Handled),
    (200..=299, Says::Nothing, Meaning::Handled),
    // "its log cannot be written": it has done its work by then.
    (500..=500, Says::Error("error writing HTTP logs"), Meaning::Handled),
    // "the service is unknown", "the path holds no UUID".
    (404..=404, Says::Error("no such ticketer"), Meaning::AddressUnknown),
    (404..=404, Says::Error("not found:"), Meaning::AddressUnknown),
    // "ticket unknown".
    (404..=404, Says::ErrorOfTicket("no such ticket "), Meaning::UnknownTicket),
    // "wrong or no token".
    (401..=401, Says::Status("unauthorized"), Meaning::SecretRefused),
    // "wrong method": the app posts, whatever arrives.
    (405..=405, Says::Error("illegal method:"), Meaning::MethodChanged),
    // "malformed JSON, no type or ticketID", "another type".
    (400..=400, Says::ErrorBetween("field '", "is required"), Meaning::Rejected),
    (400..=400, Says::Error("invalid event type"), Meaning::Rejected),
    // "a file cannot be fetched".
    (400..=400, Says::Error("error fetching ticket file"), Meaning::Unfetched),
    // "the workspace's assets cannot be loaded", "storing fails": its database's words, which have no end.
    (400..=400, Says::AnyError, Meaning::Failing),
    (500..=500, Says::AnyError, Meaning::Failing),
    // What is not mailroom's: docs/reference/field-reports.md, "answers of others".
    (300..=399, Says::Anything, Meaning::Barred),
    (401..=401, Says::Anything, Meaning::Barred),
    (403..=405, Says::Anything, Meaning::Barred),
    (407..=407, Says::Anything, Meaning::Barred),
    (410..=410, Says::Anything, Meaning::Barred),
];

/// What an answer to an event about a ticket means.
pub fn meaning(answer: &WebhookAnswer, ticket: &str) -> Meaning {
    let body = Body::of(&answer.body);
    let row = ROWS.iter().find(|(statuses, says, _)| statuses.contains(&answer.status) && body.says(*says, ticket));
    row.map_or(Meaning::Away, |(_, _, meaning)| *meaning)
}

/// A body, as far as it could be mailroom's.
enum Body {
    Empty,
    Status(String),
    Error(String),
    Other,
}

impl Body {
    fn of(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::Empty;
        }
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Self::Other };
        let field = |name| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        match (field("status"), field("error")) {
            (Some(status), None) => Self::Status(status),
            // Other services add codes and the like.
            (None, Some(error)) if fields.len() == 1 => Self::Error(error),
            _ => Self::Other,
        }
    }

    fn says(&self, says: Says, ticket: &str) -> bool {
        match (self, says) {
            (_, Says::Anything) | (Self::Empty, Says::Nothing) | (Self::Error(_), Says::AnyError) => true,
            (Self::Status(status), Says::Status(word)) => status == word,
            (Self::Error(error), Says::Error(start)) => error.starts_with(start),
            (Self::Error(error), Says::ErrorBetween(start, end)) => error.starts_with(start) && error.ends_with(end),
            (Self::Error(error), Says::ErrorOfTicket(start)) => error.strip_prefix(start) == Some(ticket),
            _ => false,
        }
    }
}

/// What mailroom's error says; nothing of anybody else's answer.
pub fn error_words(answer: &WebhookAnswer) -> String {
    match Body::of(&answer.body) {
        Body::Error(error) => error,
        _ => String::new(),
    }
}

/// What came of an event about a ticket.
pub fn reply(answer: &Result<WebhookAnswer, Failure>, ticket: &str) -> Reply {
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return Reply::none(failure),
    };
    let words = error_words(answer);
    // Mailroom's error whole, of anybody else's page the first words.
    let said = match words.is_empty() {
        true => first_words(&answer.body),
        false => file_link::without_signatures(&words),
    };
    Reply {
        meaning: meaning(answer, ticket),
        status: answer.status,
        words,
        in_log: format!("{} {said}", answer.status),
        retry_after_ms: answer.retry_after_ms,
        location: answer.location.clone(),
        unsure: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICKET: &str = "59d74b86-3e2f-4a93-aece-b05d2fdcde0c";

    #[track_caller]
    fn check(status: u16, body: &str, expected: Meaning) {
        let answer = WebhookAnswer { status, body: body.into(), retry_after_ms: None, location: None };
        assert_eq!(meaning(&answer, TICKET), expected, "{status} {body}");
    }

    /// Every row of docs/reference/rapidpro.md, section "Event callback".
    #[test]
    fn mailrooms_own_words_are_its_verdict() {
        check(200, r#"{"status":"handled"}"#, Meaning::Handled);
        check(202, " { \"status\" : \"handled\" }\n", Meaning::Handled);
        check(204, "", Meaning::Handled);
        check(200, "\r\n", Meaning::Handled);
        check(500, r#"{"error":"error writing HTTP logs: x"}"#, Meaning::Handled);
        check(404, r#"{"error":"not found: /mr/x"}"#, Meaning::AddressUnknown);
        check(404, r#"{"error":"no such ticketer 59d7"}"#, Meaning::AddressUnknown);
        check(404, &format!(r#"{{"error":"no such ticket {TICKET}"}}"#), Meaning::UnknownTicket);
        check(401, r#"{"status":"unauthorized"}"#, Meaning::SecretRefused);
        check(405, r#"{"error":"illegal method: GET"}"#, Meaning::MethodChanged);
        check(400, r#"{"error":"field 'type' is required"}"#, Meaning::Rejected);
        check(400, r#"{"error":"field 'type' is required, field 'ticketID' is required"}"#, Meaning::Rejected);
        check(400, r#"{"error":"invalid event type"}"#, Meaning::Rejected);
        check(400, r#"{"error":"error fetching ticket file '{x}': y"}"#, Meaning::Unfetched);
        for words in ["unable to load org assets", "error storing attachment: x", "error loading contact: pq: full"] {
            check(400, &format!(r#"{{"error":"{words}"}}"#), Meaning::Failing);
        }
    }

    #[test]
    fn what_others_answer_is_no_verdict() {
        let pages = ["<html>Down for maintenance</html>", r#"{"status":"ok"}"#, r#""handled""#, "handled", "[]"];
        for body in pages {
            check(200, body, Meaning::Away);
        }
        check(200, r#"{"error":"no such ticket"}"#, Meaning::Away);
        check(400, "<html>Bad Request</html>", Meaning::Away);
        check(400, r#"{"error":"invalid event type","code":7}"#, Meaning::Away);
        check(400, r#"{"error":{"message":"invalid event type"}}"#, Meaning::Away);
        check(400, "", Meaning::Away);
        check(413, "", Meaning::Away);
        check(404, r#"{"error":"no such ticket 1"}"#, Meaning::Barred);
        for status in [301, 302, 307, 308, 401, 403, 404, 405, 407, 410] {
            check(status, "<html>Log in</html>", Meaning::Barred);
            check(status, "", Meaning::Barred);
            check(status, r#"{"message":"no Route matched"}"#, Meaning::Barred);
        }
        for status in [408, 418, 429, 500, 502, 503, 504, 599] {
            check(status, "", Meaning::Away);
            check(status, "<html>error writing HTTP logs</html>", Meaning::Away);
        }
    }

    #[test]
    fn the_same_words_are_told_from_others_whatever_numbers_they_name() {
        let of = |status, body: &str| {
            reply(&Ok(WebhookAnswer { status, body: body.into(), retry_after_ms: None, location: None }), TICKET).gist()
        };
        assert_eq!(of(400, r#"{"error":"pq: x 1"}"#), of(400, r#"{"error":"pq: x 27"}"#));
        assert_ne!(of(400, r#"{"error":"pq: x"}"#), of(400, r#"{"error":"pq: y"}"#));
        assert_ne!(of(400, ""), of(403, ""));
        assert_eq!(of(403, "<b>ray 1</b>"), of(403, "<b>ray 2</b>"));
    }
}
