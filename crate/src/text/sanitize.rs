//! Taking the powers from texts that others wrote, where Rocket.Chat would give them some.

use serde_json::Value;

/// Invisible, and no part of any name or link.
const WORD_JOINER: char = '\u{2060}';

/// A text in which nobody calls everybody. Rocket.Chat refuses a whole message with `@all` or `@here` by whoever
/// may not write it, and contacts may not.
pub fn without_mentions(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        harmless.push_str(before);
        harmless.push('@');
        if !before.ends_with(char::is_alphanumeric) && (is_word("all", after) || is_word("here", after)) {
            harmless.push(WORD_JOINER);
        }
        rest = after;
    }
    harmless.push_str(rest);
    harmless
}

/// A text without calls, in which no words hide another link: for what the app says in its own name.
pub fn quoted(text: &str) -> String {
    without_mentions(text).replace("](", "]\u{2060}(")
}

/// JSON without the character that databases refuse, in all its texts: PostgreSQL stores no U+0000.
pub fn storable(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "")),
        Value::Array(items) => Value::Array(items.into_iter().map(storable).collect()),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name.replace('\0', ""), storable(value))).collect()
        }
        other => other,
    }
}

/// A text in one line, without blanks around it: what follows it cannot look like the app's own.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How long a hash is that stands for a visitor, in hexadecimal digits.
const HASH_LENGTH: usize = 64;

/// Whether this is a hash as visitors' tokens are.
pub fn is_hash(text: &str) -> bool {
    text.len() == HASH_LENGTH && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A server's own words without the keys in them: with a visitor's token anybody can read the conversation. They are
/// the hashes that this app makes, and what MongoDB quotes of a document that has one.
pub fn without_keys(words: &str) -> String {
    const QUOTED: &str = "dup key:";
    let (before, quoted) = words.split_once(QUOTED).map_or((words, ""), |(before, _)| (before, "dup key: …"));
    let mut text = String::with_capacity(words.len());
    let mut word = String::new();
    for char in before.chars().chain([' ']) {
        if char.is_ascii_alphanumeric() {
            word.push(char);
            continue;
        }
        text.push_str(if is_hash(&word) { "…" } else { &word });
        word.clear();
        text.push(char);
    }
    text.pop();
    text.push_str(quoted);
    text
}

fn is_word(word: &str, text: &str) -> bool {
    text.strip_prefix(word).is_some_and(|next| !next.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn calls_are_taken_from_everybody_and_nothing_else() {
        assert_eq!(without_mentions("@all, look: @here"), "@\u{2060}all, look: @\u{2060}here");
        assert_eq!(without_mentions("(@all)@@here"), "(@\u{2060}all)@@\u{2060}here");
        for untouched in ["", "@", "@allison @hereby", "ann@all.org", "@anna", "[a](b)", "é@ü"] {
            assert_eq!(without_mentions(untouched), untouched);
        }
    }

    #[test]
    fn no_key_is_quoted() {
        let key = "0a".repeat(32);
        for (said, quoted) in [
            (format!("E11000 duplicate key … dup key: {{ v.token: \"{key}\" }}"), "E11000 duplicate key … dup key: …"),
            ("E11000 dup key: { v.token: \"T0KEN\" }".into(), "E11000 dup key: …"),
            (format!("no visitor {key}"), "no visitor …"),
            (format!("{{\"token\":\"{key}\"}}"), "{\"token\":\"…\"}"),
            (format!("room {}", "0a".repeat(9)), "room 0a0a0a0a0a0a0a0a0a"),
            ("Sorry, no online agents [no-agent-online]".into(), "Sorry, no online agents [no-agent-online]"),
            (String::new(), ""),
        ] {
            assert_eq!(without_keys(&said), quoted);
        }
    }

    #[test]
    fn what_databases_refuse_is_taken_out_everywhere() {
        let said = json!({ "te\0xt": "\0a\0b", "list": ["\0", { "x": "y\0" }], "n": 1, "none": null });
        assert_eq!(storable(said), json!({ "text": "ab", "list": ["", { "x": "y" }], "n": 1, "none": null }));
    }

    #[test]
    fn words_hide_no_link() {
        assert_eq!(quoted("[bank](https://evil) @all"), "[bank]\u{2060}(https://evil) @\u{2060}all");
    }
}
