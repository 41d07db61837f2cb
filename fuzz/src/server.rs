//! A Rocket.Chat that mostly behaves, and that fails in every way that an accessor can.

use rapidpro_tickets_core::runtime::effect::Effect;
use rapidpro_tickets_core::runtime::outcome::Outcome;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::json;

/// The app's id.
pub const APP: &str = "c8b1f6d2-app";
/// The setting **App Secret**.
pub const SECRET: &str = "s3cret-of-the-setting";
/// What every message's text holds, so that it is recognised wherever it turns up.
pub const TEXT: &str = "t3xt-of-a-message";

/// What Rocket.Chat says when it refuses.
const REFUSALS: &[&str] = &[
    "The database is not available",
    "Sorry, no online agents [no-agent-online]",
    "error-omnichannel-is-disabled",
    "Invalid room provided on the message.",
    "cannot-access-room",
    "error-room-closed",
    "error-tags-must-be-assigned-before-closing-chat",
    "[invalid-custom-field]",
    "[object Object]",
    "",
    "line\nbreak \u{2028}\u{0}\u{1b}[31m",
];

/// What RapidPro answers.
const ANSWERS: &[(u16, &str)] = &[
    (200, r#"{"status":"handled"}"#),
    (404, r#"{"error":"no such ticket 59d7"}"#),
    (404, r#"{"error":"no such ticketer 59d7"}"#),
    (400, r#"{"error":"error fetching ticket file 'x': y"}"#),
    (400, r#"{"error":"error storing attachment: x"}"#),
    (400, "line\nbreak @all [a](https://b)"),
    (401, r#"{"status":"unauthorized"}"#),
    (500, r#"{"error":"error writing HTTP logs: x"}"#),
    (429, ""),
    (503, "<html>"),
    (302, ""),
];

#[derive(Debug)]
struct Room {
    id: String,
    visitor: Value,
    is_open: bool,
    messages: Vec<Value>,
}

/// What the server holds.
#[derive(Debug, Default)]
pub struct Server {
    records: Vec<(Vec<String>, Value)>,
    visitors: Vec<Value>,
    rooms: Vec<Room>,
    /// What the app has scheduled.
    pub jobs: Vec<Value>,
    last_id: u32,
}

impl Server {
    /// What comes of an effect: mostly what should, otherwise anything.
    pub fn perform(&mut self, effect: &Effect, chance: &mut Chance<'_>) -> Outcome {
        match chance.byte() {
            0..200 => self.answer(effect, chance),
            200..210 => Outcome::Ok(Value::Null),
            210..225 => match self.answer(effect, chance) {
                Outcome::Ok(value) => Outcome::Ok(json::spoiled(value, chance)),
                failure => failure,
            },
            225..230 => Outcome::Ok(json::odd(chance, 0)),
            230..243 => Outcome::Error(chance.pick(REFUSALS).to_owned()),
            243..250 => Outcome::Timeout,
            250.. => {
                self.answer(effect, chance);
                Outcome::Timeout
            }
        }
    }

    /// All visitor tokens: whoever knows one can read a conversation.
    pub fn visitor_tokens(&self) -> impl Iterator<Item = &str> {
        self.visitors.iter().filter_map(|visitor| visitor["token"].as_str())
    }

    /// What is stored must be a JSON object.
    pub fn stored(&self) -> impl Iterator<Item = &Value> {
        self.records.iter().map(|(_, record)| record)
    }

    /// Somebody writes in some room.
    pub fn message(&mut self, chance: &mut Chance<'_>) -> Value {
        let id = self.next_id("message");
        let which = chance.below(self.rooms.len().max(1));
        let sender = match chance.below(4) {
            0 | 1 => json!({ "id": "agnes", "username": "agnes", "type": "user" }),
            2 => json!({ "id": "bot", "username": "bot", "type": "app", "appId": APP }),
            _ => json!({ "id": "v", "username": "guest-1", "type": "unknown" }),
        };
        let room = match self.rooms.get(which) {
            Some(room) => shown(room),
            None => json!({ "id": "elsewhere", "type": "l" }),
        };
        let mut message = json!({
            "id": id, "text": format!("{TEXT} {}", chance.text()), "createdAt": 1_000_000 + chance.number() % 1_000_000,
            "room": room, "sender": sender,
        });
        if chance.seldom(64) {
            message["files"] =
                json!([{ "_id": "f", "name": chance.text(), "type": "image/png", "size": chance.number() }]);
            message["attachments"] = json!([{ "description": TEXT, "text": chance.text(), "timestampLink": "x" }]);
        }
        if let Some(room) = self.rooms.get_mut(which) {
            room.messages.push(message.clone());
        }
        message
    }

    /// Somebody closes some room.
    pub fn close(&mut self, chance: &mut Chance<'_>) -> Value {
        let which = chance.below(self.rooms.len().max(1));
        match self.rooms.get_mut(which) {
            Some(room) => {
                room.is_open = false;
                shown(room)
            }
            None => json!({ "id": "elsewhere", "type": "l" }),
        }
    }

    fn answer(&mut self, effect: &Effect, chance: &mut Chance<'_>) -> Outcome {
        let value = match effect {
            Effect::Acquire { .. }
            | Effect::Release { .. }
            | Effect::Sleep { .. }
            | Effect::SetCustomField { .. }
            | Effect::Notify { .. } => Value::Null,
            Effect::TryAcquire { .. } => json!(!chance.seldom(64)),
            Effect::ReadSetting { id: "app_secret" } => json!(format!(" {SECRET}\n")),
            Effect::ReadSetting { id: "more_workspaces" } if chance.seldom(64) => json!(chance.text()),
            Effect::ReadSetting { id: "history_token" } if chance.seldom(2) => json!(SECRET),
            Effect::ReadSetting { .. } => Value::Null,
            Effect::ReadServerSetting { .. } => json!("https://chat.example.org/sub/"),
            Effect::ReadRecords { association } => {
                let found = self.records.iter().filter(|(associations, _)| associations.contains(association));
                found.map(|(_, record)| record.clone()).collect()
            }
            Effect::CreateRecord { associations, record } => {
                self.records.push((associations.clone(), record.clone()));
                json!(self.next_id("record"))
            }
            Effect::ReplaceRecord { associations, record } => {
                match self.records.iter_mut().find(|(stored_under, _)| stored_under == associations) {
                    Some((_, stored)) => *stored = record.clone(),
                    None => self.records.push((associations.clone(), record.clone())),
                }
                Value::Null
            }
            Effect::RemoveRecords { association } => {
                self.records.retain(|(associations, _)| !associations.contains(association));
                Value::Null
            }
            Effect::FindVisitor { token } => self.visitor(token),
            Effect::RegisterVisitor { visitor } => {
                if self.visitor(&visitor.token).is_null() {
                    let id = self.next_id("visitor");
                    let username = format!("guest-{id}");
                    self.visitors.push(json!({ "id": id, "token": visitor.token, "username": username }));
                }
                self.visitor(&visitor.token)
            }
            Effect::FindRoom { room } => self.room(room.as_str()).map_or(Value::Null, |room| shown(room)),
            Effect::FindOpenRooms { token } => {
                let theirs = |room: &&Room| room.is_open && room.visitor["token"] == token.as_str();
                self.rooms.iter().filter(theirs).map(shown).collect()
            }
            Effect::CreateRoom { visitor, .. } => {
                let (id, visitor) = (self.next_id("room"), self.visitor(&visitor.token));
                self.rooms.push(Room { id, visitor, is_open: true, messages: Vec::new() });
                self.rooms.last().map_or(Value::Null, shown)
            }
            Effect::CloseRoom { room, .. } => {
                if let Some(room) = self.room(room.as_str()) {
                    room.is_open = false;
                }
                json!(true)
            }
            Effect::PostMessage { .. } | Effect::PostNotice { .. } => json!(self.next_id("message")),
            Effect::ReadApi { .. } => json!({ "status": 200, "body": page(chance).to_string() }),
            Effect::PostApi { .. } | Effect::UploadMedia { .. } => {
                json!({ "status": 201, "body": page(chance).to_string() })
            }
            Effect::ReadLastMessages { .. } => json!([]),
            Effect::AreAgentsOnline { .. } => json!(true),
            Effect::FindRedirect { .. } => json!("https://elsewhere.example.org/log-in"),
            Effect::Normalize { text } => json!([text, text]),
            Effect::TellTimes { times, .. } => {
                times.iter().map(|time| time.to_string()).chain(["UTC".to_owned()]).collect()
            }
            Effect::FindUpload { .. } => json!({ "type": "image/png", "size": 7 }),
            Effect::FetchFile { .. } => json!({ "length": 8, "head": "\u{89}PNG\r\n\u{1a}\n" }),
            Effect::UploadFile { .. } => json!("upload"),
            Effect::FindDepartment { department } => json!({ "id": department }),
            Effect::ReadMessages { room } => {
                self.room(room.as_str()).map_or_else(|| json!([]), |room| json!(room.messages))
            }
            Effect::Schedule { job, .. } => {
                self.jobs.push(serde_json::json!(job));
                json!(self.next_id("job"))
            }
            Effect::PostWebhook { .. } => {
                let (status, body) = if chance.seldom(96) { chance.pick(ANSWERS) } else { ANSWERS[0] };
                json!({ "status": status, "body": body, "retryAfterMs": null })
            }
        };
        Outcome::Ok(value)
    }

    fn visitor(&self, token: &str) -> Value {
        self.visitors.iter().find(|visitor| visitor["token"] == token).cloned().unwrap_or_default()
    }

    fn room(&mut self, id: &str) -> Option<&mut Room> {
        self.rooms.iter_mut().find(|room| room.id == id)
    }

    fn next_id(&mut self, kind: &str) -> String {
        self.last_id += 1;
        format!("{kind}-{}", self.last_id)
    }
}

fn shown(room: &Room) -> Value {
    json!({
        "id": room.id, "type": "l", "isOpen": room.is_open.then_some(true), "source": { "id": APP },
        "visitor": room.visitor, "messageCount": room.messages.len(),
    })
}

/// A page of RapidPro's API, or what stands in its place.
fn page(chance: &mut Chance<'_>) -> Value {
    if chance.seldom(8) {
        return json!(chance.text());
    }
    let message =
        json!({ "direction": "in", "text": format!("{TEXT} {}", chance.text()), "created_on": "1970-01-01T00:00Z" });
    json!({ "results": [message], "next": chance.text() })
}
