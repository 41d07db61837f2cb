//! What Rocket.Chat shows below a message's text, as plain text: quotes and forwarded messages, cards, media by
//! address, UiKit blocks. Shapes are read leniently, since apps and integrations write them as they like: as the
//! engine names the fields, or as the database has them (docs/reference, "Attachments").

use crate::store::outbox_record::File;
use crate::wire::rocketchat::Message;
use serde_json::Value;

/// How deep attachments and blocks may nest.
const DEPTH_MAX: usize = 6;

/// The most attachments, fields and blocks that are read of one message.
const ITEMS_MAX: usize = 200;

/// The most files of other messages that are looked up.
const UPLOADS_MAX: usize = 10;

/// The most that is added to what was typed, in characters.
const LENGTH_MAX: usize = 8_000;

/// Shown where something was left out.
const CUT: &str = "…";

/// What stands around the text that was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Messages that are answered or forwarded, above the text.
    pub quotes: Vec<String>,
    /// Everything else, below it.
    pub below: Vec<String>,
    /// Files in Rocket.Chat that are not the message's own: only their ids and names are certain.
    pub uploads: Vec<File>,
    /// Whether a link lacks the server's address.
    pub needs_address: bool,
}

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

struct Reader<'a> {
    pub(crate) address: &'a str,
    /// The ids of the message's own files.
    pub(crate) own: Vec<&'a str>,
    is_answer: bool,
    pub(crate) left: usize,
    pub(crate) parts: Parts,
}

impl Reader<'_> {
    /// Whether one more may be read.
    fn enter(&mut self, depth: usize) -> bool {
        let may = depth < DEPTH_MAX && self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }

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

    /// Buttons that lead somewhere are links; the others are shown as what may be answered.
    fn button(&mut self, value: &Value) -> Option<String> {
        let label = get(value, &["text"]).and_then(text_of);
        match words(value, &["url"]) {
            Some(url) => self.link(label, &url, value, false),
            None => label.map(|label| format!("[{label}]")),
        }
    }

    /// A link with its name. Of a file of the server's own the name alone stands here, of the message's own nothing.
    pub(crate) fn link(&mut self, name: Option<String>, url: &str, value: &Value, quoted: bool) -> Option<String> {
        let url = url.trim();
        if let Some((id, stored_name)) = upload(url) {
            if self.own.contains(&id) {
                return None;
            }
            let name = name.clone().unwrap_or_else(|| decoded(stored_name));
            let is_wanted = !(quoted && self.is_answer) && self.parts.uploads.len() < UPLOADS_MAX;
            if is_wanted && !self.parts.uploads.iter().any(|file| file.id == id) {
                let mime =
                    words(value, &["imageType", "image_type", "audioType", "audio_type", "videoType", "video_type"]);
                let file = File { id: id.to_owned(), name: name.clone(), mime: mime.unwrap_or_default(), size: 0 };
                self.parts.uploads.push(file);
            }
            if url.starts_with('/') {
                return Some(name);
            }
        }
        let lower: String = url.chars().take(8).collect::<String>().to_ascii_lowercase();
        if ["http://", "https://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme)) {
            return labelled(name, Some(url.to_owned()));
        }
        if url.starts_with("//") {
            return labelled(name, Some(format!("https:{url}")));
        }
        if url.starts_with('/') {
            self.parts.needs_address = true;
            return labelled(name, Some(format!("{}{url}", self.address)));
        }
        // Such as `data:…`, or a script: nothing that a contact could open.
        name
    }

    /// UiKit's blocks and what they are made of, whatever their kinds: a kind of tomorrow has its words in the same
    /// fields.
    pub(crate) fn blocks(&mut self, value: &Value, depth: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for block in value.as_array().into_iter().flatten() {
            lines.extend(self.block(block, depth));
        }
        lines
    }

    pub(crate) fn block(&mut self, block: &Value, depth: usize) -> Vec<String> {
        if !block.is_object() {
            return Vec::new();
        }
        if !self.enter(depth) {
            return vec![CUT.to_owned()];
        }
        if get(block, &["type"]).and_then(Value::as_str) == Some("button") {
            return self.button(block).into_iter().collect();
        }
        let mut lines = Vec::new();
        for name in ["title", "label", "text", "description", "hint"] {
            lines.extend(get(block, &[name]).and_then(text_of));
        }
        lines.extend(list(block, "fields").filter_map(text_of));
        lines.extend(
            list(block, "options")
                .filter_map(|option| get(option, &["text"]))
                .filter_map(text_of)
                .map(|text| format!("[{text}]")),
        );
        if let Some(url) = words(block, &["imageUrl", "image_url", "videoUrl", "audioUrl"]) {
            let name = words(block, &["altText", "alt_text"]).filter(|name| !lines.contains(name));
            lines.extend(self.link(name, &url, block, false));
        }
        for name in ["element", "accessory"] {
            if let Some(part) = get(block, &[name]) {
                lines.extend(self.block(part, depth.saturating_add(1)));
            }
        }
        for name in ["elements", "render", "blocks"] {
            if let Some(parts) = get(block, &[name]) {
                lines.extend(self.blocks(parts, depth.saturating_add(1)));
            }
        }
        lines
    }
}

