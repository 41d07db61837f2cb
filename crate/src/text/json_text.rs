//! JSON as text, from people's machines.

use serde::de::DeserializeOwned;

/// The halves of a surrogate pair, which stand for a character in UTF-16.
const LEADING: std::ops::RangeInclusive<u16> = 0xd800..=0xdbff;
const TRAILING: std::ops::RangeInclusive<u16> = 0xdc00..=0xdfff;

/// Reads JSON; `None` where it is none, is nested more than 127 deep or is of another shape. Half a surrogate pair,
/// which JavaScript and Python write and serde_json refuses, becomes U+FFFD.
pub fn parse<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).or_else(|_| serde_json::from_str(&without_halves(json))).ok()
}

fn without_halves(json: &str) -> String {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, escape)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        whole.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(first), Some(second)) if LEADING.contains(&first) && TRAILING.contains(&second) => 12,
            (Some(first), _) if LEADING.contains(&first) || TRAILING.contains(&first) => {
                whole.push('\u{fffd}');
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            _ => escape.char_indices().nth(2).map_or(escape.len(), |(at, _)| at),
        };
        let (kept, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        whole.push_str(kept);
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// The code unit of an escape `\u…` at the beginning of a text.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_replaced_and_nothing_else_is() {
        for (json, expected) in [
            (r#""a\ud83db""#, Some("a\u{fffd}b")),
            (r#""\udc4b\ud83d""#, Some("\u{fffd}\u{fffd}")),
            (r#""\ud83d\ud83d\udc4b""#, Some("\u{fffd}👋")),
            (r#""\ud83d\n\uD83D\uDC4B\\ud83d""#, Some("\u{fffd}\n👋\\ud83d")),
            (r#""\ud83d\u00e9""#, Some("\u{fffd}é")),
            (r#""é\é\ud83d""#, None),
            (r#""\ud83""#, None),
            (r#""\ud83d"#, None),
            (r#""\"#, None),
            (r#""\u"#, None),
        ] {
            assert_eq!(parse::<String>(json).as_deref(), expected, "{json}");
        }
    }
}
