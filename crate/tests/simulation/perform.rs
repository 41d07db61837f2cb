//! What Rocket.Chat does with an effect (app-shim/host.ts), and what can go wrong with it.

use rapidpro_tickets_core::dispatch::Trigger;
use rapidpro_tickets_core::ids::RoomId;
use rapidpro_tickets_core::runtime::effect::Effect;
use rapidpro_tickets_core::runtime::json;
use rapidpro_tickets_core::runtime::outcome::Outcome;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::node::OpRef;
use crate::random::Random;
use crate::rapidpro::MEDIA_HOST;
use crate::rocketchat::{Author, Maker, Message, Picture, Room};
use crate::world::{DEADLINE_MS, Happening, World};

/// How a call fares on its way.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    /// After how many milliseconds it gets to the server, if it does.
    pub arrives: Option<u64>,
    /// After how many more its answer is back, if it is.
    pub returns: Option<u64>,
    /// What is answered whatever the server has done.
    pub error: Option<&'static str>,
    /// Whether the server's own answer gets back in time.
    pub answered: bool,
    /// For a webhook: which attempt it is.
    pub attempt: usize,
}

impl Fate {
    pub fn of(fault: Option<Fault>, random: &mut Random) -> Self {
        let (arrives, returns) = (Some(random.below(4)), Some(random.below(3)));
        let error = Some("Rocket.Chat's database is not available");
        let fine = Self { arrives, returns, ..Self::default() };
        match fault {
            None => fine,
            Some(Fault::Slow) => {
                Self { arrives: Some(random.below(7_000)), returns: Some(random.below(7_000)), ..fine }
            }
            Some(Fault::CloseRefused) => {
                Self { arrives: None, error: Some("error-tags-must-be-assigned-before-closing-chat"), ..fine }
            }
            Some(Fault::WriteRefused | Fault::ReadRefused | Fault::PostRefused | Fault::CreateRefused) => {
                Self { arrives: None, error, ..fine }
            }
            Some(Fault::WriteRefusedAfterwards) => Self { error, ..fine },
            Some(Fault::WriteLost) => Self { arrives: None, returns: None, ..fine },
            Some(Fault::WriteLate | Fault::PostLate | Fault::CreateLate) => {
                Self { arrives: Some(DEADLINE_MS + random.below(30_000)), returns: None, ..fine }
            }
            Some(_) => Self { returns: None, ..fine },
        }
    }
}

/// The faults that an effect can suffer. Those of webhooks are RapidPro's.
pub fn faults_of(effect: &Effect) -> &'static [Fault] {
    match effect {
        Effect::CreateRecord { .. } | Effect::ReplaceRecord { .. } | Effect::RemoveRecords { .. } => &[
            Fault::WriteRefused,
            Fault::WriteRefusedAfterwards,
            Fault::WriteUnanswered,
            Fault::WriteLost,
            Fault::WriteLate,
            Fault::Slow,
        ],
        Effect::PostMessage { .. } | Effect::UploadFile { .. } | Effect::PostNotice { .. } | Effect::Notify { .. } => {
            &[Fault::PostRefused, Fault::PostUnanswered, Fault::PostLate, Fault::Slow]
        }
        Effect::CreateRoom { .. } => &[Fault::CreateUnanswered, Fault::CreateLate, Fault::CreateRefused, Fault::Slow],
        Effect::CloseRoom { .. } => &[Fault::CloseRefused, Fault::CloseUnanswered, Fault::Slow],
        Effect::PostWebhook { .. } => &[],
        _ => &[Fault::ReadRefused, Fault::ReadUnanswered, Fault::Slow],
    }
}

/// What the administrator has set.
fn setting(id: &str) -> Value {
    match id {
        "app_secret" => json!("secret"),
        "copy_media" => json!(true),
        "media_hosts" => json!(MEDIA_HOST),
        _ => json!(30),
    }
}

