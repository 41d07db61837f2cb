//! The server's language.

use crate::runtime::cache::Cached;
use crate::runtime::host::Host;
use crate::text::i18n::Language;

/// The server's language, as it was a short while ago.
pub type LanguageCache = Cached<Language>;

/// The server's language; English where it cannot be read, since what is to be said matters more.
pub async fn of_server(host: &Host) -> Language {
    let known = host.cache::<LanguageCache>();
    if let Some(language) = known.get(host.now()) {
        return language;
    }
    let tag = host.server_setting("Language").await.ok();
    let language = Language::of(tag.as_ref().and_then(|tag| tag.as_str()).unwrap_or_default());
    known.put(host.now(), language);
    language
}
