//! What an operation may ask for, as plain data.

use serde::Serialize;
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use crate::ids::RoomId;
use crate::runtime::job::Job;
use crate::wire::rocketchat::{Attachment, Visitor};

/// Something to be done outside the core, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    /// Wait for this operation's turn in a queue of this process: first come, first served. What is
    /// still held at the end of an operation is released by whoever drives it.
    Acquire {
        /// The queue's name.
        queue: String,
    },
    /// Take one's turn in a queue only if nobody has it or waits for it; answers whether that was so.
    TryAcquire {
        /// The queue's name.
        queue: String,
    },
    /// Let the next one in that queue go on.
    Release {
        /// The queue's name.
        queue: String,
    },
    /// Wait.
    Sleep {
        /// How long, in milliseconds.
        ms: u64,
    },
    /// Read a setting of the app.
    ReadSetting {
        /// The setting's id.
        id: &'static str,
    },
    /// Read a setting of the server.
    ReadServerSetting {
        /// The setting's id.
        id: &'static str,
    },
    /// Read all stored records that carry an association.
    ReadRecords {
        /// The association's id.
        association: String,
    },
    /// Store a record.
    CreateRecord {
        /// The ids by which it will be found.
        associations: Vec<String>,
        /// The record: a JSON object.
        record: Value,
    },
    /// Replace the record that was stored under exactly these associations, or store it.
    ReplaceRecord {
        /// All of its associations' ids, in the order in which they were first given.
        associations: Vec<String>,
        /// The record: a JSON object.
        record: Value,
    },
    /// Remove all stored records that carry an association.
    RemoveRecords {
        /// The association's id.
        association: String,
    },
    /// Look a visitor up by token.
    FindVisitor {
        /// The livechat visitor token.
        token: String,
    },
    /// Create a visitor, or bring the one with this token up to date; answers the visitor, or by older engines its id.
    RegisterVisitor {
        /// What Rocket.Chat is to know of them.
        visitor: NewVisitor,
    },
    /// Look a room up by id.
    FindRoom {
        /// The room's id.
        room: RoomId,
    },
    /// List a visitor's open rooms, whoever opened them.
    FindOpenRooms {
        /// The visitor's token.
        token: String,
    },
    /// Open a room for a visitor; answers it.
    CreateRoom {
        /// The visitor; the room goes to their department.
        visitor: Visitor,
        /// Kept on the room by servers that can.
        custom_fields: Map<String, Value>,
    },
    /// Close a room that this operation has found before.
    CloseRoom {
        /// The room's id.
        room: RoomId,
        /// Shown to the agents.
        comment: String,
    },
    /// Write into a room, found before by this operation, as its visitor; answers the message's id.
    PostMessage {
        /// The room's id.
        room: RoomId,
        /// The visitor.
        visitor: Visitor,
        /// The text; may be empty where there are attachments.
        text: String,
        /// What is shown below the text.
        attachments: Vec<Attachment>,
    },
    /// Fetch a file and keep it for [`Self::UploadFile`]; answers what it is, see [`Fetched`].
    FetchFile {
        /// Where the file is.
        url: String,
        /// More is not asked for.
        bytes_max: u64,
        /// In milliseconds.
        timeout_ms: u64,
    },
    /// Upload the file that this operation fetched last into a room, found before by it, as its visitor: a message
    /// of its own.
    UploadFile {
        /// Its name in Rocket.Chat.
        name: String,
        /// The room's id.
        room: RoomId,
        /// The visitor's token.
        token: String,
    },
    /// Set an omnichannel custom field of a visitor, or of their open rooms.
    SetCustomField {
        /// The visitor's token.
        token: String,
        /// The field's id.
        key: String,
        /// Its value, put into words.
        value: Value,
    },
    /// Look a stored file up by id.
    FindUpload {
        /// The file's id.
        id: String,
    },
    /// Look a department up by id or name.
    FindDepartment {
        /// Its id or name.
        department: String,
    },
    /// Read all messages of a livechat room.
    ReadMessages {
        /// The room's id.
        room: RoomId,
    },
    /// Read the newest messages of a room, system messages too, newest first; refused by servers that cannot.
    ReadLastMessages {
        /// The room's id.
        room: RoomId,
    },
    /// Write a message of the app's own into a room.
    PostNotice {
        /// The room's id.
        room: RoomId,
        /// What the agents should know.
        text: String,
    },
    /// Show a passing remark to the agent who serves a room; it is not stored.
    Notify {
        /// The room's id.
        room: RoomId,
        /// What the agent should know.
        text: String,
    },
    /// Have the scheduler start a [`Job`](crate::runtime::job::Job) once.
    Schedule {
        /// What to do then.
        job: Job,
        /// When.
        at: u64,
    },
    /// Post a webhook to RapidPro.
    PostWebhook {
        /// RapidPro's callback address.
        url: String,
        /// The secret, for the `Authorization` header.
        secret: String,
        /// What goes there as JSON.
        body: Value,
        /// How long RapidPro may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Say whether an agent is online, in a department or in any; nothing where the app may not know.
    AreAgentsOnline {
        /// The department's id.
        department: Option<String>,
    },
    /// Ask an address where it redirects a POST to, without a body and without a secret; answers the absolute URL, or
    /// nothing.
    FindRedirect {
        /// The address.
        url: String,
        /// How long it may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Read a page of RapidPro's API; answers the `status`, the `body` and `retryAfterMs` like a webhook's answer,
    /// but the body whole.
    ReadApi {
        /// Where it is.
        url: String,
        /// The API token, for the `Authorization` header.
        token: String,
        /// How long RapidPro may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Post to RapidPro's API; answers like [`Self::ReadApi`].
    PostApi {
        /// Where to.
        url: String,
        /// The API token, for the `Authorization` header.
        token: String,
        /// What goes there as JSON.
        body: Value,
        /// How long RapidPro may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Upload a stored file to RapidPro's API, as the field `file` of a form; answers like [`Self::ReadApi`], or nothing
    /// where Rocket.Chat does not hand the file over.
    UploadMedia {
        /// Where to.
        url: String,
        /// The API token, for the `Authorization` header.
        token: String,
        /// The file's id in Rocket.Chat.
        upload: String,
        /// Its name for RapidPro, percent-encoded.
        name: String,
        /// Its media type, by which RapidPro judges it.
        media_type: String,
        /// How long RapidPro may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Write a text in Unicode's normal forms; answers it in NFC and in NFD. Their tables would double the core.
    Normalize {
        /// The text.
        text: String,
    },
    /// Put times into words for people, such as `2020-07-17 10:28`; answers them in the order of the question, and
    /// then the time zone's name. Refused where the time zone is unknown.
    TellTimes {
        /// The times.
        times: Vec<u64>,
        /// A name of the IANA time zone database; the server's own zone where it is empty.
        time_zone: String,
    },
}

/// A visitor as the app registers them.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewVisitor {
    /// The livechat visitor token.
    pub token: String,
    /// The contact's name.
    pub name: Option<String>,
    /// An e-mail address that Rocket.Chat accepts.
    pub email: Option<String>,
    /// A phone number.
    pub phone: Option<String>,
}

impl Effect {
    /// The permission without which Rocket.Chat answers nothing, for the effects that are otherwise always
    /// answered something. A look-up of what may not be there is none of them.
    pub(crate) fn permission(&self) -> Option<&'static str> {
        Some(match self {
            Self::ReadRecords { .. } => "persistence",
            Self::RegisterVisitor { .. } => "livechat-visitor.write",
            Self::FindOpenRooms { .. } => "livechat-room.read",
            Self::CreateRoom { .. } | Self::CloseRoom { .. } => "livechat-room.write",
            Self::PostMessage { .. } => "livechat-message.write",
            Self::ReadMessages { .. } => "livechat-message.multiple",
            Self::UploadFile { .. } => "upload.write",
            Self::PostNotice { .. } => "message.write",
            Self::Schedule { .. } => "scheduler",
            Self::PostWebhook { .. } | Self::ReadApi { .. } | Self::PostApi { .. } | Self::FetchFile { .. } => {
                "networking"
            }
            _ => return None,
        })
    }
}
