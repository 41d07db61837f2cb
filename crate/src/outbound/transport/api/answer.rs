//! What answers of RapidPro's API mean. Only its own words count as its verdict: Django REST framework's
//! `{"<field>": ["…"]}` and `{"detail": "…"}`.

use serde_json::{Map, Value};

use crate::outbound::transport::reply::{Meaning, Reply, first_words};
use crate::runtime::failure::{Cause, Failure};
use crate::text::json_text;
use crate::wire::rapidpro::ApiAnswer;

/// What an answer means that is none of success.
pub(crate) fn reply(answer: &ApiAnswer) -> Reply {
    let body = answer.body.as_deref().unwrap_or_default();
    let fields = fields(answer);
    // What claims success may quote a message.
    let is_refusal = answer.status >= 300;
    let words = fields.as_ref().filter(|_| is_refusal).map(words_of).unwrap_or_default();
    let said = if words.is_empty() && is_refusal { first_words(body) } else { words.clone() };
    Reply {
        meaning: meaning(answer.status, fields.as_ref(), body),
        status: answer.status,
        words,
        in_log: format!("{} {said}", answer.status),
        retry_after_ms: answer.retry_after_ms,
        ..Reply::default()
    }
}

fn meaning(status: u16, fields: Option<&Map<String, Value>>, body: &str) -> Meaning {
    let says = |field: &str| fields.and_then(|fields| words_in(fields.get(field)?));
    match status {
        400 if says("non_field_errors").is_some_and(|words| words.contains("workspace")) => Meaning::Suspended,
        400 if says("tickets").is_some_and(|words| words.contains("No such object")) => Meaning::UnknownTicket,
        400 if fields.is_some_and(|fields| !fields.contains_key("detail")) => Meaning::Rejected,
        401 | 403 if says("detail").is_some() => Meaning::TokenRefused,
        405 if says("detail").is_some() => Meaning::MethodChanged,
        429 => Meaning::Throttled,
        500 if body.contains("Server Error") => Meaning::Failing,
        300..=399 | 401 | 403..=405 | 407 | 410 => Meaning::Barred,
        // What was posted and comes back as a list was read.
        200..=299 if fields.is_some_and(|fields| fields.contains_key("results")) => Meaning::MethodChanged,
        _ => Meaning::Away,
    }
}

/// That the app has asked as often as it allows itself, for so long.
pub(crate) fn spent(for_ms: u64) -> Reply {
    Reply {
        meaning: Meaning::Throttled,
        in_log: "the app has asked RapidPro's API as often as it may".to_owned(),
        retry_after_ms: Some(for_ms),
        ..Reply::default()
    }
}

