//! What an operation may ask for: one [`Effect`], and one method of [`Host`], each.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::asking::{Asking, Outcomes};
use crate::auth::hash;
use crate::json;
use crate::media_check::Fetched;
use crate::operation::{Level, LogLine, Outcome, Slot};
use crate::process::Process;
use crate::ticket::RoomId;
use crate::trigger::Job;
use crate::wire::rocketchat::{Attachment, Department, Message, Room, Upload, Visitor};
use crate::words::{self, Phrase};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

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
    /// Create a visitor, or bring the one with this token up to date; answers its id.
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
        /// The visitor.
        visitor: Visitor,
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
    /// Have the scheduler start a [`Job`](crate::trigger::Job) once.
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
            Self::PostWebhook { .. } | Self::ReadApi { .. } | Self::FetchFile { .. } => "networking",
            _ => return None,
        })
    }
}

/// RapidPro's answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, cut to a length fit for a log.
    #[serde(default)]
    pub body: String,
    /// For how long RapidPro asks not to be called, in milliseconds (its `Retry-After`).
    pub retry_after_ms: Option<u64>,
}

/// The answer of RapidPro's API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body; nothing where there is too much of it.
    pub body: Option<String>,
    /// For how long RapidPro asks not to be called, in milliseconds (its `Retry-After`).
    pub retry_after_ms: Option<u64>,
}

impl ApiAnswer {
    /// The body as JSON, where the request succeeded and it is no other kind of page.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref().filter(|_| self.status == 200)?).ok()
    }
}

/// Why an effect did not yield what it should. One word, since it is handed on in hundreds of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(Box<Cause>);

impl Failure {
    /// The cause.
    pub fn cause(&self) -> &Cause {
        &self.0
    }

    /// Whether a permission is missing.
    pub fn is_denied(&self) -> bool {
        matches!(*self.0, Cause::Denied(_))
    }

    /// The failure in words for people.
    pub fn phrase(&self) -> Phrase {
        match &*self.0 {
            Cause::Refused(words) => Phrase::quoted(words.clone()),
            Cause::Denied(permission) => Phrase::new(words::DENIED, vec![("permission", (*permission).to_owned())]),
            Cause::TimedOut => words::TIMED_OUT.into(),
            Cause::Unreadable => words::UNREADABLE.into(),
        }
    }
}

impl From<Cause> for Failure {
    #[inline(never)]
    fn from(cause: Cause) -> Self {
        Self(Box::new(cause))
    }
}

/// What there is to a [`Failure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Rocket.Chat or the network refused, in its own words.
    Refused(String),
    /// Rocket.Chat answered nothing, as it does where the app lacks this permission.
    Denied(&'static str),
    /// Nobody answered in time; it may still have happened.
    TimedOut,
    /// The answer was not of the expected shape.
    Unreadable,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.phrase().in_log())
    }
}

type Answer<T> = Result<T, Failure>;
type RecordsAndRoom = (Answer<Vec<Value>>, Option<Room>);
type PostedAndStored = (Answer<WebhookAnswer>, Answer<()>);

/// The permissions for want of which Rocket.Chat seems to answer nothing.
#[derive(Debug, Default)]
pub struct DeniedPermissions(RefCell<BTreeSet<&'static str>>);

impl DeniedPermissions {
    fn insert(&self, permission: &'static str) -> bool {
        self.0.borrow_mut().insert(permission)
    }

    fn remove(&self, permission: &'static str) {
        self.0.borrow_mut().remove(permission);
    }

    /// All of them.
    pub fn list(&self) -> Vec<&'static str> {
        self.0.borrow().iter().copied().collect()
    }
}

/// A line of the log is cut to this length, in characters.
const LINE_LENGTH: usize = 2_000;

/// The outside world as an operation sees it.
#[derive(Debug, Clone)]
pub struct Host {
    slot: Rc<Slot>,
    process: Rc<Process>,
    entropy: Rc<str>,
}

