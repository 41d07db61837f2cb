//! Omnichannel's custom fields of visitors and rooms.

use serde_json::Value;

use crate::runtime::cache::Recent;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::wire::rocketchat::Visitor;

/// Custom fields that Rocket.Chat does not know, so as not to try, and say so, again and again.
#[derive(Debug, Default)]
pub struct UnknownFields(pub(crate) Recent<String, u64, 200>);

impl UnknownFields {
    /// After so long a field may have been added in Rocket.Chat, in milliseconds.
    pub(crate) const LIFE_MS: u64 = 10 * 60_000;

    /// Whether Rocket.Chat has said so a short while ago.
    pub(crate) fn contains(&self, field: &str, now: u64) -> bool {
        self.0.get(field).is_some_and(|at| now.abs_diff(at) < Self::LIFE_MS)
    }

    /// Rocket.Chat says so. Answers whether that is news.
    pub(crate) fn insert(&self, field: &str, now: u64) -> bool {
        self.0.put(field.to_owned(), now).is_none()
    }
}

/// A field that Rocket.Chat does not take must not keep the ticket from being opened.
pub(crate) async fn set_custom_field(host: &Host, visitor: &Visitor, key: &str, value: Value, level: Level) {
    let unknown_fields = host.cache::<UnknownFields>();
    if unknown_fields.contains(key, host.now()) {
        return;
    }
    let set = host.set_custom_field(visitor.token.clone(), key.to_owned(), value).await;
    let Err(failure) = set else { return };
    let words = failure.to_string();
    let is_unknown = words.contains("invalid-custom-field") && !words.contains("invalid-custom-field-value");
    if !is_unknown || unknown_fields.insert(key, host.now()) {
        host.log(level, format!("skipped the custom field `{key}`: {words}"));
    }
}
