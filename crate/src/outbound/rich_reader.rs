//! Reading what Rocket.Chat shows below a message's text. Shapes are read leniently, since apps and integrations write
//! them as they like: as the engine names the fields, or as the database has them (docs/reference, "Attachments").

use serde_json::Value;

use crate::store::outbox_record::File;

/// How deep attachments and blocks may nest.
const DEPTH_MAX: usize = 6;

/// The most attachments, fields and blocks that are read of one message.
pub(crate) const ITEMS_MAX: usize = 200;

/// The most files of other messages that are looked up.
const UPLOADS_MAX: usize = 10;

/// Shown where something was left out.
pub(crate) const CUT: &str = "…";

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

/// One reading, and what it has found.
pub(crate) struct Reader<'a> {
    pub(crate) address: &'a str,
    /// The ids of the message's own files.
    pub(crate) own: Vec<&'a str>,
    pub(crate) is_answer: bool,
    pub(crate) left: usize,
    pub(crate) parts: Parts,
}

impl Reader<'_> {
    /// Whether one more may be read.
    pub(crate) fn enter(&mut self, depth: usize) -> bool {
        let may = depth < DEPTH_MAX && self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
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

pub(crate) fn scalar(value: &Value) -> Option<String> {
    let words = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(words).filter(|words| !words.trim().is_empty())
}

/// The words of a text, or of a text object (`plain_text`, `mrkdwn`).
pub(crate) fn text_of(value: &Value) -> Option<String> {
    scalar(value).or_else(|| words(value, &["text"]))
}

pub(crate) fn labelled(name: Option<String>, value: Option<String>) -> Option<String> {
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