impl Host {
    pub(crate) fn new(slot: Rc<Slot>, process: Rc<Process>, entropy: Rc<str>) -> Self {
        Self { slot, process, entropy }
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The time of the last answer.
    pub fn now(&self) -> u64 {
        self.slot.now.get()
    }

    /// A hexadecimal text of `bytes` random bytes (32 at most); the same one for the same `purpose`
    /// throughout an operation.
    pub fn random(&self, purpose: &str, bytes: usize) -> String {
        let mut text = hash(&[&self.entropy, purpose]);
        text.truncate(bytes * 2);
        text
    }

    /// The process that runs the operation.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The process's only value of this type: a cache, which belongs to the module that defines it.
    pub fn cache<T: Default + 'static>(&self) -> Rc<T> {
        self.process.cache()
    }

    /// Writes a line to the app's log. It stays one line, whatever it quotes: on the server's console the
    /// next line could be anybody's.
    pub fn log(&self, level: Level, text: impl Into<String>) {
        let breaks = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
        let text: String = text.into();
        let text = text.chars().take(LINE_LENGTH).map(|char| if breaks(char) { ' ' } else { char }).collect();
        self.slot.log.borrow_mut().push(LogLine { level, text });
    }

    /// Rocket.Chat answered nothing, as it does where the app lacks `permission`. Said once in the log.
    pub fn denied(&self, permission: &'static str) -> Failure {
        if self.cache::<DeniedPermissions>().insert(permission) {
            self.log(
                Level::Warn,
                format!(
                    "Rocket.Chat gives no answer to what needs the permission {permission}: if the app was not \
                     given it, install it again over itself and accept all permissions"
                ),
            );
        }
        Cause::Denied(permission).into()
    }

    /// What an outcome says, also of the permission that its effect needs.
    pub(crate) fn judge(&self, permission: Option<&'static str>, outcome: Option<Outcome>) -> Answer<Value> {
        let value = match outcome {
            Some(Outcome::Ok(value)) => value,
            Some(Outcome::Error(words)) => return Err(Cause::Refused(words).into()),
            Some(Outcome::Timeout) | None => return Err(Cause::TimedOut.into()),
        };
        match permission {
            Some(permission) if value.is_null() => return Err(self.denied(permission)),
            Some(permission) => self.cache::<DeniedPermissions>().remove(permission),
            None => {}
        }
        Ok(value)
    }
}

