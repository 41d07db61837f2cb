//! What Rocket.Chat's accessors and events hand over, as far as the core reads it: every field may be
//! missing on some server.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::ids::RoomId;
use crate::text::sanitize;
use crate::text::sanitize::one_line;

/// A livechat visitor.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Visitor {
    /// Rocket.Chat's id.
    pub id: String,
    /// The livechat token: whoever knows it can read the conversation.
    pub token: String,
    /// `guest-<n>`; needed to open a room.
    pub username: Option<String>,
    /// The contact's name.
    pub name: Option<String>,
    /// The department that a new room goes to.
    pub department: Option<String>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Rocket.Chat's id.
    pub id: RoomId,
    /// `l` for livechat.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `true`, or absent.
    pub is_open: Option<bool>,
    /// Who made it.
    pub source: Option<Source>,
    /// Missing where the visitor was removed.
    pub visitor: Option<Box<RoomVisitor>>,
    /// How many messages it holds, of any kind.
    pub message_count: Option<u64>,
    /// How it was closed, where it was: the name and login of who did (`name`, `username`), when by the server's clock
    /// (`at`), and the name of its `department`.
    #[serde(default)]
    pub closing: Value,
}

impl Room {
    /// Whether an app has made it, as far as the server tells.
    pub fn was_made_by(&self, app_id: &str) -> bool {
        self.source.as_ref().and_then(|source| source.id.as_deref()) == Some(app_id)
    }
}

/// Who made a room.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Source {
    /// The app's id, where an app made it.
    pub id: Option<String>,
}

/// The visitor as a room carries them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct RoomVisitor {
    /// Rocket.Chat's id.
    pub id: Option<String>,
    /// The livechat token.
    pub token: Option<String>,
    /// `guest-<n>`.
    pub username: Option<String>,
    /// The contact's name.
    pub name: Option<String>,
}

impl RoomVisitor {
    /// Whether the token is one of those that this app makes: a hash. Other tokens are shorter.
    pub fn is_contact(&self) -> bool {
        self.token.as_deref().is_some_and(sanitize::is_hash)
    }
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Department {
    /// Rocket.Chat's id.
    pub id: String,
    /// Whether it takes conversations, where the server tells.
    pub enabled: Option<bool>,
    /// Whether it was put away, where the server tells.
    pub archived: Option<bool>,
}

impl Department {
    /// Whether conversations can go there, as far as the server tells.
    pub fn is_in_use(&self) -> bool {
        self.enabled != Some(false) && self.archived != Some(true)
    }
}

/// A message as its event carries it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Rocket.Chat's id.
    pub id: Option<String>,
    /// When it was stored, by the server's clock.
    pub created_at: Option<u64>,
    /// When it was last corrected, if it was.
    pub edited_at: Option<u64>,
    /// As typed: Markdown source.
    pub text: Option<String>,
    /// Where it was written.
    pub room: Room,
    /// Who wrote it.
    pub sender: Option<Sender>,
    /// The visitor's token, where a visitor wrote it.
    pub token: Option<String>,
    /// The kind of a system message.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What is shown below the text: files, quotes, cards.
    pub attachments: Option<Vec<MessageAttachment>>,
    /// UiKit's blocks, as apps write them.
    #[serde(default)]
    pub blocks: Value,
    /// A place that was shared: GeoJSON.
    #[serde(default)]
    pub location: Value,
    /// The files and their thumbnails.
    pub files: Option<Vec<MessageFile>>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// A user's id, or the visitor's.
    pub id: Option<String>,
    /// A user's login, or `guest-<n>`.
    pub username: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
    /// `user`, `bot`, `app` or `unknown`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Which app, where an app wrote it.
    pub app_id: Option<String>,
}

impl Sender {
    /// What to call them, in one line: their name, else their login.
    pub fn called(&self) -> Option<String> {
        let names = [&self.name, &self.username].into_iter().flatten();
        let mut lines = names.map(|name| one_line(name));
        lines.find(|name| !name.is_empty())
    }
}

/// An attachment of a stored message. Apps and integrations write these: nothing in them is certain to be there, or
/// to be of the expected kind, and none of it may hide the message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Value")]
pub struct MessageAttachment {
    /// Where its title leads.
    pub link: Option<String>,
    /// All of it.
    pub whole: Value,
}

impl From<Value> for MessageAttachment {
    fn from(whole: Value) -> Self {
        let title = whole.get("title").and_then(|title| title.get("link"));
        let link = title.or(whole.get("title_link")).or(whole.get("link")).and_then(Value::as_str);
        Self { link: link.map(str::to_owned), whole }
    }
}

/// A file of an agent's message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageFile {
    /// Rocket.Chat's id.
    #[serde(rename = "_id")]
    pub id: Option<String>,
    /// As the agent's device named it.
    pub name: Option<String>,
    /// The MIME type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// In bytes.
    pub size: Option<u64>,
    /// `thumb` for a thumbnail.
    pub type_group: Option<String>,
}

/// A stored file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Upload {
    /// The room in which it was sent.
    pub room: Option<RoomId>,
    /// The MIME type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// In bytes.
    pub size: Option<u64>,
}

/// An attachment's heading.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentTitle {
    /// The words, or the file's name.
    pub value: Option<String>,
    /// Where it leads; relative for files of the server's own.
    pub link: Option<String>,
    /// Whether to offer a download.
    pub display_download_link: Option<bool>,
}

/// An attachment of a message that the app writes. URLs must be absolute.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// The heading.
    pub title: AttachmentTitle,
    /// Shown as a picture.
    pub image_url: Option<String>,
    /// Offered to be played.
    pub audio_url: Option<String>,
    /// Offered to be played.
    pub video_url: Option<String>,
}
