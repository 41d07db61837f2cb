//! What an operation may ask for: one [`Effect`], and one method of [`Host`], each.

use std::rc::Rc;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::auth::keyed_hash;
use crate::memory::Memory;
use crate::operation::{Level, LogLine, Outcome, Slot};
use crate::plain;
use crate::ticket::RoomId;
use crate::trigger::Job;
use crate::wire::rocketchat::{Attachment, Department, Message, Room, Upload, Visitor};

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
    /// Set an omnichannel custom field of a visitor, or of their open rooms.
    SetCustomField {
        /// The visitor's token.
        token: String,
        /// The field's id.
        key: String,
        /// Its value.
        value: String,
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
        /// The JSON text.
        body: String,
        /// How long RapidPro may take, in milliseconds.
        timeout_ms: u64,
    },
    /// Read a page of RapidPro's API.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewVisitor {
    /// The livechat visitor token.
    pub token: String,
    /// The contact's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An e-mail address that Rocket.Chat accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// RapidPro's answer to a webhook or a question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, cut: a webhook's to a length fit for a log, the API's to one that can be worked with.
    #[serde(default)]
    pub body: String,
    /// For how long RapidPro asks not to be called, in milliseconds (its `Retry-After`).
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
}

/// Why an effect did not yield what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Rocket.Chat or the network refused, in its own words.
    Refused(String),
    /// Nobody answered in time; it may still have happened.
    TimedOut,
    /// The answer was not of the expected shape.
    Unreadable,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(words) => f.write_str(words),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Unreadable => f.write_str("an answer of an unknown shape"),
        }
    }
}

type Answer<T> = Result<T, Failure>;

/// The outside world as an operation sees it.
#[derive(Debug, Clone)]
pub struct Host {
    slot: Rc<Slot>,
    memory: Rc<Memory>,
    entropy: Rc<str>,
}

impl Host {
    pub(crate) fn new(slot: Rc<Slot>, memory: Rc<Memory>, entropy: Rc<str>) -> Self {
        Self { slot, memory, entropy }
    }

    /// The time of the last answer.
    pub fn now(&self) -> u64 {
        self.slot.now.get()
    }

    /// A hexadecimal text of `bytes` random bytes (32 at most); the same one for the same `purpose`
    /// throughout an operation.
    pub fn random(&self, purpose: &str, bytes: usize) -> String {
        let mut text = keyed_hash(&self.entropy, &[purpose]);
        text.truncate(bytes * 2);
        text
    }

    /// What this process remembers.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Writes a line to the app's log.
    pub fn log(&self, level: Level, text: impl Into<String>) {
        self.slot.log.borrow_mut().push(LogLine { level, text: text.into() });
    }

    /// Waits for this operation's turn in a queue of this process. For what nobody waits for.
    pub async fn acquire(&self, queue: String) {
        self.slot.perform(vec![Effect::Acquire { queue }]).await;
    }

    /// Waits for this operation's turn in a queue of this process, but only as long as RapidPro does.
    ///
    /// # Errors
    /// Where the turn does not come in time.
    pub async fn acquire_in_time(&self, queue: String) -> Answer<()> {
        self.done(Effect::Acquire { queue }).await
    }

    /// Takes this operation's turn in a queue only if it need not wait for it.
    pub async fn try_acquire(&self, queue: String) -> bool {
        self.one(Effect::TryAcquire { queue }).await.unwrap_or(false)
    }

    /// Lets the next one in that queue go on.
    pub async fn release(&self, queue: String) {
        self.slot.perform(vec![Effect::Release { queue }]).await;
    }

    /// Waits.
    pub async fn sleep(&self, ms: u64) {
        self.slot.perform(vec![Effect::Sleep { ms }]).await;
    }

    /// Reads a setting of the app.
    pub async fn setting(&self, id: &'static str) -> Answer<Value> {
        self.one(Effect::ReadSetting { id }).await
    }

    /// Reads a setting of the server.
    pub async fn server_setting(&self, id: &'static str) -> Answer<Value> {
        self.one(Effect::ReadServerSetting { id }).await
    }

    /// Reads all records that carry `association`; those of an unknown shape are passed over, since a
    /// newer version of the app may have written them.
    pub async fn records<T: DeserializeOwned>(&self, association: String) -> Answer<Vec<T>> {
        let records = self.all_records(association).await?;
        Ok(records.iter().filter_map(|record| plain::read(record).ok()).collect())
    }

    /// Reads all records that carry `association`, of whatever kind.
    pub async fn all_records(&self, association: String) -> Answer<Vec<Value>> {
        // As they are: reading them into themselves would copy every one.
        match self.slot.perform(vec![Effect::ReadRecords { association }]).await.pop() {
            Some(Outcome::Ok(Value::Array(records))) => Ok(records),
            outcome => outcome.unwrap_or(Outcome::Timeout).read(),
        }
    }

    /// Stores `record` under all of `associations`.
    pub async fn create_record(&self, associations: Vec<String>, record: &impl Serialize) -> Answer<()> {
        let record = serde_json::to_value(record).map_err(|_| Failure::Unreadable)?;
        self.done(Effect::CreateRecord { associations, record }).await
    }

