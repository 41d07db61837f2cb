//! How names of Rust are spelled in JSON.

use syn::{Error, Ident, LitStr, Result};

/// A way of spelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Case {
    #[default]
    AsItIs,
    Camel,
    Kebab,
}

impl Case {
    pub fn of(name: &LitStr) -> Result<Self> {
        match name.value().as_str() {
            "camelCase" => Ok(Self::Camel),
            "kebab-case" => Ok(Self::Kebab),
            _ => Err(Error::new_spanned(name, "it is `camelCase` or `kebab-case`")),
        }
    }

    /// A field's name, which Rust writes in `snake_case`.
    pub fn of_field(self, ident: &Ident) -> String {
        self.join(ident.to_string().split('_').map(str::to_owned))
    }

    /// A variant's name, which Rust writes in `CamelCase`.
    pub fn of_type(self, ident: &Ident) -> String {
        let mut words: Vec<String> = Vec::new();
        for letter in ident.to_string().chars() {
            if letter.is_uppercase() || words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        if self == Self::AsItIs { ident.to_string() } else { self.join(words.into_iter()) }
    }

    fn join(self, mut words: impl Iterator<Item = String>) -> String {
        match self {
            Self::AsItIs => words.collect::<Vec<_>>().join("_"),
            Self::Kebab => words.collect::<Vec<_>>().join("-"),
            Self::Camel => {
                let first = words.next().unwrap_or_default();
                words.fold(first, |name, word| {
                    let (initial, rest) = word.split_at_checked(1).unwrap_or_default();
                    name + &initial.to_uppercase() + rest
                })
            }
        }
    }
}