/// What a contact said, by the text or by the name of the picture that was posted.
fn said(posted: &str, picture: Option<&Picture>) -> String {
    match picture {
        Some(_) => format!("{}.", posted.trim_end_matches(".png").trim_end_matches('.')),
        None => posted.to_owned(),
    }
}

/// An effect in few words.
pub fn words(effect: &Effect) -> String {
    match effect {
        Effect::CreateRecord { record, .. } => format!("stores {record}"),
        Effect::ReplaceRecord { record, .. } => format!("replaces {record}"),
        Effect::PostWebhook { body, .. } => format!("sends {body}"),
        Effect::FindOpenRooms { .. } => "finds open rooms".into(),
        Effect::CreateRoom { .. } => "opens a room".into(),
        Effect::PostMessage { text, .. } => format!("wants to post “{text}”"),
        other => format!("{other:?}"),
    }
}

impl World {
    pub fn perform(&mut self, op: OpRef, effect: Effect) -> Outcome {
        match effect {
            Effect::ReadSetting { id } => Outcome::Ok(setting(id)),
            Effect::ReadServerSetting { .. } => Outcome::Ok(json!("https://chat.example.org")),
            Effect::ReadRecords { association } => {
                self.note_read(op, &association);
                Outcome::Ok(Value::Array(self.store.read(&association, &mut self.random)))
            }
            Effect::CreateRecord { associations, record } => {
                self.ledger.stored(op.process, &record, self.time);
                self.check_end(&record);
                self.store.create(&associations, record);
                Outcome::Ok(Value::Null)
            }
            Effect::ReplaceRecord { associations, record } => {
                self.ledger.stored(op.process, &record, self.time);
                self.check_end(&record);
                match self.suffers(&[Fault::UpsertedTwice]) {
                    Some(_) => self.store.create(&associations, record),
                    None => self.store.replace(&associations, record),
                }
                Outcome::Ok(Value::Null)
            }
            Effect::RemoveRecords { association } => {
                self.store.remove(&association);
                Outcome::Ok(Value::Null)
            }
            Effect::FindVisitor { token } => Outcome::Ok(self.chat.visitor(&token).unwrap_or_default()),
            Effect::RegisterVisitor { visitor } => {
                self.chat.register(&visitor);
                Outcome::Ok(self.chat.registered(&visitor.token))
            }
            Effect::FindRoom { room } => self.find_room(op, &room),
            Effect::FindOpenRooms { token } => self.find_open_rooms(op, &token),
            Effect::CreateRoom { visitor, custom_fields } => {
                let ticket = custom_fields.get("rapidproTicket").and_then(Value::as_str).unwrap_or_default();
                let contact = self.rapidpro.tickets.get(ticket).map(|ticket| ticket.contact);
                self.create_room(op, contact, &visitor.token)
            }
            Effect::CloseRoom { room, .. } => self.app_closes(op, &room),
            Effect::PostMessage { room, visitor, text, attachments } => {
                match attachments.into_iter().next().map(|attachment| (attachment.title.value, attachment.title.link)) {
                    Some((Some(name), Some(link))) => {
                        self.post(op, &room, &visitor.token, name, Some(Picture::Link(link)))
                    }
                    _ => self.post(op, &room, &visitor.token, text, None),
                }
            }
            Effect::FetchFile { .. } => Outcome::Ok(json!({ "length": 8, "head": "\u{89}PNG\r\n\u{1a}\n" })),
            Effect::UploadFile { name, room, token } => self.copy_file(op, &room, &token, name),
            Effect::SetCustomField { .. } => Outcome::Ok(json!(true)),
            Effect::FindDepartment { department } => Outcome::Ok(json!({ "id": department })),
            // Nobody in the simulation sends files.
            Effect::FindUpload { .. } => Outcome::Ok(Value::Null),
            Effect::ReadMessages { room } => self.read_messages(&room),
            Effect::PostNotice { room, text } => self.post_notice(op, &room, text),
            Effect::Notify { text, .. } => {
                self.ledger.told.push(text);
                Outcome::Ok(Value::Null)
            }
            Effect::Schedule { job, at } => {
                let wait = at.saturating_sub(self.clock(op.node));
                self.later(wait, Happening::Job(job));
                Outcome::Ok(json!("job"))
            }
            // No workspace has a token in the simulation.
            Effect::ReadApi { .. } | Effect::PostApi { .. } | Effect::UploadMedia { .. } => {
                Outcome::Error("no API".into())
            }
            Effect::ReadLastMessages { .. } => Outcome::Error("Method not implemented.".into()),
            Effect::AreAgentsOnline { .. } => Outcome::Ok(json!(true)),
            Effect::FindRedirect { .. } => Outcome::Ok(Value::Null),
            Effect::Normalize { text } => Outcome::Ok(json!([text, text])),
            Effect::TellTimes { .. } => Outcome::Error("no times".into()),
            Effect::Acquire { .. }
            | Effect::TryAcquire { .. }
            | Effect::Release { .. }
            | Effect::Sleep { .. }
            | Effect::PostWebhook { .. } => Outcome::Error("not Rocket.Chat's business".into()),
        }
    }

