//! What an agent wrote, as the contact is to get it: plain text and files.

use serde_json::Value;

use crate::livechat::media;
use crate::livechat::media::ContactMedia;
use crate::outbound::rich_content;
use crate::outbound::rich_content::without_quote_link;
use crate::outbound::rich_reader::Parts;
use crate::store::outbox_record::{File, Message};
use crate::text::i18n::Language;
use crate::text::{emoji, file_name, media_type};
use crate::wire::rocketchat;
use crate::wire::rocketchat::{MessageAttachment, MessageFile, Sender};

/// The content of a message, written at `written_at`; `None` where there is nothing to send. Links that lack the
/// server's address do so still, and the files are the message's own.
pub fn of(message: &rocketchat::Message, written_at: u64) -> Option<Message> {
    of_at(message, written_at, "", Language::default())
}

/// The same, on a server with that `address` and `language`.
pub fn of_at(message: &rocketchat::Message, written_at: u64, address: &str, language: Language) -> Option<Message> {
    let typed = typed(message);
    let Parts { quotes, below, .. } = rich_content::of(message, typed, address);
    let below = below.into_iter().filter(|line| line != typed);
    let place = place(&message.location, language);
    let lines = quotes.into_iter().chain([typed.to_owned()]).chain(below).chain(place);
    // No database takes it, and alone it is nothing.
    let lines = lines.map(|line| line.replace('\0', "")).filter(|line| !line.trim().is_empty());
    let text = emoji::from_names(&lines.collect::<Vec<_>>().join("\n"));
    let files = files(message);
    let author = message.sender.as_ref().and_then(Sender::called).unwrap_or_default();
    (!text.is_empty() || !files.is_empty()).then_some(Message { written_at, author, text, files })
}

/// What was typed, without the links that make a quote.
pub fn typed(message: &rocketchat::Message) -> &str {
    without_quote_link(message.text.as_deref().unwrap_or_default())
}

/// A place that somebody shared, a GeoJSON point (RFC 7946: longitude first), as contacts' places are shown.
pub(crate) fn place(location: &Value, language: Language) -> Option<String> {
    let coordinates = location.get("coordinates")?.as_array()?;
    // As JSON has them: the standard library's reader of numbers brings a table of 10 kB.
    let degrees = |value: &Value| value.as_f64().or_else(|| serde_json::from_str(value.as_str()?).ok());
    let (longitude, latitude) = (degrees(coordinates.first()?)?, degrees(coordinates.get(1)?)?);
    let url = format!("{latitude},{longitude}");
    Some(media::described(&ContactMedia { mime: "geo", url: &url }, language))
}

/// The text with its author's name before it, in that form. A quote keeps the beginning of its line.
pub fn signed(form: &str, author: &str, text: &str) -> String {
    let name = form.replace("{name}", author);
    if text.is_empty() {
        return name.trim_end().to_owned();
    }
    if text.starts_with("> ") { format!("{}\n{text}", name.trim_end()) } else { format!("{name}{text}") }
}

/// The originals; a thumbnail beside one is no file of its own. Not all servers mark it: then it is what is called
/// like one and no attachment leads to.
pub(crate) fn files(message: &rocketchat::Message) -> Vec<File> {
    let linked: Vec<&str> = message.attachments.iter().flatten().filter_map(linked_file).collect();
    let is_thumbnail = |file: &&MessageFile| {
        let is_called_so = file.name.as_deref().is_some_and(|name| name.starts_with("thumb-"));
        let has_link = linked.is_empty() || file.id.as_deref().is_some_and(|id| linked.contains(&id));
        file.type_group.as_deref() == Some("thumb") || (is_called_so && !has_link)
    };
    let originals = message.files.iter().flatten().filter(|file| !is_thumbnail(file));
    originals
        .filter_map(|file| {
            Some(File {
                id: file.id.clone()?,
                name: file.name.as_deref().and_then(file_name::safe).unwrap_or_else(|| "file".to_owned()),
                mime: file.kind.as_deref().and_then(media_type::essence).unwrap_or_default(),
                size: file.size.unwrap_or_default(),
            })
        })
        .collect()
}

