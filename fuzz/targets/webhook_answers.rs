//! RapidPro's answers, and what is made of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapidpro_tickets_core::outbound::retry_policy::Attempt;
use rapidpro_tickets_core::outbound::retry_policy::Kind;
use rapidpro_tickets_core::outbound::retry_policy::Verdict;
use rapidpro_tickets_core::outbound::retry_policy::decide;
use rapidpro_tickets_core::outbound::transport::ticketer::mailroom;
use rapidpro_tickets_core::runtime::failure::Cause;
use rapidpro_tickets_core::wire::rapidpro::WebhookAnswer;
use rapidpro_tickets_fuzz::chance::Chance;

/// An hour's `Retry-After`, or a day's wait for an old close, stretched by a fifth.
const DELAY_MAX_MS: u64 = 24 * 60 * 60_000 * 6 / 5;

fuzz_target!(|bytes: &[u8]| {
    let mut chance = Chance::new(bytes);
    let kind = match chance.below(6) {
        0 => Kind::Message { has_files: false, has_others: false },
        1 => Kind::Message { has_files: true, has_others: false },
        2 => Kind::Message { has_files: true, has_others: true },
        3 => Kind::Close { shared: false, superseded: false },
        4 => Kind::Close { shared: true, superseded: false },
        _ => Kind::Close { shared: true, superseded: true },
    };
    let failures = u32::from(chance.byte()) << (chance.byte() % 25);
    let (age_ms, ticket_age_ms) = (chance.number(), chance.number());
    let attempt = Attempt { kind, failures, age_ms, ticket_age_ms, chance: chance.number() };
    let answer = match chance.below(4) {
        0 => Err(Cause::TimedOut.into()),
        _ => {
            let status = u16::from(chance.byte()) << 2 | u16::from(chance.byte()) & 3;
            let retry_after_ms = chance.seldom(64).then(|| chance.number());
            Ok(WebhookAnswer { status, body: chance.rest(), retry_after_ms, location: None })
        }
    };
    let reply = mailroom::reply(&answer, "59d7");
    match decide(attempt, &reply) {
        Verdict::Delivered => assert!(answer.is_ok()),
        Verdict::Retry { delay_ms, .. } => assert!((1..=DELAY_MAX_MS).contains(&delay_ms), "{delay_ms}"),
        Verdict::Unfetched => assert!(matches!(kind, Kind::Message { has_files: true, .. })),
        Verdict::UnknownTicket => assert!(matches!(kind, Kind::Message { has_others: true, .. })),
        Verdict::GiveUp { reason } => {
            assert!(matches!(kind, Kind::Message { .. }), "a close is never given up");
            assert!(!reason.in_log().is_empty());
        }
    }
    let is_handled = |body: &str| body.trim().is_empty() || body == r#"{"status":"handled"}"#;
    let handled = answer.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status) && is_handled(&answer.body));
    assert!(!handled || decide(attempt, &reply) == Verdict::Delivered, "what RapidPro has is never sent again");
});
