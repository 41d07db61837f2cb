//! What people read, in the languages that the app speaks. The words of its settings are in `i18n/`; what RapidPro's log
//! and the server's log show is English.

use crate::host::Host;

/// A language that the app speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Where the app does not speak what is wanted.
    #[default]
    English,
    /// As written in Brazil.
    Portuguese,
    /// As written in Latin America.
    Spanish,
    /// As written in France.
    French,
}

impl Language {
    /// That of a tag such as `pt-BR` (BCP 47).
    pub fn of(tag: &str) -> Self {
        match tag.get(..2).unwrap_or_default().to_ascii_lowercase().as_str() {
            "pt" => Self::Portuguese,
            "es" => Self::Spanish,
            "fr" => Self::French,
            _ => Self::English,
        }
    }

    /// The server's; English where it cannot be read, since what is to be said matters more.
    pub async fn of_server(host: &Host) -> Self {
        let known = &host.memory().language;
        if let Some(language) = known.get(host.now()) {
            return language;
        }
        let tag = host.server_setting("Language").await.ok();
        let language = Self::of(tag.as_ref().and_then(|tag| tag.as_str()).unwrap_or_default());
        known.put(host.now(), language);
        language
    }
}

/// A text in all languages: a line each, in the order of [`Language`]. Names in braces stand for what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(&'static str);

impl Text {
    /// The text as it stands.
    pub fn in_language(self, language: Language) -> &'static str {
        self.0.lines().nth(language as usize).unwrap_or_default()
    }

    /// The text with `values` in place of their names.
    pub fn filled(self, language: Language, values: &[(&str, &str)]) -> String {
        let mut text = String::new();
        let mut parts = self.in_language(language).split('{');
        text.push_str(parts.next().unwrap_or_default());
        for (name, after) in parts.filter_map(|part| part.split_once('}')) {
            let value = values.iter().find(|(known, _)| *known == name);
            text.push_str(value.map_or(name, |(_, value)| value));
            text.push_str(after);
        }
        text
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $english:literal, $portuguese:literal, $spanish:literal, $french:literal;)*) => {
        $($(#[$doc])* pub const $name: Text = Text(concat!($english, "\n", $portuguese, "\n", $spanish, "\n", $french));)*

        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    /// The comment with which a room is closed that RapidPro closes.
    CLOSED_IN_RAPIDPRO:
        "Closed in RapidPro",
        "Fechado no RapidPro",
        "Cerrado en RapidPro",
        "Fermé dans RapidPro";
    /// The comment with which the room is closed that gives way to another one.
    GAVE_WAY:
        "Opened twice at once; the other room goes on",
        "Aberta duas vezes ao mesmo tempo; a outra sala continua",
        "Abierta dos veces a la vez; la otra sala continúa",
        "Ouvert deux fois en même temps ; l’autre salon continue";
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 4] = [Language::English, Language::Portuguese, Language::Spanish, Language::French];
    /// Texts that are the same in two languages.
    const ALIKE: &[&str] = &[];

    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).map(|part| part.split_once('}').expect("a closed brace").0).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_names() {
        for (name, text) in ALL {
            let english = text.in_language(Language::English);
            assert_eq!(text.0.lines().count(), LANGUAGES.len(), "{name}");
            for language in LANGUAGES {
                let own = text.in_language(language);
                assert!(!own.is_empty() && own == own.trim(), "{name} in {language:?}");
                assert_eq!(names(own), names(english), "{name} in {language:?}");
                assert!(
                    language == Language::English || own != english || ALIKE.contains(name),
                    "{name} in {language:?}"
                );
            }
        }
    }

    #[test]
    fn values_are_filled_in_and_stay_as_they_are() {
        let text = Text("{a} and {b}\n");
        assert_eq!(text.filled(Language::English, &[("a", "{b}"), ("b", "é")]), "{b} and é");
        assert_eq!(text.filled(Language::English, &[("a", "x")]), "x and b", "a name without a value stays");
    }

    #[test]
    fn languages_are_known_by_their_tags() {
        for (tag, language) in [
            ("pt-BR", Language::Portuguese),
            ("ES", Language::Spanish),
            ("fr", Language::French),
            ("en", Language::English),
            ("zh-HK", Language::English),
            ("é", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of(tag), language, "{tag}");
        }
    }
}
