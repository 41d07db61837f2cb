//! text/i18n

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Texts by their keys.
type Catalogue = BTreeMap<String, String>;

/// The catalogue of a language. That it can be read is tested; if it could not, its texts would be shown in English.
macro_rules! catalogue {
    ($language:literal) => {
        serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/i18n/", $language, ".json")))
            .unwrap_or_default()
    };
}

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

    /// All texts in this language by their keys. The JSON is read when somebody first reads the language.
    pub(crate) fn catalogue(self) -> &'static Catalogue {
        static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| catalogue!("en"));
        static PORTUGUESE: LazyLock<Catalogue> = LazyLock::new(|| catalogue!("pt"));
        static SPANISH: LazyLock<Catalogue> = LazyLock::new(|| catalogue!("es"));
        static FRENCH: LazyLock<Catalogue> = LazyLock::new(|| catalogue!("fr"));
        match self {
            Self::English => &ENGLISH,
            Self::Portuguese => &PORTUGUESE,
            Self::Spanish => &SPANISH,
            Self::French => &FRENCH,
        }
    }
}

/// A text that people read: its key in the catalogues `crate/i18n/*.json`. Names in braces stand for what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(pub(crate) &'static str);

impl Text {
    /// The text with this key.
    pub const fn new(key: &'static str) -> Self {
        Self(key)
    }

    /// The text as it stands: in English where the language lacks it, and the key where English does.
    pub fn in_language(self, language: Language) -> &'static str {
        let text = |language: Language| language.catalogue().get(self.0);
        text(language).or_else(|| text(Language::English)).map_or(self.0, String::as_str)
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

/// A reason in a server's own words, `{words}`, which nobody can translate.
pub const QUOTED: Text = Text::new("quoted");

/// A text with what is filled in, for whoever reads it first in one language and then in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub(crate) text: Text,
    pub(crate) values: Vec<(&'static str, String)>,
}

impl Phrase {
    /// A text with `values` in place of their names.
    pub fn new(text: Text, values: Vec<(&'static str, String)>) -> Self {
        Self { text, values }
    }

    /// The same in every language: what a server says.
    pub fn quoted(words: String) -> Self {
        Self::new(QUOTED, vec![("words", words)])
    }

    /// The phrase in one language.
    pub fn in_language(&self, language: Language) -> String {
        let values: Vec<(&str, &str)> = self.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.text.filled(language, &values)
    }

    /// Its text's key, and the values by their names.
    pub fn into_parts(self) -> (&'static str, Vec<(&'static str, String)>) {
        (self.text.0, self.values)
    }

    /// The phrase as the logs have it.
    pub fn in_log(&self) -> String {
        self.in_language(Language::English)
    }
}

impl From<Text> for Phrase {
    fn from(text: Text) -> Self {
        Self::new(text, Vec::new())
    }
}
