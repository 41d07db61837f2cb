//! What Rocket.Chat shows below a message's text, as plain text: quotes and forwarded messages, cards, media by
//! address, UiKit blocks.

use serde_json::Value;

use crate::outbound::rich_reader::{CUT, ITEMS_MAX, Parts, Reader, get, labelled, list, scalar, upload, words};
use crate::wire::rocketchat::Message;

/// The most that is added to what was typed, in characters.
const LENGTH_MAX: usize = 8_000;

/// Reads what stands around a message's text. `address` is the server's, for links that lack it; files of quoted
/// messages count as sent where nothing was `typed`.
pub fn of(message: &Message, typed: &str, address: &str) -> Parts {
    let own = message.files.iter().flatten().filter_map(|file| file.id.as_deref()).collect();
    let is_answer = !typed.trim().is_empty();
    let mut reader = Reader { address, own, is_answer, left: ITEMS_MAX, parts: Parts::default() };
    let (mut quotes, mut below) = (Vec::new(), Vec::new());
    for attachment in message.attachments.iter().flatten() {
        let lines = reader.attachment(&attachment.whole, 0, false);
        if is_quote(&attachment.whole) { quotes.extend(lines) } else { below.extend(lines) }
    }
    below.extend(reader.blocks(&message.blocks, 0));
    if reader.left == 0 {
        below.push(CUT.to_owned());
    }
    let mut left = LENGTH_MAX;
    Parts { quotes: bounded(quotes, &mut left), below: bounded(below, &mut left), ..reader.parts }
}

