//! UiKit's blocks, as plain text.

use serde_json::Value;

use crate::outbound::rich_reader::{CUT, Reader, get, list, text_of, words};

impl Reader<'_> {
    /// Buttons that lead somewhere are links; the others are shown as what may be answered.
    pub(crate) fn button(&mut self, value: &Value) -> Option<String> {
        let label = get(value, &["text"]).and_then(text_of);
        match words(value, &["url"]) {
            Some(url) => self.link(label, &url, value, false),
            None => label.map(|label| format!("[{label}]")),
        }
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::outbound::content;
    use crate::text::i18n::Language;

    #[track_caller]
    fn check(mut shape: Value, expected: &str) {
        shape["room"] = json!({ "id": "r" });
        let message = serde_json::from_value(shape).unwrap();
        let shown = content::of_at(&message, 1, "https://chat", Language::English);
        assert_eq!(shown.map(|content| content.text).unwrap_or_default(), expected);
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
}
