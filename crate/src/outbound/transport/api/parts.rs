//! Cutting what an agent wrote into messages that RapidPro takes.

use std::ops::Range;

/// RapidPro takes no more files in one message.
const FILES_MAX: usize = 10;

/// How much of an entry is taken: characters of its text, and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) chars: usize,
    pub(crate) files: usize,
}

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Its text, as RapidPro will store it; may be empty where there are files.
    pub(crate) text: &'a str,
    /// Which of the files it has.
    pub(crate) files: Range<usize>,
    /// How much of the entry is taken with it.
    pub(crate) until: Place,
}

/// The next message: of a text, and of so many files, from a place on, in at most `limit` characters. All files that can
/// go with the first words do.
pub(crate) fn next(text: &str, files: usize, from: Place, limit: usize) -> Option<Part<'_>> {
    let rest = after(text, from.chars);
    let open = rest.trim_start_matches(is_blank);
    let skipped = rest.chars().count().saturating_sub(open.chars().count());
    let files = from.files..files.min(from.files.saturating_add(FILES_MAX)).max(from.files);
    if stripped(open).is_empty() && files.is_empty() {
        return None;
    }
    let taken = cut(open, limit);
    let chars = from.chars.saturating_add(skipped).saturating_add(taken.chars().count());
    let until = Place { chars, files: files.end };
    Some(Part { text: stripped(taken), files, until })
}

/// The beginning of a text: all of it, or what ends at a line's, a word's or at least a visible character's end.
fn cut(text: &str, limit: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(limit.max(1)) else { return text };
    // What follows the limit may be a blank: then the last word is whole.
    let window = text.get(..end).unwrap_or(text);
    let half = window.len() / 2;
    let is_blank_next = text.get(end..).is_some_and(|rest| rest.starts_with(is_blank));
    let at = |found: Option<usize>| found.filter(|at| *at >= half);
    let line = at(window.rfind('\n'));
    let word = if is_blank_next { Some(window.len()) } else { at(window.rfind(is_blank)) };
    let visible = || {
        let mut end = window.len();
        let mut joined = text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(joins);
        for (start, char) in window.char_indices().rev().take(20) {
            if !joined && char != ZERO_WIDTH_JOINER {
                break;
            }
            joined = joins(char);
            end = start;
        }
        if end == 0 { window.len() } else { end }
    };
    text.get(..line.or(word).unwrap_or_else(visible)).unwrap_or(window)
}

const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// Whether a character belongs to the one before it: accents, skin tones, joined emoji.
fn joins(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{20e3}')
}

/// A text without its first characters.
fn after(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

/// What Python's `str.strip` takes away, and so RapidPro.
fn is_blank(char: char) -> bool {
    char.is_whitespace() || matches!(char, '\u{1c}'..='\u{1f}')
}

/// A text as RapidPro stores it.
pub(crate) fn stripped(text: &str) -> &str {
    text.trim_matches(is_blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, files: usize, limit: usize) -> Vec<(String, Range<usize>)> {
        let (mut parts, mut place) = (Vec::new(), Place::default());
        while let Some(part) = next(text, files, place, limit) {
            assert!(part.text.chars().count() <= limit, "{part:?}");
            assert!(part.until != place, "{part:?}");
            place = part.until;
            parts.push((part.text.to_owned(), part.files));
        }
        parts
    }

    fn words(text: &str, limit: usize) -> Vec<String> {
        texts(text, 0, limit).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn what_is_short_goes_whole_and_stripped() {
        assert_eq!(words("hello", 5), ["hello"]);
        assert_eq!(words("  padded \n text  \n", 20), ["padded \n text"]);
        assert_eq!(words(" \u{1f} ", 20), Vec::<String>::new());
    }

    #[test]
    fn a_long_text_is_cut_at_lines_or_words_or_between_characters() {
        assert_eq!(words("one two three", 8), ["one two", "three"]);
        assert_eq!(words("one two\nthree four", 14), ["one two", "three four"]);
        assert_eq!(words("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(words("aaae\u{301}b", 4), ["aaa", "e\u{301}b"]);
        assert_eq!(words("ab👩\u{200d}👧c", 4), ["ab", "👩\u{200d}👧c"]);
        assert_eq!(words("éééé", 2), ["éé", "éé"]);
        let joined = "\u{301}".repeat(30);
        assert_eq!(words(&joined, 10).concat(), joined);
    }

    #[test]
    fn files_go_with_the_first_words_ten_at_a_time() {
        assert_eq!(texts("a b", 12, 2), [("a".into(), 0..10), ("b".into(), 10..12)]);
        assert_eq!(texts("", 1, 9), [("".into(), 0..1)]);
        assert_eq!(texts("a", 11, 9), [("a".into(), 0..10), ("".into(), 10..11)]);
    }

    #[test]
    fn a_limit_that_shrinks_meanwhile_loses_nothing() {
        let text = "one two three four";
        let first = next(text, 0, Place::default(), 8).unwrap();
        assert_eq!(first.text, "one two");
        let second = next(text, 0, first.until, 5).unwrap();
        assert_eq!(second.text, "three");
        assert_eq!(next(text, 0, second.until, 99).unwrap().text, "four");
    }
}