/// A text without the invisible links with which a reply begins, to the messages that it quotes: `[ ](https://…?msg=…)`.
pub fn without_quote_link(text: &str) -> &str {
    let mut rest = text;
    while let Some((link, after)) = rest.strip_prefix("[ ](").and_then(|rest| rest.split_once(')')) {
        if !link.contains("msg=") {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

impl Reader<'_> {
    pub(crate) fn attachment(&mut self, value: &Value, depth: usize, quoted: bool) -> Vec<String> {
        if !self.enter(depth) {
            return vec![CUT.to_owned()];
        }
        let quotes = is_quote(value);
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for nested in list(value, "attachments") {
            let lines = self.attachment(nested, depth.saturating_add(1), quoted || quotes);
            if is_quote(nested) { above.extend(lines) } else { below.extend(lines) }
        }
        if !quotes {
            above.extend(self.card(value, depth, quoted));
            above.extend(below);
            if above.is_empty() {
                above.extend(words(value, &["fallback"]));
            }
            return above;
        }
        above.extend(words(value, &["text"]).map(|text| without_quote_link(&text).to_owned()));
        above.extend(self.media(value, false, true));
        above.extend(words(value, &["description"]));
        above.extend(below);
        let lines = above.iter().flat_map(|line| line.lines());
        let marked = lines.map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n");
        Some(marked).filter(|marked| !marked.is_empty()).into_iter().collect()
    }

    fn card(&mut self, value: &Value, depth: usize, quoted: bool) -> Vec<String> {
        let title = get(value, &["title"]);
        let name = title.and_then(scalar).or_else(|| words(title?, &["value"]));
        let link = title.and_then(|title| words(title, &["link"])).or_else(|| words(value, &["title_link", "link"]));
        let is_upload = link.as_deref().is_some_and(|link| upload(link).is_some());
        let author = get(value, &["author"]).and_then(|author| words(author, &["name"]));
        let mut lines: Vec<String> = Vec::new();
        lines.extend(words(value, &["pretext"]));
        lines.extend(author.or_else(|| words(value, &["author_name"])));
        match link {
            Some(link) => lines.extend(self.link(name, &link, value, quoted)),
            None => lines.extend(name),
        }
        lines.extend(words(value, &["text"]));
        for field in list(value, "fields").take(ITEMS_MAX) {
            if self.enter(depth) {
                lines.extend(labelled(words(field, &["title"]), words(field, &["value"])));
            }
        }
        lines.extend(self.media(value, is_upload, quoted));
        lines.extend(words(value, &["description"]));
        for action in list(value, "actions") {
            if self.enter(depth) {
                lines.extend(self.button(action));
            }
        }
        lines.extend(words(value, &["footer"]));
        if let Some(blocks) = get(value, &["blocks"]) {
            lines.extend(self.blocks(blocks, depth.saturating_add(1)));
        }
        lines
    }

    /// Pictures, sound and video. Beside an uploaded file they are that file, or its thumbnail.
    pub(crate) fn media(&mut self, value: &Value, is_upload: bool, quoted: bool) -> Vec<String> {
        let kinds = [["imageUrl", "image_url"], ["audioUrl", "audio_url"], ["videoUrl", "video_url"]];
        let mut lines = Vec::new();
        for url in kinds.iter().filter_map(|names| words(value, names)) {
            if !is_upload || upload(&url).is_none() {
                lines.extend(self.link(None, &url, value, quoted));
            }
        }
        lines
    }
}

/// Whether an attachment is a message that is quoted or forwarded: it leads to where that was written.
fn is_quote(value: &Value) -> bool {
    words(value, &["timestampLink", "message_link"]).is_some()
}

/// As many of the lines as may be sent.
pub(crate) fn bounded(lines: Vec<String>, left: &mut usize) -> Vec<String> {
    let mut kept = Vec::new();
    for line in lines.into_iter().filter(|line| !line.trim().is_empty()) {
        if *left == 0 {
            break;
        }
        let length = line.chars().count();
        if length > *left {
            kept.push(line.chars().take(*left).collect::<String>() + CUT);
        } else {
            kept.push(line);
        }
        *left = left.saturating_sub(length);
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::outbound::content;
    use crate::text::i18n::Language;
    use crate::wire::rocketchat::Message;

    fn message(mut message: Value) -> Message {
        message["room"] = json!({ "id": "r" });
        serde_json::from_value(message).unwrap()
    }

    #[track_caller]
    fn check(shape: Value, expected: &str) {
        let shown = content::of_at(&message(shape.clone()), 1, "https://chat", Language::English);
        assert_eq!(shown.map(|content| content.text).unwrap_or_default(), expected, "{shape}");
    }

    fn uploads(shape: Value) -> Vec<(String, String)> {
        let message = message(shape);
        let parts = of(&message, content::typed(&message), "");
        parts.uploads.into_iter().map(|file| (file.id, file.name)).collect()
    }

    fn forward(text: &str) -> Value {
        json!({ "text": text, "attachments": [{
            "text": "", "timestampLink": "https://chat/live/x?msg=1", "author": { "name": "Ann" },
            "_unmappedProperties_": { "attachments": [{
                "title": "a b.pdf", "title_link": "/file-upload/f1/a%20b.pdf", "type": "file", "description": "the plan",
            }] },
        }] })
    }

    #[test]
    fn forwarded_files_are_named_and_sent_quoted_ones_are_named() {
        check(forward("[ ](https://chat/live/x?msg=1)"), "> a b.pdf\n> the plan");
        check(forward("[ ](https://chat/live/x?msg=1) this one"), "> a b.pdf\n> the plan\nthis one");
        let file = ("f1".to_owned(), "a b.pdf".to_owned());
        assert_eq!(uploads(forward("")), [file]);
        assert_eq!(uploads(forward("this one")), []);
        let picture = json!({ "message_link": "https://chat/?msg=2", "attachments": [
            { "title": "p.png", "title_link": "/file-upload/p/p.png", "image_url": "/file-upload/thumb/p.png" }] });
        assert_eq!(uploads(json!({ "attachments": [picture] })), [("p".to_owned(), "p.png".to_owned())]);
        let bare = json!({ "image_url": "/file-upload/p/S%C3%A3o.png" });
        assert_eq!(uploads(json!({ "attachments": [bare] })), [("p".to_owned(), "São.png".to_owned())]);
    }

    #[test]
    fn own_files_are_no_links() {
        let attachment = json!({ "title": { "value": "a.png", "link": "/file-upload/f1/a.png" },
            "imageUrl": "/file-upload/f2/a.png", "description": "look" });
        let shape =
            json!({ "attachments": [attachment], "files": [{ "_id": "f1" }, { "_id": "f2", "name": "thumb-a.png" }] });
        assert_eq!(uploads(shape.clone()), []);
        check(shape, "look");
    }

    #[test]
    fn media_by_address_are_links() {
        for name in ["imageUrl", "image_url", "audioUrl", "audio_url", "videoUrl", "video_url"] {
            check(json!({ "text": "x", "attachments": [{ name: "https://host/a" }] }), "x\nhttps://host/a");
            check(json!({ "attachments": [{ name: "/avatar/a" }] }), "https://chat/avatar/a");
            check(json!({ "attachments": [{ "_unmappedProperties_": { name: "//cdn/a" } }] }), "https://cdn/a");
        }
        check(json!({ "attachments": [{ "title": "Map", "title_link": "https://host/m" }] }), "Map: https://host/m");
        check(json!({ "attachments": [{ "title": { "value": "Map", "link": "javascript:x()" } }] }), "Map");
        check(json!({ "attachments": [{ "image_url": "data:image/png;base64,xx" }] }), "");
    }

    #[test]
    fn cards_are_their_words() {
        let card = json!({ "pretext": "New", "author": { "name": "Bot" }, "title": { "value": "Visit" }, "text": "at 9",
            "fields": [{ "title": "Ward", "value": 7, "short": true }, { "value": "bring papers" }, null, 3],
            "actions": [{ "type": "button", "text": "Open", "url": "https://host/o" }, { "type": "button", "text": "Yes", "msg": "yes" }] });
        let lines = "New\nBot\nVisit\nat 9\nWard: 7\nbring papers\nOpen: https://host/o\n[Yes]";
        check(json!({ "attachments": [card] }), lines);
        check(json!({ "attachments": [{ "fallback": "plain" }] }), "plain");
    }

    #[test]
    fn places_lead_to_a_map() {
        let map = "Location: -1.95,30.06: https://www.openstreetmap.org/?mlat=-1.95&mlon=30.06";
        check(json!({ "text": "", "location": { "type": "Point", "coordinates": [30.06, -1.95] } }), map);
        check(json!({ "location": { "type": "Point", "coordinates": ["30.06", "-1.95"] } }), map);
        for odd in [json!({}), json!("here"), json!({ "coordinates": [1] }), json!({ "coordinates": [null, {}] })] {
            check(json!({ "text": "x", "location": odd }), "x");
        }
    }

    #[test]
    fn odd_shapes_do_no_harm() {
        for odd in [
            json!(null),
            json!(7),
            json!("x"),
            json!([[]]),
            json!({ "text": {}, "title": [], "fields": {}, "actions": 1,
            "attachments": "a", "author": 5, "image_url": {}, "timestampLink": [], "blocks": 7 }),
        ] {
            check(json!({ "text": "x", "attachments": [odd], "blocks": [odd] }), "x");
            check(json!({ "text": "x", "blocks": odd }), "x");
        }
    }

    #[test]
    fn depth_number_and_length_are_bounded() {
        let mut nested = json!({ "text": "core" });
        for depth in 0..90 {
            let name = if depth % 2 == 0 { "attachments" } else { "blocks" };
            nested = json!({ "text": "t", name: [nested] });
        }
        let deep = of(&message(json!({ "attachments": [nested], "blocks": [nested] })), "", "");
        assert!(deep.below.len() < 30, "{deep:?}");
        let many = vec![json!({ "text": "y".repeat(100), "image_url": "/file-upload/f/x" }); 5_000];
        let many = of(&message(json!({ "attachments": many })), "", "");
        let length: usize = many.below.iter().map(|line| line.chars().count()).sum();
        assert!(length <= LENGTH_MAX + 2 && many.uploads.len() == 1, "{length}");
    }
}