/// Whether an attachment is a message that is quoted or forwarded: it leads to where that was written.
fn is_quote(value: &Value) -> bool {
    words(value, &["timestampLink", "message_link"]).is_some()
}

/// A field by the first of its names that is there, as the engine hands it over or as it left it unmapped.
pub(crate) fn get<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let unmapped = value.get("_unmappedProperties_");
    let places = [Some(value), unmapped].into_iter().flatten();
    places.flat_map(|place| names.iter().filter_map(|name| place.get(name))).find(|found| !found.is_null())
}

pub(crate) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    get(value, &[name]).and_then(Value::as_array).into_iter().flatten().take(ITEMS_MAX)
}

/// The words in a field; blank ones are none.
pub(crate) fn words(value: &Value, names: &[&str]) -> Option<String> {
    get(value, names).and_then(scalar)
}

fn scalar(value: &Value) -> Option<String> {
    let words = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(words).filter(|words| !words.trim().is_empty())
}

/// The words of a text, or of a text object (`plain_text`, `mrkdwn`).
fn text_of(value: &Value) -> Option<String> {
    scalar(value).or_else(|| words(value, &["text"]))
}

fn labelled(name: Option<String>, value: Option<String>) -> Option<String> {
    match (name, value) {
        (Some(name), Some(value)) if name != value => Some(format!("{name}: {value}")),
        (name, value) => value.or(name),
    }
}

/// The id and the name of an uploaded file, from its address `…/file-upload/<id>/<name>`.
pub(crate) fn upload(url: &str) -> Option<(&str, &str)> {
    let (_, path) = url.split_once("/file-upload/")?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (id, name) = path.split_once('/').unwrap_or((path, ""));
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_id.then_some((id, if name.is_empty() { id } else { name }))
}

/// A name in which Rocket.Chat percent-encoded what may not stand in an address; as it is where that makes no text.
pub(crate) fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        let pair: Vec<u8> = if byte == b'%' { rest.clone().take(2).collect() } else { Vec::new() };
        let code = std::str::from_utf8(&pair).ok().filter(|pair| pair.len() == 2 && !pair.starts_with('+'));
        match code.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(code) => {
                bytes.push(code);
                rest.nth(1);
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
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
    use crate::text::i18n::Language;
    use serde_json::json;

    use super::*;
    use crate::outbound::content;
    use crate::wire::rocketchat::Message;
    use serde_json::Value;

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
    fn blocks_are_their_words() {
        let blocks = json!([
            { "type": "section", "text": { "type": "mrkdwn", "text": "*Which day?*" },
              "accessory": { "type": "button", "text": { "type": "plain_text", "text": "Vote" }, "value": "1" } },
            { "type": "divider" },
            { "type": "section", "fields": [{ "type": "plain_text", "text": "Monday" }] },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "0 votes" },
              { "type": "image", "imageUrl": "https://host/i", "altText": "chart" }] },
            { "type": "image", "title": { "type": "plain_text", "text": "Way" }, "imageUrl": "/assets/way.png" },
            { "type": "actions", "elements": [{ "type": "button", "text": { "text": "More" }, "url": "https://host/more" },
              { "type": "static_select", "options": [{ "text": { "text": "One" }, "value": "1" }] }] },
        ]);
        let lines = "*Which day?*\n[Vote]\nMonday\n0 votes\nchart: https://host/i\nWay\nhttps://chat/assets/way.png\nMore: https://host/more\n[One]";
        check(json!({ "blocks": blocks }), lines);
        check(json!({ "text": "Same", "blocks": [{ "type": "section", "text": { "text": "Same" } }] }), "Same");
        check(json!({ "attachments": [{ "blocks": [{ "type": "section", "text": { "text": "in it" } }] }] }), "in it");
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
