//! A history as messages that people can read.

use serde_json::Value;

use crate::config::{language, settings};
use crate::livechat::media;
use crate::livechat::media::ContactMedia;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket::Ticket;
use crate::text::i18n::Language;
use crate::text::{messages, sanitize, timestamp};

/// How much of one message is shown, in characters.
const TEXT_LENGTH_MAX: usize = 2_000;

/// How long one of the room's messages becomes, in bytes, and how many there are at most.
const POST_LENGTH_MAX: usize = 4_000;

const POSTS_MAX: usize = 6;

pub(crate) fn written_at(message: &Value) -> Option<u64> {
    timestamp::parse(text(message, "created_on"))
}

/// A field as text; empty where it is none.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The history as the room's messages, oldest first.
pub(crate) async fn posts(host: &Host, ticket: &Ticket, messages: &[Value]) -> Result<Vec<String>, Failure> {
    let name = ticket.visitor.name.as_deref().unwrap_or_default();
    let contact = sanitize::one_line(name);
    let language = language::of_server(host).await;
    let contact = if contact.is_empty() { messages::CONTACT.in_language(language) } else { &contact };
    let said: Vec<(u64, String)> =
        messages.iter().rev().filter_map(|message| said(message, contact, language)).collect();
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let mut times = told_times(host, said.iter().map(|(at, _)| *at).collect()).await?;
    let time_zone = times.pop().unwrap_or_default();
    let heading = messages::HISTORY.filled(language, &[("time_zone", &time_zone)]);
    let lines = times.iter().zip(&said).map(|(time, (_, said))| format!("{time} {said}"));
    Ok(pack(lines, &heading, messages::MORE_HISTORY.in_language(language)))
}

/// A time zone that nobody knows must not keep the history from being shown.
async fn told_times(host: &Host, times: Vec<u64>) -> Result<Vec<String>, Failure> {
    let mut time_zone = settings::all(host).await?.time_zone().to_owned();
    loop {
        match host.tell_times(times.clone(), time_zone.clone()).await {
            Err(failure) if !time_zone.is_empty() => {
                host.log(Level::Error, format!("the time zone of the settings cannot be used: {failure}"));
                time_zone.clear();
            }
            told => return told,
        }
    }
}

/// When a message was made, and who said what. Every line of theirs but the first is quoted: none can pass for a
/// message of its own.
pub(crate) fn said(message: &Value, contact: &str, language: Language) -> Option<(u64, String)> {
    let mut words = text(message, "text").to_owned();
    for media in message.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let link =
            media::described(&ContactMedia { mime: text(media, "content_type"), url: text(media, "url") }, language);
        if !words.is_empty() && !link.is_empty() {
            words.push('\n');
        }
        words.push_str(&link);
    }
    if words.trim().is_empty() {
        return None;
    }
    if let Some((end, _)) = words.char_indices().nth(TEXT_LENGTH_MAX) {
        words.truncate(end);
        words.push('…');
    }
    let who = if text(message, "direction") == "in" { contact } else { "RapidPro" };
    let mut said = format!("*{who}*: {}", words.replace('\n', "\n> "));
    if text(message, "status") == "failed" {
        said.push(' ');
        said.push_str(messages::UNSENT.in_language(language));
    }
    Some((written_at(message)?, sanitize::without_mentions(&said)))
}

/// Puts lines into as few messages as a reader can bear; the oldest go where there are too many.
fn pack(lines: impl Iterator<Item = String>, heading: &str, next_heading: &str) -> Vec<String> {
    let mut posts: Vec<String> = Vec::new();
    for line in lines {
        match posts.last_mut() {
            Some(post) if post.len() + line.len() < POST_LENGTH_MAX => {
                post.push('\n');
                post.push_str(&line);
            }
            _ => posts.push(line),
        }
    }
    let mut posts = posts.split_off(posts.len().saturating_sub(POSTS_MAX));
    let mut above = heading;
    for post in &mut posts {
        post.insert(0, '\n');
        post.insert_str(0, above);
        above = next_heading;
    }
    posts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(message: Value) -> Option<String> {
        let mut message = message;
        message["created_on"] = json!("2020-07-17T10:28:09.123456Z");
        said(&message, "Ann", Language::English).map(|(_, said)| said)
    }

    #[test]
    fn who_said_what() {
        let media = json!([{ "content_type": "image/jpeg", "url": "https://host/a.jpg" }]);
        assert_eq!(told(json!({ "direction": "in", "text": "Hi" })).unwrap(), "*Ann*: Hi");
        let failed = json!({ "direction": "out", "text": "a\nb", "status": "failed", "attachments": null });
        assert_eq!(told(failed).unwrap(), "*RapidPro*: a\n> b _(not delivered)_");
        let captioned = json!({ "direction": "in", "text": "look", "attachments": media });
        assert_eq!(told(captioned).unwrap(), "*Ann*: look\n> a.jpg: https://host/a.jpg");
        let bare = json!({ "direction": "in", "text": "", "attachments": media });
        assert_eq!(told(bare).unwrap(), "*Ann*: a.jpg: https://host/a.jpg");
        assert_eq!(told(json!({ "direction": "in", "text": " " })), None);
    }

    #[test]
    fn long_histories_fill_several_messages_and_lose_their_beginning() {
        let lines = |count: usize| (0..count).map(|number| format!("{number} {}", "x".repeat(1_900)));
        let posts = pack(lines(3), "First", "Next");
        assert_eq!(posts.len(), 2);
        assert!(posts[0].starts_with("First\n0 x") && posts[0].contains("\n1 x"));
        assert!(posts[1].starts_with("Next\n2 x"));
        let posts = pack(lines(20), "First", "Next");
        assert_eq!(posts.len(), POSTS_MAX);
        assert!(posts[0].starts_with("First\n8 x") && posts[5].contains("\n19 x"));
        assert!(pack(lines(0), "First", "Next").is_empty());
    }
}
