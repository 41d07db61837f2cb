//! Emoji that agents write by name, such as `:smile:`, as the contact is to see them.

use std::sync::LazyLock;

use crate::sort::sort;

/// All emoji, as `tools/write-emoji.mjs` writes them: a line for each, of words between blanks. First comes the emoji,
/// last come its names. An emoji that takes tones of skin is followed by how it is drawn with one, and if two people are
/// on it, by how it is drawn with two: 🏻 stands where the first tone goes, 🏿 where the second one goes.
/// A name with an asterisk counts only with tones: without, it is another emoji's.
const TABLE: &str = include_str!("emoji.txt");

/// Each name with its line of the table, by name.
static LINES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let names_of = |line: &'static str| line.split(' ').skip(1).filter(|word| word.is_ascii());
    let mut lines = TABLE.lines().flat_map(|line| names_of(line).map(move |name| (name, line))).collect();
    sort(&mut lines);
    lines
});

const FIRST_TONE: char = '🏻';

const SECOND_TONE: char = '🏿';

/// `text` with emoji in place of their names. Code stays as typed, and so do web addresses and what only looks
/// like a name, such as a time.
pub fn from_names(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_address = false;
    // By bytes, of which neither is ever a part of another character: several times as fast.
    let mark = |text: &str| text.bytes().position(|byte| matches!(byte, b':' | b'`'));
    while let Some((before, from)) = mark(rest).and_then(|at| rest.split_at_checked(at)) {
        shown.push_str(before);
        is_in_address = goes_on_in_address(is_in_address, before) || from.starts_with("://");
        let may_follow = !is_in_address && !shown.ends_with(char::is_alphanumeric);
        rest = match may_follow.then(|| at_start(from)).flatten() {
            Some((emoji, after)) => {
                shown.push_str(&emoji);
                after
            }
            None => {
                let (typed, after) = from.split_at_checked(length_as_typed(from)).unwrap_or((from, ""));
                shown.push_str(typed);
                is_in_address = goes_on_in_address(is_in_address, typed);
                after
            }
        };
    }
    shown.push_str(rest);
    shown
}

/// Whether what ends in `text` is a web address, if what comes before it `was` one. Each part of a message is looked at
/// once: to look back from every colon would take minutes where there are many.
fn goes_on_in_address(was: bool, text: &str) -> bool {
    match text.rsplit_once(char::is_whitespace) {
        Some((_, word)) => word.contains("://"),
        None => was || text.contains("://"),
    }
}

/// How much of a text that begins with a colon or with code stays as it is, in bytes.
fn length_as_typed(text: &str) -> usize {
    let inner = text.trim_start_matches('`');
    let marks = text.len() - inner.len();
    let Some(fence) = text.get(..marks).filter(|fence| !fence.is_empty()) else { return 1 };
    // Only a block of code goes over several lines.
    let within = if marks < 3 { inner.lines().next().unwrap_or_default() } else { inner };
    within.find(fence).map_or(marks, |end| end + 2 * marks)
}

/// The emoji whose name `text` begins with, and what comes after.
fn at_start(text: &str) -> Option<(String, &str)> {
    let (name, after) = text.strip_prefix(':')?.split_once(':')?;
    let (base, tones) = without_tones(name);
    if base.is_empty() || !base.chars().all(is_in_name) || after.starts_with(char::is_alphanumeric) {
        return None;
    }
    let with_tones_only = || line_of(&format!("{base}*")).filter(|_| !tones.is_empty());
    let mut words = with_tones_only().or_else(|| line_of(&base))?.split(' ');
    let plain = words.next()?;
    let mut drawings = words.take_while(|word| !word.is_ascii());
    let emoji = match *tones {
        [] => plain.to_owned(),
        [tone] => with_tones(drawings.next()?, tone, tone),
        [first, second] => with_tones(drawings.last().filter(|last| last.contains(SECOND_TONE))?, first, second),
        _ => return None,
    };
    Some((emoji, after))
}

fn line_of(name: &str) -> Option<&'static str> {
    let index = LINES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    LINES.get(index).map(|(_, line)| *line)
}

/// An emoji as it is drawn, in these tones.
fn with_tones(drawing: &str, first: char, second: char) -> String {
    let tone = |char| match char {
        FIRST_TONE => first,
        SECOND_TONE => second,
        _ => char,
    };
    drawing.chars().map(tone).collect()
}

fn is_in_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '+' | '-')
}

