//! What an operation may ask for: one [`Effect`], and one method of [`Host`], each.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ids::RoomId;
use crate::runtime::effect::{Effect, NewVisitor};
use crate::runtime::failure::Answer;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::json;
use crate::runtime::outcome::Level;
use crate::runtime::pending::{Outcomes, Pending};
use crate::wire::http::Fetched;
use crate::wire::rapidpro::{ApiAnswer, WebhookAnswer};
use crate::wire::rocketchat::{Attachment, Department, Message, Room, Upload, Visitor};

type RecordsAndRoom = (Answer<Vec<Value>>, Option<Room>);

/// Older engines answer a visitor's id only: then there is none.
type Registered = Answer<Option<Visitor>>;

type RegisteredAndRooms = (Registered, Answer<Vec<Room>>);

type RecordsAndVisitor = (Answer<Vec<Value>>, Answer<Option<Visitor>>);

type PostedAndStored = (Answer<WebhookAnswer>, Answer<()>);

impl Host {
    /// Waits for this operation's turn in a queue of this process. For what nobody waits for.
    pub fn acquire(&self, queue: String) -> Pending<'_, ()> {
        self.ask(Effect::Acquire { queue }, |_| ())
    }

    /// Waits for this operation's turn in a queue of this process, but only as long as RapidPro does.
    ///
    /// # Errors
    /// Where the turn does not come in time.
    pub fn acquire_in_time(&self, queue: String) -> Pending<'_, Answer<()>> {
        self.done(Effect::Acquire { queue })
    }

    /// Takes this operation's turn in a queue only if it need not wait for it.
    pub fn try_acquire(&self, queue: String) -> Pending<'_, bool> {
        self.ask(Effect::TryAcquire { queue }, |outcomes| outcomes.value() == Ok(Value::Bool(true)))
    }

    /// Lets the next one in that queue go on.
    pub fn release(&self, queue: String) -> Pending<'_, ()> {
        self.ask(Effect::Release { queue }, |_| ())
    }

    /// Waits.
    pub fn sleep(&self, ms: u64) -> Pending<'_, ()> {
        self.ask(Effect::Sleep { ms }, |_| ())
    }

    /// Reads several settings of the app; answers their values in the same order.
    pub fn settings(&self, ids: &[&'static str]) -> Pending<'_, Answer<Vec<Value>>> {
        let effects = ids.iter().map(|id| Effect::ReadSetting { id }).collect();
        Pending::of(self, effects, |outcomes| outcomes.all(Outcomes::value))
    }

    /// Reads a setting of the server.
    pub fn server_setting(&self, id: &'static str) -> Pending<'_, Answer<Value>> {
        self.one(Effect::ReadServerSetting { id })
    }

    /// Reads all records that carry `association`; those of an unknown shape are skipped, since a
    /// newer version of the app may have written them.
    pub fn records<T: DeserializeOwned>(&self, association: String) -> Pending<'_, Answer<Vec<T>>> {
        self.ask(Effect::ReadRecords { association }, |outcomes| Ok(json::read_all(&outcomes.list()?)))
    }

    /// Reads all records that carry `association`, of whatever kind.
    pub fn all_records(&self, association: String) -> Pending<'_, Answer<Vec<Value>>> {
        self.ask(Effect::ReadRecords { association }, |outcomes| outcomes.list())
    }

    /// Reads all records that carry `association` and looks a room up, if there is one to look up, side by side.
    pub fn records_and_room(&self, association: String, room: Option<RoomId>) -> Pending<'_, RecordsAndRoom> {
        let mut effects = vec![Effect::ReadRecords { association }];
        effects.extend(room.map(|room| Effect::FindRoom { room }));
        Pending::of(self, effects, |outcomes| (outcomes.list(), outcomes.read().ok().flatten()))
    }

    /// Reads all records that carry each of `associations`, of whatever kind, side by side.
    pub fn all_lists(&self, associations: &[String]) -> Pending<'_, Answer<Vec<Vec<Value>>>> {
        let mut effects = Vec::new();
        for association in associations {
            effects.push(Effect::ReadRecords { association: association.clone() });
        }
        Pending::of(self, effects, |outcomes| outcomes.all(Outcomes::list))
    }

    /// Stores `record` under all of `associations`.
    pub fn create_record(&self, associations: Vec<String>, record: impl Serialize) -> Pending<'_, Answer<()>> {
        let record = json::to_value(record);
        self.done(Effect::CreateRecord { associations, record })
    }

    /// Replaces the record stored under exactly these associations, or stores it.
    pub fn replace_record(&self, associations: Vec<String>, record: impl Serialize) -> Pending<'_, Answer<()>> {
        let record = json::to_value(record);
        self.done(Effect::ReplaceRecord { associations, record })
    }

    /// Removes all records that carry `association`.
    pub fn remove_records(&self, association: String) -> Pending<'_, Answer<()>> {
        self.done(Effect::RemoveRecords { association })
    }

    /// Looks a visitor up by token.
    pub fn find_visitor(&self, token: String) -> Pending<'_, Answer<Option<Visitor>>> {
        self.one(Effect::FindVisitor { token })
    }

    /// Reads all records that carry `association` and looks a visitor up, if there is one to look up, side by side.
    pub fn records_and_visitor(&self, association: String, token: Option<String>) -> Pending<'_, RecordsAndVisitor> {
        let mut effects = vec![Effect::ReadRecords { association }];
        effects.extend(token.map(|token| Effect::FindVisitor { token }));
        Pending::of(self, effects, |outcomes| {
            let records = outcomes.list();
            (records, if outcomes.is_over() { Ok(None) } else { outcomes.read() })
        })
    }

    /// Creates a visitor, or brings the one with this token up to date.
    pub fn register(&self, visitor: NewVisitor) -> Pending<'_, Answer<()>> {
        self.done(Effect::RegisterVisitor { visitor })
    }

    /// [`register`](Self::register), and lists the visitor's open rooms, side by side.
    pub fn register_and_find_rooms(&self, visitor: NewVisitor) -> Pending<'_, RegisteredAndRooms> {
        let token = visitor.token.clone();
        let effects = vec![Effect::RegisterVisitor { visitor }, Effect::FindOpenRooms { token }];
        Pending::of(self, effects, |outcomes| {
            let registered = outcomes.value().map(|answer| json::read(&answer));
            (registered, outcomes.read())
        })
    }

    /// Whether an agent is online, in a department or in any; `None` where the app may not know.
    pub fn agents_online(&self, department: Option<String>) -> Pending<'_, Answer<Option<bool>>> {
        self.one(Effect::AreAgentsOnline { department })
    }

    /// Looks a room up by id.
    pub fn find_room(&self, room: RoomId) -> Pending<'_, Answer<Option<Room>>> {
        self.one(Effect::FindRoom { room })
    }

    /// Lists a visitor's open rooms.
    pub fn find_open_rooms(&self, token: &str) -> Pending<'_, Answer<Vec<Room>>> {
        self.one(Effect::FindOpenRooms { token: token.to_owned() })
    }

    /// Opens a room.
    pub fn create_room(&self, visitor: Visitor, custom_fields: Map<String, Value>) -> Pending<'_, Answer<Room>> {
        self.one(Effect::CreateRoom { visitor, custom_fields })
    }

    /// Closes a room that this operation has found before.
    pub fn close_room(&self, room: RoomId, comment: &str) -> Pending<'_, Answer<()>> {
        self.done(Effect::CloseRoom { room, comment: comment.to_owned() })
    }

    /// Writes into a room as its visitor; answers the message's id.
    pub fn post_message(
        &self,
        room: RoomId,
        visitor: Visitor,
        text: String,
        attachments: Vec<Attachment>,
    ) -> Pending<'_, Answer<String>> {
        self.one(Effect::PostMessage { room, visitor, text, attachments })
    }

    /// Fetches a file, to be uploaded by the same operation; tells what it looks like.
    pub fn fetch_file(&self, url: String, bytes_max: u64, timeout_ms: u64) -> Pending<'_, Answer<Fetched>> {
        self.one(Effect::FetchFile { url, bytes_max, timeout_ms })
    }

    /// Uploads the file that was fetched last into a room as its visitor.
    pub fn upload_file(&self, name: String, room: RoomId, token: String) -> Pending<'_, Answer<()>> {
        self.done(Effect::UploadFile { name, room, token })
    }

    /// Sets an omnichannel custom field.
    pub fn set_custom_field(&self, token: String, key: String, value: Value) -> Pending<'_, Answer<()>> {
        self.done(Effect::SetCustomField { token, key, value })
    }

    /// Looks a stored file up by id.
    pub fn find_upload(&self, id: String) -> Pending<'_, Answer<Option<Upload>>> {
        self.one(Effect::FindUpload { id })
    }

    /// Looks a department up by id or name.
    pub fn find_department(&self, department: String) -> Pending<'_, Answer<Option<Department>>> {
        self.one(Effect::FindDepartment { department })
    }

    /// Reads all messages of a livechat room; one of an unknown shape must not hide the others.
    pub fn messages(&self, room: RoomId) -> Pending<'_, Answer<Vec<Message>>> {
        self.ask(Effect::ReadMessages { room }, |outcomes| {
            let messages = outcomes.list()?;
            let read: Vec<Message> = json::read_all(&messages);
            if read.len() < messages.len() {
                outcomes.host().log(Level::Warn, "unrecognised messages are skipped");
            }
            Ok(read)
        })
    }

    /// Reads the newest messages of a room, system messages too, newest first.
    pub fn last_messages(&self, room: RoomId) -> Pending<'_, Answer<Vec<Message>>> {
        self.ask(Effect::ReadLastMessages { room }, |outcomes| Ok(json::read_all(&outcomes.list()?)))
    }

    /// Writes a message of the app's own into a room.
    pub fn post_notice(&self, room: RoomId, text: String) -> Pending<'_, Answer<()>> {
        self.done(Effect::PostNotice { room, text })
    }

    /// Shows a passing remark to the agent who serves a room.
    pub fn notify(&self, room: RoomId, text: String) -> Pending<'_, Answer<()>> {
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
        if let Err(failure) = Pending::of(self, effects, |outcomes| outcomes.all(Outcomes::value)).await {
            self.log(Level::Debug, format!("a job could not be scheduled: {failure}"));
        }
    }

    /// Reads a page of RapidPro's API.
    pub fn read_api(&self, url: String, token: &str, timeout_ms: u64) -> Pending<'_, Answer<ApiAnswer>> {
        self.one(Effect::ReadApi { url, token: token.to_owned(), timeout_ms })
    }

    /// Posts to RapidPro's API.
    pub fn post_api(&self, url: String, token: String, body: Value, timeout_ms: u64) -> Pending<'_, Answer<ApiAnswer>> {
        self.one(Effect::PostApi { url, token, body, timeout_ms })
    }

    /// A text in Unicode's normal forms, NFC and NFD.
    pub fn normal_forms(&self, text: String) -> Pending<'_, Answer<Vec<String>>> {
        self.one(Effect::Normalize { text })
    }

    /// Puts times into words for people; answers them, and then the time zone's name.
    pub fn tell_times(&self, times: Vec<u64>, time_zone: String) -> Pending<'_, Answer<Vec<String>>> {
        self.one(Effect::TellTimes { times, time_zone })
    }

    /// Posts a webhook, stores what is known of it and lets the next one in `queue` go on, side by side.
    pub fn post_and_store(&self, webhook: Effect, record: Effect, queue: String) -> Pending<'_, PostedAndStored> {
        let effects = vec![webhook, record, Effect::Release { queue }];
        Pending::of(self, effects, |outcomes| (outcomes.read(), outcomes.value().map(drop)))
    }

    /// Performs one effect.
    pub fn one<T: DeserializeOwned>(&self, effect: Effect) -> Pending<'_, Answer<T>> {
        self.ask(effect, |outcomes| outcomes.read())
    }

    /// For effects whose return value differs between servers and means nothing.
    pub(crate) fn done(&self, effect: Effect) -> Pending<'_, Answer<()>> {
        self.ask(effect, |outcomes| outcomes.value().map(drop))
    }

    pub(crate) fn ask<T>(&self, effect: Effect, read: fn(&mut Outcomes<'_>) -> T) -> Pending<'_, T> {
        Pending::of(self, vec![effect], read)
    }
}