/// A body's fields, where it is JSON.
pub(crate) fn fields(answer: &ApiAnswer) -> Option<Map<String, Value>> {
    match json_text::parse(answer.body.as_deref()?)? {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

/// How long a text may be, in characters, where one was refused since it is longer.
pub(crate) fn limit(refusal: &Reply) -> Option<usize> {
    let (_, rest) = refusal.words.split_once("text: ")?;
    let (_, rest) = rest.split_once("no more than ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Whether one of a body's fields was refused.
pub(crate) fn is_about(refusal: &Reply, field: &str) -> bool {
    refusal.status == 400 && refusal.words.split("; ").any(|words| words.starts_with(&format!("{field}: ")))
}

/// RapidPro's own words: `field: what is wrong; another field: …`, or of a detail the words alone.
fn words_of(fields: &Map<String, Value>) -> String {
    let mut all = Vec::new();
    for (field, value) in fields {
        match words_in(value) {
            Some(words) if field == "detail" || field == "non_field_errors" => all.push(words),
            Some(words) => all.push(format!("{field}: {words}")),
            None => {}
        }
    }
    all.join("; ")
}

fn words_in(value: &Value) -> Option<String> {
    match value {
        Value::String(words) => Some(words.clone()),
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            (!words.is_empty()).then(|| words.join(" "))
        }
        _ => None,
    }
}

/// What the network says of a request that never reached anybody, in the words of Node and of older ones.
const NEVER_SENT: [&str; 14] = [
    "ECONNREFUSED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "connect ETIMEDOUT",
    "CERT_",
    "certificate",
    "SSL routines",
    "EPROTO",
    "ssrf",
    "Invalid URL",
    "Only absolute URLs",
    "unable to verify",
];

/// Whether a request without an answer has reached nobody.
pub(crate) fn was_not_sent(failure: &Failure) -> bool {
    match failure.cause() {
        Cause::Refused(words) => NEVER_SENT.iter().any(|sign| words.contains(sign)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> ApiAnswer {
        ApiAnswer { status, body: Some(body.into()), retry_after_ms: None }
    }

    #[track_caller]
    fn check(status: u16, body: &str, expected: Meaning) {
        assert_eq!(reply(&answer(status, body)).meaning, expected, "{status} {body}");
    }

    /// What both servers answered when they were asked.
    #[test]
    fn recorded_refusals() {
        for (body, words) in [
            (r#"{"text":["This field may not be blank."]}"#, "text: This field may not be blank."),
            (r#"{"contact":["No such object: abc"]}"#, "contact: No such object: abc"),
            (
                r#"{"non_field_errors":["Must provide either text or attachments."]}"#,
                "Must provide either text or attachments.",
            ),
        ] {
            check(400, body, Meaning::Rejected);
            assert_eq!(reply(&answer(400, body)).words, words);
        }
        let suspended = r#"{"non_field_errors":["Sorry, your workspace is currently suspended. To enable sending messages, please contact support."]}"#;
        check(400, suspended, Meaning::Suspended);
        check(400, r#"{"tickets":["No such object: 01a21edd"]}"#, Meaning::UnknownTicket);
        check(403, r#"{"detail":"Invalid token"}"#, Meaning::TokenRefused);
        check(403, r#"{"detail":"Authentication credentials were not provided."}"#, Meaning::TokenRefused);
        check(405, r#"{"detail":"Method \"GET\" not allowed."}"#, Meaning::MethodChanged);
        check(429, r#"{"detail":"Request was throttled."}"#, Meaning::Throttled);
        check(500, "Server Error. Site administrators have been notified.", Meaning::Failing);
        check(500, "\n<!doctype html>\n<title>Server Error (500)</title>", Meaning::Failing);
    }

    #[test]
    fn what_others_answer_is_no_verdict() {
        for status in [200, 201, 400, 408, 413, 500, 502, 503, 504] {
            check(status, "<html>Log in</html>", Meaning::Away);
            check(status, "", Meaning::Away);
        }
        for status in [302, 401, 403, 404, 405, 407] {
            check(status, "<html>Log in</html>", Meaning::Barred);
        }
        check(400, r#"{"detail":"JSON parse error"}"#, Meaning::Away);
        check(200, r#"{"next":null,"previous":null,"results":[]}"#, Meaning::MethodChanged);
    }

    #[test]
    fn what_claims_success_is_not_quoted() {
        for body in [r#"{"text":"a secret"}"#, "a secret"] {
            let reply = reply(&answer(201, body));
            assert_eq!((reply.words.as_str(), reply.in_log.as_str()), ("", "201 "));
        }
    }

    #[test]
    fn the_limit_of_texts_is_learnt_from_their_refusal_alone() {
        let of = |body: &str| limit(&reply(&answer(400, body)));
        assert_eq!(of(r#"{"text":["Ensure this field has no more than 640 characters."]}"#), Some(640));
        assert_eq!(of(r#"{"attachments":["Ensure this field has no more than 10 elements."]}"#), None);
        assert_eq!(of(r#"{"text":["This field may not be blank."]}"#), None);
        let ticket = reply(&answer(400, r#"{"ticket":["No such object: x"]}"#));
        assert!(is_about(&ticket, "ticket") && !is_about(&ticket, "tickets"));
    }

    #[test]
    fn only_what_reached_nobody_is_known_not_to_have_been_sent() {
        let refused = |words: &str| was_not_sent(&Cause::Refused(words.into()).into());
        assert!(refused("request to http://localhost:1/ failed, reason: connect ECONNREFUSED 127.0.0.1:1"));
        assert!(refused("getaddrinfo ENOTFOUND rapidpro.example.org"));
        assert!(refused("unable to verify the first certificate"));
        for unsure in ["socket hang up", "read ECONNRESET", "network timeout at: http://a", ""] {
            assert!(!refused(unsure), "{unsure}");
        }
        assert!(!was_not_sent(&Cause::TimedOut.into()));
    }
}