    /// Which state of the store an operation has seen of a room.
    fn note_read(&mut self, op: OpRef, association: &str) {
        let version = self.ledger.version;
        if let (Some(room), Some(drive)) = (association.strip_prefix("room/"), self.drive(op)) {
            drive.read.insert(RoomId(room.to_owned()), version);
        }
    }

    fn find_room(&mut self, op: OpRef, room: &RoomId) -> Outcome {
        let shown = self.chat.room(room).map(|room| self.chat.shown(room));
        if let Some(drive) = self.drive(op) {
            drive.seen.insert(room.clone());
        }
        Outcome::Ok(shown.unwrap_or_default())
    }

    fn find_open_rooms(&mut self, op: OpRef, token: &str) -> Outcome {
        let mut rooms = self.chat.open_rooms(token);
        // In no particular order.
        let turn = self.random.index(rooms.len());
        rooms.rotate_left(turn);
        let shown = rooms.iter().map(|room| self.chat.shown(room)).collect();
        let ids: Vec<RoomId> = rooms.iter().map(|room| room.id.clone()).collect();
        if let Some(drive) = self.drive(op) {
            drive.seen.extend(ids);
        }
        Outcome::Ok(Value::Array(shown))
    }

    fn create_room(&mut self, op: OpRef, contact: Option<usize>, token: &str) -> Outcome {
        let seen = self.drive(op).map(|drive| drive.seen.clone()).unwrap_or_default();
        let serves_nobody = |room: &&Room| {
            let bound = self.ledger.rooms.get(&room.id).is_some_and(|room| !room.bound.is_empty());
            room.open && room.contact == contact && seen.contains(&room.id) && !bound
        };
        if let Some(room) = self.chat.rooms.iter().find(serves_nobody).map(|room| room.id.as_str().to_owned()) {
            self.violate("a room that a crash left is used", room);
        }
        if let Some(refusal) = self.chat.second_room(token) {
            self.befall(Fault::SecondRoomRefused);
            return Outcome::Error(refusal);
        }
        let order = self.random.next();
        let room = self.chat.open(Maker::ThisApp, contact, token, order);
        self.chat.store(&room, Author::System, String::new(), self.clock(op.node));
        self.note(|| format!("{:>10} opened {}", op.op, room.as_str()));
        // A bot may greet before the app even knows that there is a room.
        if self.random.percent(5) {
            self.staff_writes(op.node, &room, Author::Bot);
        }
        self.find_room(op, &room)
    }

    fn app_closes(&mut self, op: OpRef, room: &RoomId) -> Outcome {
        if self.drive(op).is_some_and(|drive| !drive.seen.contains(room)) {
            return Outcome::Error("not available here".into());
        }
        if self.chat.room(room).is_some_and(|room| !room.open) && self.chat.refuses_second_close {
            return Outcome::Error("error-room-closed".into());
        }
        self.close_room(op.node, room);
        Outcome::Ok(json!(true))
    }

