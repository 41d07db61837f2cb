//! Taking the powers from texts that others wrote, where Rocket.Chat would give them some.

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

/// A text in one line, without blanks around it: what follows it cannot look like the app's own.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_word(word: &str, text: &str) -> bool {
    text.strip_prefix(word).is_some_and(|next| !next.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
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
    fn words_hide_no_link() {
        assert_eq!(quoted("[bank](https://evil) @all"), "[bank]\u{2060}(https://evil) @\u{2060}all");
    }
}