    /// Replaces the record stored under exactly these associations, or stores it.
    pub async fn replace_record(&self, associations: Vec<String>, record: &impl Serialize) -> Answer<()> {
        let record = serde_json::to_value(record).map_err(|_| Failure::Unreadable)?;
        self.done(Effect::ReplaceRecord { associations, record }).await
    }

    /// Removes all records that carry `association`.
    pub async fn remove_records(&self, association: String) -> Answer<()> {
        self.done(Effect::RemoveRecords { association }).await
    }

    /// Looks a visitor up by token.
    pub async fn find_visitor(&self, token: String) -> Answer<Option<Visitor>> {
        self.one(Effect::FindVisitor { token }).await
    }

    /// Creates a visitor, or brings the one with this token up to date.
    pub async fn register_visitor(&self, visitor: NewVisitor) -> Answer<()> {
        self.done(Effect::RegisterVisitor { visitor }).await
    }

    /// Looks a room up by id.
    pub async fn find_room(&self, room: RoomId) -> Answer<Option<Room>> {
        self.one(Effect::FindRoom { room }).await
    }

    /// Lists a visitor's open rooms; `None` where Rocket.Chat would not say.
    pub async fn find_open_rooms(&self, visitor: Visitor) -> Answer<Option<Vec<Room>>> {
        self.one(Effect::FindOpenRooms { visitor }).await
    }

    /// Opens a room.
    pub async fn create_room(&self, visitor: Visitor, custom_fields: Map<String, Value>) -> Answer<Room> {
        self.one(Effect::CreateRoom { visitor, custom_fields }).await
    }

    /// Closes a room that this operation has found before.
    pub async fn close_room(&self, room: RoomId, comment: &str) -> Answer<()> {
        self.done(Effect::CloseRoom { room, comment: comment.to_owned() }).await
    }

    /// Writes into a room as its visitor; answers the message's id.
    pub async fn post_message(
        &self,
        room: RoomId,
        visitor: Visitor,
        text: String,
        attachments: Vec<Attachment>,
    ) -> Answer<String> {
        self.one(Effect::PostMessage { room, visitor, text, attachments }).await
    }

    /// Sets an omnichannel custom field.
    pub async fn set_custom_field(&self, token: String, key: String, value: String) -> Answer<()> {
        self.done(Effect::SetCustomField { token, key, value }).await
    }

    /// Looks a stored file up by id.
    pub async fn find_upload(&self, id: String) -> Answer<Option<Upload>> {
        self.one(Effect::FindUpload { id }).await
    }

    /// Looks a department up by id or name.
    pub async fn find_department(&self, department: String) -> Answer<Option<Department>> {
        self.one(Effect::FindDepartment { department }).await
    }

    /// Reads all messages of a livechat room; `None` where Rocket.Chat would not say.
    pub async fn messages(&self, room: RoomId) -> Answer<Option<Vec<Message>>> {
        self.one(Effect::ReadMessages { room }).await
    }

    /// Writes a message of the app's own into a room.
    pub async fn post_notice(&self, room: RoomId, text: String) -> Answer<()> {
        self.done(Effect::PostNotice { room, text }).await
    }

    /// Shows a passing remark to the agent who serves a room.
    pub async fn notify(&self, room: RoomId, text: String) -> Answer<()> {
        self.done(Effect::Notify { room, text }).await
    }

    /// Has the scheduler start a job once. A lost job is none: the sweep comes by anyway.
    pub async fn schedule(&self, job: Job, at: u64) {
        if let Err(failure) = self.done(Effect::Schedule { job, at }).await {
            self.log(Level::Debug, format!("a job could not be scheduled: {failure}"));
        }
    }

    /// Reads a page of RapidPro's API.
    pub async fn read_api(&self, url: String, token: &str, timeout_ms: u64) -> Answer<WebhookAnswer> {
        self.one(Effect::ReadApi { url, token: token.to_owned(), timeout_ms }).await
    }

    /// Puts times into words for people; answers them, and then the time zone's name.
    pub async fn tell_times(&self, times: Vec<u64>, time_zone: String) -> Answer<Vec<String>> {
        self.one(Effect::TellTimes { times, time_zone }).await
    }

    /// Performs two effects side by side.
    pub async fn both<A: DeserializeOwned, B: DeserializeOwned>(&self, a: Effect, b: Effect) -> (Answer<A>, Answer<B>) {
        let mut outcomes = self.slot.perform(vec![a, b]).await.into_iter();
        let mut next = || outcomes.next().unwrap_or(Outcome::Timeout);
        (next().read(), next().read())
    }

    /// Performs one effect.
    pub async fn one<T: DeserializeOwned>(&self, effect: Effect) -> Answer<T> {
        self.slot.perform(vec![effect]).await.pop().unwrap_or(Outcome::Timeout).read()
    }

    /// For effects whose return value differs between servers and means nothing.
    async fn done(&self, effect: Effect) -> Answer<()> {
        self.one::<IgnoredAny>(effect).await?;
        Ok(())
    }
}

impl Outcome {
    fn read<T: DeserializeOwned>(self) -> Answer<T> {
        match self {
            Self::Ok(value) => plain::read(&value).map_err(|_| Failure::Unreadable),
            Self::Error(words) => Err(Failure::Refused(words)),
            Self::Timeout => Err(Failure::TimedOut),
        }
    }
}