    /// Closes a room, whoever does it: the app hears of its own closes, too.
    pub fn close_room(&mut self, node: usize, room: &RoomId) {
        let clock = self.clock(node);
        let Some(open) = self.chat.room_mut(room).filter(|room| room.open) else { return };
        open.open = false;
        self.note(|| format!("node {node}: {} is closed", room.as_str()));
        let message = self.chat.store(room, Author::System, "closed".into(), clock);
        if let Some(message) = message.filter(|_| self.chat.close_message_has_event) {
            self.fire_sent(node, room, &message);
        }
        if let Some(room) = json::read(&json!({ "id": room.as_str() })) {
            self.fire(node, Trigger::RoomClosed { room }, None);
        }
    }

    /// Rocket.Chat stores a file for a closed room, and says nothing of it.
    fn copy_file(&mut self, op: OpRef, room: &RoomId, token: &str, name: String) -> Outcome {
        match self.chat.room(room).is_some_and(|room| room.open) {
            true => self.post(op, room, token, name, Some(Picture::File)),
            false => Outcome::Ok(json!({ "id": "file" })),
        }
    }

    fn post(&mut self, op: OpRef, room: &RoomId, token: &str, text: String, picture: Option<Picture>) -> Outcome {
        if self.drive(op).is_some_and(|drive| !drive.seen.contains(room)) {
            return Outcome::Error("not available here".into());
        }
        let Some((open, contact)) = self.chat.room(room).map(|room| (room.open, room.contact)) else {
            return Outcome::Error("Invalid room provided on the message.".into());
        };
        let mut room = room.clone();
        if !open && let Some(refusal) = self.chat.second_room(token) {
            return Outcome::Error(refusal);
        }
        if !open {
            // Rocket.Chat opens a new room for what is written into a closed one.
            room = self.chat.open(Maker::ThisApp, contact, token, op.op);
            self.ledger.stray_rooms += 1;
        }
        let (clock, time) = (self.clock(op.node), self.time);
        if let Some(message) = self.ledger.contacts_messages.get_mut(&said(&text, picture.as_ref())) {
            message.posted.push((room.clone(), time));
        }
        self.note(|| format!("{:>10} posts “{text}” in {}", op.op, room.as_str()));
        let Some(message) = self.chat.store(&room, Author::Visitor, text, clock) else { return Outcome::Timeout };
        if let Some(picture) = picture {
            self.chat.make_picture(&room, &message.id, picture);
        }
        self.fire_sent(op.node, &room, &message);
        Outcome::Ok(json!(message.id))
    }

    fn post_notice(&mut self, op: OpRef, room: &RoomId, text: String) -> Outcome {
        self.ledger.room(room).asked_to_close |= text.contains("Please close this room");
        self.ledger.told.push(text.clone());
        let clock = self.clock(op.node);
        if let Some(message) = self.chat.store(room, Author::ThisApp, text, clock) {
            self.fire_sent(op.node, room, &message);
        }
        Outcome::Ok(json!("notice"))
    }

    fn read_messages(&mut self, room: &RoomId) -> Outcome {
        let Some(room) = self.chat.room(room) else { return Outcome::Ok(json!([])) };
        let shown = self.chat.shown(room);
        let mut messages: Vec<Value> =
            room.messages.iter().map(|message| self.chat.shown_message(room, &shown, message)).collect();
        let turn = self.random.index(messages.len());
        messages.rotate_left(turn);
        Outcome::Ok(Value::Array(messages))
    }

    /// The event of a message that was just stored.
    pub fn fire_sent(&mut self, node: usize, room: &RoomId, message: &Message) {
        let Some(room) = self.chat.room(room) else { return };
        let shown = self.chat.shown_message(room, &self.chat.shown(room), message);
        match json::read(&shown) {
            Some(sent) => {
                let trigger = Trigger::MessageSent { message: Box::new(sent) };
                self.fire(node, trigger, Some(message.text.clone()));
            }
            None => self.violate("messages can be read", shown.to_string()),
        }
    }
}
