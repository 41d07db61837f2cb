//! Texts that are looked at closely: settings, addresses, places, agents' messages, stored records.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rapidpro_tickets_core::config::workspace_config::WorkspaceConfig;
use rapidpro_tickets_core::livechat::media::ContactMedia;
use rapidpro_tickets_core::livechat::media::render;
use rapidpro_tickets_core::livechat::visitor;
use rapidpro_tickets_core::outbound::content;
use rapidpro_tickets_core::request::fields;
use rapidpro_tickets_core::runtime::json;
use rapidpro_tickets_core::store::inbox;
use rapidpro_tickets_core::store::ticket;
use rapidpro_tickets_core::text::i18n::Language;
use rapidpro_tickets_core::text::url;
use rapidpro_tickets_core::wire::rocketchat::Message;
use rapidpro_tickets_fuzz::chance::Chance;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let mut chance = Chance::new(bytes);
    match chance.below(4) {
        0 => check_text(&chance.rest()),
        1 => check_media(&mut chance),
        2 => check_message(&chance.rest()),
        _ => check_records(&chance.rest()),
    }
});

fn check_text(text: &str) {
    if url::is_http_url(text) {
        assert!(!text.contains(|char: char| char.is_whitespace() || char.is_control()), "{text:?}");
        assert!(text.to_ascii_lowercase().starts_with("http"), "{text:?}");
    }
    let (lines, _) = WorkspaceConfig::read_all(text, &[], &WorkspaceConfig::default());
    assert!(lines.iter().all(|line| !line.name.is_empty() && !line.secret.is_empty()), "nobody gets in with nothing");
    if fields::is_uuid(text) {
        assert_eq!(text.len(), 36);
    }
    if visitor::is_email(text) {
        assert!(text.contains('@') && !text.contains(char::is_whitespace), "{text:?}");
    }
    if visitor::is_phone(text) {
        assert!(text.is_ascii(), "{text:?}");
    }
}

/// Rocket.Chat refuses a whole message for one address that is none.
fn check_media(chance: &mut Chance<'_>) {
    let (mime, url, text) = (chance.text(), chance.text(), chance.rest());
    let (text_shown, attachments) = render(&text, &[ContactMedia { mime: &mime, url: &url }], Language::default());
    for attachment in &attachments {
        let link = attachment.title.link.as_deref().unwrap_or_default();
        assert!(url::is_http_url(link), "{link:?}");
    }
    assert!(!attachments.is_empty() || text_shown.ends_with(&url), "{url:?} is lost");
}

fn check_message(text: &str) {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    let Some(message) = json::read::<Message>(&value) else { return };
    if let Some(content) = content::of(&message, 1) {
        assert!(!content.text.is_empty() || !content.files.is_empty());
    }
}

fn check_records(text: &str) {
    let Ok(Value::Array(records)) = serde_json::from_str(text) else { return };
    for ticket in ticket::of_contact(&records) {
        assert!(!ticket.bindings.is_empty());
        assert!(ticket.is_open() || ticket.closed_at().is_some());
    }
    inbox::entries(&records);
    inbox::contacts_on(&records);
}