/// A name without its tones, and these.
fn without_tones(name: &str) -> (String, Vec<char>) {
    let (mut base, mut tones) = (String::new(), Vec::new());
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let is_second = !tones.is_empty();
        rest = match tone_at_start(rest, is_second) {
            Some((tone, after)) => {
                tones.push(tone);
                after
            }
            None => {
                base.push(next);
                rest.strip_prefix(next).unwrap_or_default()
            }
        };
    }
    (base, tones)
}

fn tone_at_start(text: &str, is_second: bool) -> Option<(char, &str)> {
    const WORDS: [&str; 5] = ["light", "medium_light", "medium", "medium_dark", "dark"];
    let by_number = text.strip_prefix("_tone").or_else(|| text.strip_prefix('-').filter(|_| is_second));
    let (index, after) = match by_number {
        Some(number) => (u32::from(number.chars().next()?).checked_sub(u32::from('1'))?, number.get(1..)?),
        None => {
            let words = text.strip_prefix('_')?;
            let after = |word: &&str| words.strip_prefix(*word)?.strip_prefix("_skin_tone");
            (0..).zip(&WORDS).find_map(|(index, word)| Some((index, after(word)?)))?
        }
    };
    let tone = char::from_u32(u32::from('🏻') + index).filter(|tone| *tone <= '🏿')?;
    Some((tone, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(from_names(text), expected);
    }

    #[test]
    fn names_and_aliases() {
        check("Hi :smile: :+1::heart:!", "Hi 😄 👍❤️!");
        check(":thumbsup: :-1: :t_rex: :100: (:8ball:)", "👍 👎 🦖 💯 (🎱)");
        check(":man_cook: :woman_cook: :cook: :no_entry:", "👨‍🍳 👩‍🍳 🧑‍🍳 ⛔");
        check(":zero: :england:", "0️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿");
        check(":flag_rw: :rw: :rwanda: :no: :flag_no:", "🇷🇼 🇷🇼 🇷🇼 👎 🇳🇴");
    }

    #[test]
    fn tones() {
        check(":wave_tone3: :wave_medium_skin_tone:", "👋🏽 👋🏽");
        check(":point_up_tone1: :man_detective_dark_skin_tone:", "☝🏻 🕵🏿‍♂️");
        check(":person_tone5_curly_hair:", "🧑🏿‍🦱");
        check(":couple_tone1-4: :people_holding_hands_tone2:", "👩🏻‍🤝‍👨🏾 🧑🏼‍🤝‍🧑🏼");
        check(":handshake_light_skin_tone_dark_skin_tone:", "🫱🏻‍🫲🏿");
        check(":tone2:", "🏼");
        check(":kiss: :kiss_tone2: :kiss_tone:", "💋 💏🏼 :kiss_tone:");
        check(":wave_tone1-2: :wave_tone1_tone2_tone3:", ":wave_tone1-2: :wave_tone1_tone2_tone3:");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test may look at a clock, the core may not")]
    fn a_hundred_kilobytes_of_marks_take_no_longer_than_other_text() {
        for text in [":", "`", ":x", ":+1:x", "``a`", "http://:x:"] {
            let text = text.repeat(100_000 / text.len());
            let started = std::time::Instant::now();
            assert!(!from_names(&text).is_empty());
            assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
        }
    }

    #[test]
    fn what_is_no_name_stays() {
        for text in [
            "10:30:45",
            "at 10:100:5",
            "::",
            ":",
            ":::",
            ": smile :",
            ":unknown_name:",
            ":smile",
            "smile:",
            ":Smile:",
            "urn:in:x",
            ":smile:asd",
            "https://x/:on:/",
            ":dog_tone1:",
            ":wave_tone6:",
            ":wave_tone:",
            ":_tone1:",
            ":flag_xx:",
            ":xx:",
            ":smil:",
            ":mile:",
            ":~+1:",
            ":grinning grinning_face:",
            ":aß:",
            "",
        ] {
            check(text, text);
        }
        check(":x :smile:", ":x 😄");
        check("https://x :smile:", "https://x 😄");
    }

    #[test]
    fn code_stays_as_typed() {
        for text in ["`:smile:`", "```\n:smile:\n:+1:\n```", "``:smile: ` ``", "x `a:smile:`"] {
            check(text, text);
        }
        check("`:smile:` :smile: `", "`:smile:` 😄 `");
        check("`a\n:smile:`", "`a\n😄`");
        check("``` :smile:", "``` 😄");
    }
}