impl Host {
    /// Waits for this operation's turn in a queue of this process. For what nobody waits for.
    pub fn acquire(&self, queue: String) -> Asking<'_, ()> {
        self.ask(Effect::Acquire { queue }, |_| ())
    }

    /// Waits for this operation's turn in a queue of this process, but only as long as RapidPro does.
    ///
    /// # Errors
    /// Where the turn does not come in time.
    pub fn acquire_in_time(&self, queue: String) -> Asking<'_, Answer<()>> {
        self.done(Effect::Acquire { queue })
    }

    /// Takes this operation's turn in a queue only if it need not wait for it.
    pub fn try_acquire(&self, queue: String) -> Asking<'_, bool> {
        self.ask(Effect::TryAcquire { queue }, |outcomes| outcomes.value() == Ok(Value::Bool(true)))
    }

    /// Lets the next one in that queue go on.
    pub fn release(&self, queue: String) -> Asking<'_, ()> {
        self.ask(Effect::Release { queue }, |_| ())
    }

    /// Waits.
    pub fn sleep(&self, ms: u64) -> Asking<'_, ()> {
        self.ask(Effect::Sleep { ms }, |_| ())
    }

    /// Reads several settings of the app; answers their values in the same order.
    pub fn settings(&self, ids: &[&'static str]) -> Asking<'_, Answer<Vec<Value>>> {
        let effects = ids.iter().map(|id| Effect::ReadSetting { id }).collect();
        Asking::of(self, effects, |outcomes| outcomes.all(Outcomes::value))
    }

    /// Reads a setting of the server.
    pub fn server_setting(&self, id: &'static str) -> Asking<'_, Answer<Value>> {
        self.one(Effect::ReadServerSetting { id })
    }

    /// Reads all records that carry `association`; those of an unknown shape are passed over, since a
    /// newer version of the app may have written them.
    pub fn records<T: DeserializeOwned>(&self, association: String) -> Asking<'_, Answer<Vec<T>>> {
        self.ask(Effect::ReadRecords { association }, |outcomes| Ok(json::read_all(&outcomes.list()?)))
    }

    /// Reads all records that carry `association`, of whatever kind.
    pub fn all_records(&self, association: String) -> Asking<'_, Answer<Vec<Value>>> {
        self.ask(Effect::ReadRecords { association }, |outcomes| outcomes.list())
    }

    /// Reads all records that carry `association` and looks a room up, if there is one to look up, side by side.
    pub fn records_and_room(&self, association: String, room: Option<RoomId>) -> Asking<'_, RecordsAndRoom> {
        let mut effects = vec![Effect::ReadRecords { association }];
        effects.extend(room.map(|room| Effect::FindRoom { room }));
        Asking::of(self, effects, |outcomes| (outcomes.list(), outcomes.read().ok().flatten()))
    }

    /// Reads all records that carry each of `associations`, of whatever kind, side by side.
    pub fn all_lists(&self, associations: &[String]) -> Asking<'_, Answer<Vec<Vec<Value>>>> {
        let mut effects = Vec::new();
        for association in associations {
            effects.push(Effect::ReadRecords { association: association.clone() });
        }
        Asking::of(self, effects, |outcomes| outcomes.all(Outcomes::list))
    }

    /// Stores `record` under all of `associations`.
    pub fn create_record(&self, associations: Vec<String>, record: impl Serialize) -> Asking<'_, Answer<()>> {
        let record = json::to_value(record);
        self.done(Effect::CreateRecord { associations, record })
    }

    /// Replaces the record stored under exactly these associations, or stores it.
    pub fn replace_record(&self, associations: Vec<String>, record: impl Serialize) -> Asking<'_, Answer<()>> {
        let record = json::to_value(record);
        self.done(Effect::ReplaceRecord { associations, record })
    }

    /// Removes all records that carry `association`.
    pub fn remove_records(&self, association: String) -> Asking<'_, Answer<()>> {
        self.done(Effect::RemoveRecords { association })
    }

    /// Looks a visitor up by token.
    pub fn find_visitor(&self, token: String) -> Asking<'_, Answer<Option<Visitor>>> {
        self.one(Effect::FindVisitor { token })
    }

    /// Creates a visitor, or brings the one with this token up to date.
    pub fn register_visitor(&self, visitor: NewVisitor) -> Asking<'_, Answer<()>> {
        self.done(Effect::RegisterVisitor { visitor })
    }

    /// Looks a room up by id.
    pub fn find_room(&self, room: RoomId) -> Asking<'_, Answer<Option<Room>>> {
        self.one(Effect::FindRoom { room })
    }

    /// Lists a visitor's open rooms.
    pub fn find_open_rooms(&self, visitor: Visitor) -> Asking<'_, Answer<Vec<Room>>> {
        self.one(Effect::FindOpenRooms { visitor })
    }

    /// Opens a room.
    pub fn create_room(&self, visitor: Visitor, custom_fields: Map<String, Value>) -> Asking<'_, Answer<Room>> {
        self.one(Effect::CreateRoom { visitor, custom_fields })
    }

    /// Closes a room that this operation has found before.
    pub fn close_room(&self, room: RoomId, comment: &str) -> Asking<'_, Answer<()>> {
        self.done(Effect::CloseRoom { room, comment: comment.to_owned() })
    }

    /// Writes into a room as its visitor; answers the message's id.
    pub fn post_message(
        &self,
        room: RoomId,
        visitor: Visitor,
        text: String,
        attachments: Vec<Attachment>,
    ) -> Asking<'_, Answer<String>> {
        self.one(Effect::PostMessage { room, visitor, text, attachments })
    }

    /// Fetches a file, to be uploaded by the same operation; tells what it looks like.
    pub fn fetch_file(&self, url: String, bytes_max: u64, timeout_ms: u64) -> Asking<'_, Answer<Fetched>> {
        self.one(Effect::FetchFile { url, bytes_max, timeout_ms })
    }

    /// Uploads the file that was fetched last into a room as its visitor.
    pub fn upload_file(&self, name: String, room: RoomId, token: String) -> Asking<'_, Answer<()>> {
        self.done(Effect::UploadFile { name, room, token })
    }

    /// Sets an omnichannel custom field.
    pub fn set_custom_field(&self, token: String, key: String, value: Value) -> Asking<'_, Answer<()>> {
        self.done(Effect::SetCustomField { token, key, value })
    }

    /// Looks a stored file up by id.
    pub fn find_upload(&self, id: String) -> Asking<'_, Answer<Option<Upload>>> {
        self.one(Effect::FindUpload { id })
    }

    /// Looks a department up by id or name.
    pub fn find_department(&self, department: String) -> Asking<'_, Answer<Option<Department>>> {
        self.one(Effect::FindDepartment { department })
    }

    /// Reads all messages of a livechat room; one of an unknown shape must not hide the others.
    pub fn messages(&self, room: RoomId) -> Asking<'_, Answer<Vec<Message>>> {
        self.ask(Effect::ReadMessages { room }, |outcomes| {
            let messages = outcomes.list()?;
            let read: Vec<Message> = json::read_all(&messages);
            if read.len() < messages.len() {
                outcomes.host().log(Level::Warn, "messages of an unknown shape are passed over");
            }
            Ok(read)
        })
    }

    /// Reads the newest messages of a room, system messages too, newest first.
    pub fn last_messages(&self, room: RoomId) -> Asking<'_, Answer<Vec<Message>>> {
        self.ask(Effect::ReadLastMessages { room }, |outcomes| Ok(json::read_all(&outcomes.list()?)))
    }

    /// Writes a message of the app's own into a room.
    pub fn post_notice(&self, room: RoomId, text: String) -> Asking<'_, Answer<()>> {
        self.done(Effect::PostNotice { room, text })
    }

    /// Shows a passing remark to the agent who serves a room.
    pub fn notify(&self, room: RoomId, text: String) -> Asking<'_, Answer<()>> {
        self.done(Effect::Notify { room, text })
    }

    /// Has the scheduler start a job once. A lost job is none: the sweep comes by anyway.
    pub async fn schedule(&self, job: Job, at: u64) {
        self.schedule_all(vec![job], at).await;
    }

    /// Has the scheduler start jobs once each.
    pub async fn schedule_all(&self, jobs: Vec<Job>, at: u64) {
        let mut effects = Vec::new();
        for job in jobs {
            effects.push(Effect::Schedule { job, at });
        }
        if let Err(failure) = Asking::of(self, effects, |outcomes| outcomes.all(Outcomes::value)).await {
            self.log(Level::Debug, format!("a job could not be scheduled: {failure}"));
        }
    }

    /// Reads a page of RapidPro's API.
    pub fn read_api(&self, url: String, token: &str, timeout_ms: u64) -> Asking<'_, Answer<ApiAnswer>> {
        self.one(Effect::ReadApi { url, token: token.to_owned(), timeout_ms })
    }

    /// Puts times into words for people; answers them, and then the time zone's name.
    pub fn tell_times(&self, times: Vec<u64>, time_zone: String) -> Asking<'_, Answer<Vec<String>>> {
        self.one(Effect::TellTimes { times, time_zone })
    }

    /// Posts a webhook, stores what is known of it and lets the next one in `queue` go on, side by side.
    pub fn post_and_store(&self, webhook: Effect, record: Effect, queue: String) -> Asking<'_, PostedAndStored> {
        let effects = vec![webhook, record, Effect::Release { queue }];
        Asking::of(self, effects, |outcomes| (outcomes.read(), outcomes.value().map(drop)))
    }

    /// Performs one effect.
    pub fn one<T: DeserializeOwned>(&self, effect: Effect) -> Asking<'_, Answer<T>> {
        self.ask(effect, |outcomes| outcomes.read())
    }

    /// For effects whose return value differs between servers and means nothing.
    fn done(&self, effect: Effect) -> Asking<'_, Answer<()>> {
        self.ask(effect, |outcomes| outcomes.value().map(drop))
    }

    fn ask<T>(&self, effect: Effect, read: fn(&mut Outcomes<'_>) -> T) -> Asking<'_, T> {
        Asking::of(self, vec![effect], read)
    }
}
