//! Whether a contact's message is in the room already, where nobody said what became of an attempt to post it.

use crate::store::inbox::InboxEntry;
use crate::wire::rocketchat::Message;

/// More words than these are not compared: it takes the square of their number.
const WORDS_MAX: usize = 500;

/// Whether one of a room's messages is this entry, which Rocket.Chat was first asked to take at `tried_at` as one of
/// the visitor with this token.
///
/// Rocket.Chat gives a message its id itself, and its filter of bad words, or an app, may have changed the text. What is
/// certain: a contact's messages are posted one after the other, so that none but this one comes into the room as the
/// visitor's from then on. All that may come late is a message that stands there already, or RapidPro's history; both
/// have another text, and a text that has nothing of the entry's is not taken for it: rather twice than never.
pub(crate) fn is_there(entry: &InboxEntry, messages: &[Message], token: &str, tried_at: u64) -> bool {
    let visitors = || messages.iter().filter(|message| message.token.as_deref() == Some(token));
    let since = || visitors().filter(|message| message.created_at.is_some_and(|at| at >= tried_at));
    let stood_before =
        |message: &Message| visitors().any(|other| other.text == message.text && other.created_at < message.created_at);
    since().any(|message| entry.is_said_by(message))
        || since().any(|message| {
            let shown = message.text.as_deref().unwrap_or_default();
            entry.has_media_of(message) && is_changed(&entry.text, shown) && !stood_before(message)
        })
}

/// Whether `shown` may be what is left of a text: sign by sign with some of them hidden, or with half of its words.
fn is_changed(text: &str, shown: &str) -> bool {
    is_masked(text, shown) || {
        let (words, shown): (Vec<&str>, Vec<&str>) = (words_of(text), words_of(shown));
        let kept = in_common(&words, &shown);
        kept > 0 && kept * 2 >= words.len().max(shown.len())
    }
}

/// The first words of a text, which are enough to know it by.
fn words_of(text: &str) -> Vec<&str> {
    text.split_whitespace().take(WORDS_MAX).collect()
}

/// Servers count letters as JavaScript does.
fn is_masked(text: &str, shown: &str) -> bool {
    let is_mask = |unit: u16| char::from_u32(unit.into()).is_some_and(|char| char.is_ascii_punctuation());
    let (mut text, mut shown) = (text.encode_utf16(), shown.encode_utf16());
    loop {
        match (text.next(), shown.next()) {
            (None, None) => return true,
            (Some(unit), Some(shown)) if unit == shown || is_mask(shown) => {}
            _ => return false,
        }
    }
}

/// How many words of one text are in the other, in the same order.
fn in_common(words: &[&str], shown: &[&str]) -> usize {
    let mut counts = vec![0_usize; shown.len()];
    for word in words {
        let (mut diagonal, mut left) = (0, 0);
        for (other, count) in shown.iter().zip(&mut counts) {
            let above = *count;
            *count = if word == other { diagonal + 1 } else { above.max(left) };
            (diagonal, left) = (above, *count);
        }
    }
    counts.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn entry(text: &str) -> InboxEntry {
        let contact = json!({ "workspace": "w", "token": "t" });
        let entry = json!({ "v": 1, "at": 100, "id": "l", "contact_of": contact, "text": text, "attachments": [] });
        serde_json::from_value(entry).unwrap()
    }

    fn message(id: &str, at: u64, text: &str) -> Value {
        json!({ "id": id, "createdAt": at, "text": text, "token": "visitor", "room": { "id": "r" } })
    }

    #[track_caller]
    fn check(text: &str, room: Value, expected: bool) {
        let messages: Vec<Message> = serde_json::from_value(room).unwrap();
        assert_eq!(is_there(&entry(text), &messages, "visitor", 100), expected, "{text}");
    }

    #[test]
    fn what_a_filter_changed_is_recognised() {
        for (text, shown) in [
            ("que bosta", "que *****"),
            ("Bosta!", "*****!"),
            ("bosta", "*****"),
            ("ação bosta 🌵", "ação ***** 🌵"),
            ("this is bosta again", "this is [censored] again"),
            ("call me", "call me (translated)"),
        ] {
            check(text, json!([message("m", 100, shown)]), true);
        }
    }

    #[test]
    fn what_others_wrote_or_stood_there_before_is_not() {
        check("hello", json!([message("m", 100, "goodbye")]), false);
        check("hello", json!([message("m", 99, "hello")]), false);
        check("hello", json!([]), false);
        // The visitor's earlier message, whose first attempt came late.
        let earlier = [message("a", 50, "*****"), message("b", 150, "*****")];
        check("hello", json!(earlier), false);
        let mut agents = message("m", 100, "que *****");
        agents["token"] = Value::Null;
        check("que bosta", json!([agents]), false);
        // A second message that says the same.
        check("ok", json!([message("a", 50, "ok")]), false);
        check("ok", json!([message("a", 50, "ok"), message("b", 120, "ok")]), true);
        let file = json!({ "id": "m", "createdAt": 100, "text": "que *****", "token": "visitor", "room": { "id": "r" },
            "attachments": [{ "link": "https://host/a.png" }] });
        check("que bosta", json!([file]), false);
    }

    #[test]
    fn long_texts_take_no_time() {
        let text = "a b c d ".repeat(2_000);
        check(&text, json!([message("m", 100, &"d c b a ".repeat(2_000))]), false);
    }
}
