//! Emoji that agents write by name, such as `:smile:`, as the contact is to see them.

/// All names, as `tools/write-emoji.mjs` writes them: a line for each emoji, in the order of their code
/// points, an empty line, and a line for each flag.
///
/// A line ends in its names. The emoji stands before them, but for its first character where that is the one
/// after the last line's or, before a joiner, the last line's. After a `~`, which says that it takes tones of
/// skin, may stand how it is drawn with two of them. A flag is two capital letters.
const TABLE: &str = include_str!("emoji.txt");

const JOINER: char = '\u{200d}';
/// Asks for the coloured form of a character; a tone stands in its place.
const VARIATION: char = '\u{fe0f}';

/// `text` with emoji in place of their names. Code stays as typed, and so do web addresses and what only looks
/// like a name, such as a time.
pub fn from_names(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // By bytes, of which neither is ever a part of another character: several times as fast.
    let mark = |text: &str| text.bytes().position(|byte| matches!(byte, b':' | b'`'));
    while let Some((before, from)) = mark(rest).and_then(|at| rest.split_at_checked(at)) {
        shown.push_str(before);
        let emoji = if may_follow(&shown) { at_start(from) } else { None };
        rest = match emoji {
            Some((emoji, after)) => {
                shown.push_str(&emoji);
                after
            }
            None => {
                let (typed, after) = from.split_at_checked(length_as_typed(from)).unwrap_or((from, ""));
                shown.push_str(typed);
                after
            }
        };
    }
    shown.push_str(rest);
    shown
}

/// Whether a name may stand after `text`: not within a word, and not in a web address.
fn may_follow(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    !word.ends_with(char::is_alphanumeric) && !word.contains("://")
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
    let emoji = match tones.first() {
        Some(&first) => toned(&base, first, tones.get(1).copied()),
        None => entry(name, |_| true).map(|entry| entry.emoji).or_else(|| flag(name)),
    };
    Some((emoji?, after))
}

/// A line of the table.
struct Entry {
    emoji: String,
    /// How it is drawn with two tones, if it takes any.
    tones: Option<&'static str>,
}

/// The first entry with a name of those that are wanted.
fn entry(name: &str, is_wanted: fn(&Entry) -> bool) -> Option<Entry> {
    let (table, _) = TABLE.split_once("\n\n")?;
    let mut found = table.match_indices(name).filter_map(|(at, _)| {
        let (before, from) = table.split_at_checked(at)?;
        let is_whole = !before.ends_with(is_in_name) && !from.strip_prefix(name)?.starts_with(is_in_name);
        is_whole.then(|| entry_at(before))?
    });
    found.find(is_wanted)
}

fn is_in_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '+' | '-')
}

/// The entry in whose line the table up to here ends, somewhere in its names.
fn entry_at(table: &'static str) -> Option<Entry> {
    let (above, line) = table.rsplit_once('\n').unwrap_or(("", table));
    let signs = line.trim_end_matches(|char| is_in_name(char) || char == ' ');
    let (shown, tones) = signs.split_once('~').map_or((signs, None), |(shown, pair)| (shown, Some(pair)));
    let omitted = match shown.chars().next() {
        Some(JOINER) => Some(first_char(above)?),
        None | Some(VARIATION) => char::from_u32(u32::from(first_char(above)?) + 1),
        Some(_) => None,
    };
    Some(Entry { emoji: omitted.into_iter().chain(shown.chars()).collect(), tones })
}

/// The first character of the last emoji of a part of the table.
fn first_char(table: &str) -> Option<char> {
    let mut after = 0;
    for line in table.lines().rev() {
        let mut chars = line.chars();
        match (chars.next()?, chars.next()) {
            (JOINER, _) => {}
            (VARIATION | '~', _) => after += 1,
            (first, Some(second)) if first.is_ascii() && second.is_ascii() => after += 1,
            (first, _) => return char::from_u32(u32::from(first) + after),
        }
    }
    None
}

fn flag(name: &str) -> Option<String> {
    let (_, flags) = TABLE.split_once("\n\n")?;
    let code = name.strip_prefix("flag_").unwrap_or(name);
    let is_it = |(region, names): &(&str, &str)| {
        region.eq_ignore_ascii_case(code) || names.split(' ').any(|known| known == name)
    };
    let (region, _) = flags.lines().filter_map(|line| line.split_at_checked(2)).find(is_it)?;
    region.chars().map(|letter| char::from_u32(u32::from(letter) - u32::from('A') + u32::from('🇦'))).collect()
}

/// An emoji in a tone of skin, or in those of two people.
fn toned(name: &str, first: char, second: Option<char>) -> Option<String> {
    let Entry { emoji, tones: pair } = entry(name, |entry| entry.tones.is_some())?;
    let (drawn, last) = match second {
        Some(_) => (pair.filter(|pair| !pair.is_empty()).unwrap_or(&emoji), second),
        None => (emoji.as_str(), Some(first).filter(|_| ends_in_person(&emoji))),
    };
    let mut chars = drawn.chars();
    let mut shown: String = chars.next().into_iter().chain([first]).collect();
    let rest = chars.as_str();
    shown.push_str(rest.strip_prefix(VARIATION).unwrap_or(rest));
    shown.extend(last);
    Some(shown)
}

fn ends_in_person(emoji: &str) -> bool {
    emoji.contains(JOINER) && emoji.ends_with(['👨', '👩', '🧑'])
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