/// The id of the file that an attachment leads to: `/file-upload/<id>/<name>`.
fn linked_file(attachment: &MessageAttachment) -> Option<&str> {
    attachment.link.as_deref()?.split_once("/file-upload/")?.1.split('/').next()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::wire::rocketchat;

    fn content(message: Value) -> Option<(String, Vec<String>)> {
        let mut message = message;
        message["room"] = json!({ "id": "r" });
        let message: rocketchat::Message = serde_json::from_value(message).unwrap();
        of(&message, 1).map(|content| (content.text, content.files.into_iter().map(|file| file.id).collect()))
    }

    #[track_caller]
    fn check_text(message: Value, expected: &str) {
        assert_eq!(content(message), Some((expected.to_owned(), Vec::new())));
    }

    #[test]
    fn text_stays_as_typed() {
        check_text(json!({ "text": "*hi* @anna\n`x` [a](https://b)" }), "*hi* @anna\n`x` [a](https://b)");
        check_text(json!({ "text": "[ ](https://b) no quote" }), "[ ](https://b) no quote");
        check_text(json!({ "text": "a\0b" }), "ab");
        assert_eq!(content(json!({ "text": "\0 \0" })), None);
        assert_eq!(content(json!({ "text": " " })), None);
        assert_eq!(content(json!({ "text": null })), None);
    }

    #[test]
    fn a_quoted_message_stands_above_the_answer() {
        let quote =
            json!({ "text": "[ ](https://c/live/x?msg=1) one\ntwo", "timestampLink": "https://c/live/r?msg=2" });
        let text = "[ ](https://c/live/r?msg=2) yes";
        check_text(json!({ "text": text, "attachments": [quote] }), "> one\n> two\nyes");
    }

    #[test]
    fn authors_are_called_by_name_or_else_by_username() {
        let author = |sender: Value| {
            let message = json!({ "text": "x", "room": { "id": "r" }, "sender": sender });
            of(&serde_json::from_value(message).unwrap(), 1).unwrap().author
        };
        assert_eq!(
            author(json!({ "name": " Agnes\n\u{1f469}  O'Neil ", "username": "agnes" })),
            "Agnes \u{1f469} O'Neil"
        );
        assert_eq!(author(json!({ "name": " ", "username": "agnes" })), "agnes");
        assert_eq!(author(json!({})), "");
    }

    #[test]
    fn the_name_stands_before_the_text() {
        assert_eq!(signed("*{name}*: ", "Agnes", "Hello"), "*Agnes*: Hello");
        assert_eq!(signed("*{name}*: ", "Agnes", "> one\nyes"), "*Agnes*:\n> one\nyes");
        assert_eq!(signed("*{name}*: ", "Agnes", ""), "*Agnes*:");
        assert_eq!(signed("{name} says ", "{name}", "Hello"), "{name} says Hello");
    }

    #[test]
    fn files_come_without_thumbnails_and_with_their_captions() {
        let files = json!([
            { "_id": "f1", "name": "a.png", "type": "image/png", "size": 7 },
            { "_id": "f2", "name": "thumb-a.png", "type": "image/png", "typeGroup": "thumb" },
            { "_id": "f3", "name": "b.pdf", "type": "application/pdf", "size": 8 },
        ]);
        let message = json!({ "text": "", "attachments": [{ "description": "look" }], "files": files });
        assert_eq!(content(message), Some(("look".to_owned(), vec!["f1".to_owned(), "f3".to_owned()])));
    }

    /// The files that go, with their types.
    fn sent(files: Value, links: &[&str]) -> Vec<(String, String)> {
        let link = |id: &&str| json!({ "link": format!("/file-upload/{id}/x.png") });
        let attachments: Vec<Value> = links.iter().map(link).collect();
        let message = json!({ "room": { "id": "r" }, "attachments": attachments, "files": files });
        let message = of(&serde_json::from_value(message).unwrap(), 1).unwrap();
        message.files.into_iter().map(|file| (file.id, file.mime)).collect()
    }

    #[test]
    fn a_picture_goes_once_where_thumbnails_are_not_marked() {
        let file = |id: &str, name: &str| json!({ "_id": id, "name": name, "type": "image/png" });
        let ids = |files: Value, links: &[&str]| sent(files, links).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(ids(json!([file("f1", "a.png"), file("f2", "thumb-a.png")]), &["f1"]), ["f1"]);
        let real = json!([file("f1", "thumb-a.png"), file("f2", "thumb-thumb-a.png")]);
        assert_eq!(ids(real, &["f1"]), ["f1"], "a real file of such a name");
        let two = json!([file("f1", "a.png"), file("f2", "thumb-a.png"), file("f3", "thumb-a.png"), file("f4", "b")]);
        assert_eq!(ids(two, &["f1", "f3", "f4"]), ["f1", "f3", "f4"]);
        assert_eq!(ids(json!([file("f1", "thumb-a.png")]), &[]), ["f1"], "without attachments nothing tells");
        assert_eq!(ids(json!([file("f1", "a.png"), file("f2", "b.png")]), &["f1"]), ["f1", "f2"]);
    }

    #[test]
    fn types_come_without_parameters() {
        let typed = |kind: &str| sent(json!([{ "_id": "f", "name": "x", "type": kind }]), &[]).remove(0).1;
        assert_eq!(typed("video/webm;codecs=vp8,opus"), "video/webm");
        assert_eq!(typed("TEXT/plain; charset=utf-8"), "text/plain");
        assert_eq!(typed("nonsense"), "");
    }
}
