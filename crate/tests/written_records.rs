//! What this version stores has the shape and the associations of what version 1.0.0 has stored (`stored/1.0.0.json`):
//! nodes of two versions share a store, and each must find and read what the other has written.
//!
//! A small Rocket.Chat without faults answers the core here; the history below makes it store records of every kind.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may stop where something is not as it should be"
)]

use std::collections::BTreeSet;
use std::rc::Rc;

use rapidpro_tickets_core::dispatch::{Start, start};
use rapidpro_tickets_core::runtime::json;
use rapidpro_tickets_core::runtime::operation::Step;
use rapidpro_tickets_core::runtime::outcome::{Answers, Outcome};
use rapidpro_tickets_core::runtime::process::Process;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const STORED: &str = include_str!("stored/1.0.0.json");
/// When the records of 1.0.0 were stored, so that pages have as many digits.
const THEN: u64 = 1_795_827_000_000;
const MINUTE_MS: u64 = 60_000;
const APP: &str = "app";

/// The one place that names the traits by which records are read and written.
fn read<T: DeserializeOwned>(value: &Value) -> T {
    json::read(value).unwrap_or_else(|| panic!("not readable: {value}"))
}

fn write<T: Serialize>(value: T) -> Value {
    json::to_value(value)
}

/// What has to be the same about a record, whatever it is about: its fields, what it says, how it is found.
fn shape(associations: &Value, data: &Value) -> String {
    // What 1.0.0 did not store and skips: what RapidPro said, the code of a reason, whose message it is, since when
    // visitors are persons', who tells of a close, and that this was the last thing to be done.
    let is_old =
        |name: &&String| !["said", "reason", "person", "by_person", "lease", "finished"].contains(&name.as_str());
    let names = |value: &Value| {
        value.as_object().map(|fields| fields.keys().filter(is_old).cloned().collect::<Vec<_>>().join(","))
    };
    let says = data.get("line").or(data.get("fact")).map_or_else(String::new, |says| match says.as_object() {
        None => says.to_string(),
        Some(variant) => variant
            .iter()
            .map(|(name, content)| {
                format!("{name}({}){}{}", names(content).unwrap_or_default(), content["by"], content["unfetched"])
            })
            .collect(),
    });
    let message = names(&data["line"]["written"]["message"]).unwrap_or_default();
    let entry = data["entry"].as_str().filter(|entry| ["close", "history"].contains(entry)).unwrap_or_default();
    let associations: Vec<String> =
        associations.as_array().unwrap().iter().map(|id| general(id.as_str().unwrap(), data)).collect();
    format!("{} {says} {message} {entry} {}", names(data).unwrap(), associations.join(" "))
}

/// An association with the names of fields in place of what they hold, and signs in place of numbers and hashes.
fn general(association: &str, data: &Value) -> String {
    let part = |part: &str| {
        let field = data.as_object().unwrap().iter().find(|(_, value)| value.as_str() == Some(part));
        match field {
            Some((name, _)) => format!("<{name}>"),
            None if part.bytes().all(|byte| byte.is_ascii_digit()) => "#".repeat(part.len()),
            None if part.len() == 64 => "<hash>".to_owned(),
            None => part.to_owned(),
        }
    };
    // The room's id stands in no field of what was shrunk, and a workspace's name in no field at all.
    match association.split_once('/') {
        Some((kind @ ("sent" | "workspace"), _)) => format!("{kind}/*"),
        _ => association.split('/').map(part).collect::<Vec<_>>().join("/"),
    }
}

/// All shapes of records, and all jobs without what they are about.
fn stored_then() -> (BTreeSet<String>, BTreeSet<String>) {
    let stored: Value = serde_json::from_str(STORED).unwrap();
    let records = stored["records"].as_array().unwrap().iter();
    let jobs = stored["jobs"].as_array().unwrap().iter();
    (
        records.map(|record| shape(&record["associations"], &record["data"])).collect(),
        jobs.map(|job| job_shape(&job["data"]["job"])).collect(),
    )
}

fn job_shape(job: &Value) -> String {
    let Some((name, content)) = job.as_object().and_then(|job| job.iter().next()) else { return job.to_string() };
    let fields: Vec<&String> = content.as_object().unwrap().keys().collect();
    format!("{name} {fields:?} {} {}", content["haste"], content["recovered"])
}

/// A Rocket.Chat and a RapidPro that do as they are told.
struct World {
    now: u64,
    nodes: Vec<Rc<Process>>,
    store: Vec<(Value, Value)>,
    rooms: Vec<(String, String, bool)>,
    /// What agents wrote, with its room.
    messages: Vec<(String, Value)>,
    shapes: BTreeSet<String>,
    jobs: BTreeSet<String>,
    /// What RapidPro answers to webhooks and to questions about its API.
    rapidpro: Value,
    /// Whether Rocket.Chat takes contacts' messages.
    posts: bool,
    /// Whether Rocket.Chat's store takes an agent's message.
    stores: bool,
}

impl World {
    fn new() -> Self {
        let memory = |node: &str| Rc::new(Process::new(APP.into(), node.into()));
        Self {
            now: THEN,
            nodes: vec![memory("one"), memory("two")],
            store: Vec::new(),
            rooms: Vec::new(),
            messages: Vec::new(),
            shapes: BTreeSet::new(),
            jobs: BTreeSet::new(),
            rapidpro: handled(),
            posts: true,
            stores: true,
        }
    }

    /// Runs an operation, and what it leaves to be done.
    fn run(&mut self, trigger: Value) -> Value {
        self.run_beside(vec![trigger])
    }

    /// Runs an operation a node, turn by turn; gives the first one's answer.
    fn run_beside(&mut self, triggers: Vec<Value>) -> Value {
        let begin = |(trigger, memory): (Value, &Rc<Process>)| {
            let first = json!({ "trigger": trigger, "now": self.now, "entropy": format!("{:016x}", self.now) });
            let mut operation = start(Rc::clone(memory), read::<Start>(&first));
            let step = operation.begin();
            (operation, step)
        };
        let mut operations: Vec<_> = triggers.into_iter().zip(&self.nodes).map(begin).collect();
        let mut follow_ups = Vec::new();
        let mut response = Value::Null;
        while !operations.is_empty() {
            let mut going_on = Vec::new();
            for (mut operation, step) in operations {
                let Step { effects, end, .. } = step;
                if let Some(end) = end.map(write) {
                    response = if response.is_null() { end["response"].clone() } else { response };
                    follow_ups.extend(end["followUps"].as_array().unwrap().clone());
                    continue;
                }
                let outcomes = effects.into_iter().map(|effect| self.perform(&write(effect))).collect();
                self.now += 1;
                let step = operation.resume(Answers { now: self.now, outcomes });
                going_on.push((operation, step));
            }
            operations = going_on;
        }
        for job in follow_ups {
            self.run(json!({ "job": { "job": job } }));
        }
        response
    }

    fn perform(&mut self, effect: &Value) -> Outcome {
        let text = |name: &str| effect[name].as_str().unwrap_or_default().to_owned();
        Outcome::Ok(match effect["kind"].as_str().unwrap() {
            "readSetting" => match effect["id"].as_str().unwrap() {
                "app_secret" => json!("secret"),
                "history_token" => json!("token"),
                "rapidpro_address" => json!("https://rapidpro.example.org"),
                "more_workspaces" => json!("North; secret=another"),
                "media_hosts" => json!("media.example.org"),
                "copy_media" | "send_close_details" => json!(true),
                _ => Value::Null,
            },
            "readServerSetting" => json!("https://chat.example.org"),
            "tryAcquire" | "setCustomField" => json!(true),
            "sleep" => {
                self.now += effect["ms"].as_u64().unwrap();
                Value::Null
            }
            "readRecords" => self.with(&effect["association"]),
            kind @ ("createRecord" | "replaceRecord") => {
                let (associations, record) = (&effect["associations"], &effect["record"]);
                if !self.stores && record["line"].get("written").is_some() {
                    return Outcome::Error("the database is not available".into());
                }
                self.shapes.insert(shape(associations, record));
                if kind == "replaceRecord" {
                    self.store.retain(|(others, _)| others != associations);
                }
                self.store.push((associations.clone(), record.clone()));
                Value::Null
            }
            "removeRecords" => {
                let association = &effect["association"];
                self.store.retain(|(associations, _)| !associations.as_array().unwrap().contains(association));
                Value::Null
            }
            "findVisitor" => {
                json!({ "id": "v", "token": text("token"), "username": "guest-1", "name": "Ann" })
            }
            "registerVisitor" => json!({ "id": "v", "token": effect["visitor"]["token"], "username": "guest-1" }),
            "postNotice" | "copyFile" => json!("id"),
            "schedule" => {
                self.jobs.insert(job_shape(&effect["job"]));
                json!("job")
            }
            "createRoom" => {
                let id = format!("r{}", self.rooms.len());
                self.rooms.push((id.clone(), effect["visitor"]["token"].as_str().unwrap().to_owned(), true));
                self.room(&id)
            }
            "findRoom" => self.room(&text("room")),
            "findOpenRooms" => {
                let of = effect["token"].as_str().unwrap();
                let open: Vec<_> = self.rooms.iter().filter(|(_, token, open)| *open && token == of).collect();
                open.into_iter().map(|(id, ..)| self.room(id)).collect()
            }
            "closeRoom" => {
                self.close(&text("room"));
                json!(true)
            }
            "postMessage" if self.posts => json!("message"),
            "postMessage" => return Outcome::Timeout,
            "readApi" if self.rapidpro == handled() => answer(200, r#"{"results":[]}"#),
            "postWebhook" | "readApi" => self.rapidpro.clone(),
            "readMessages" | "readLastMessages" => {
                let of_room = self.messages.iter().filter(|(room, _)| *room == text("room"));
                of_room.map(|(_, message)| message.clone()).collect()
            }
            "tellTimes" => json!([]),
            _ => Value::Null,
        })
    }

    /// All records that carry an association.
    fn with(&self, association: &Value) -> Value {
        let carries = |associations: &Value| associations.as_array().unwrap().contains(association);
        self.store.iter().filter(|(associations, _)| carries(associations)).map(|(_, data)| data.clone()).collect()
    }

    fn room(&self, id: &str) -> Value {
        let room = self.rooms.iter().find(|(other, ..)| other == id);
        room.map_or(Value::Null, |(id, _, open)| {
            json!({ "id": id, "type": "l", "isOpen": open.then_some(true), "source": { "id": APP },
                "visitor": { "id": "v", "username": "guest-1", "name": "Ann" } })
        })
    }

    fn close(&mut self, id: &str) {
        self.rooms.iter_mut().filter(|(other, ..)| other == id).for_each(|room| room.2 = false);
    }

    // What people do.

    fn request(endpoint: &str, method: &str, body: &Value, secret: &str) -> Value {
        let headers = json!({ "authorization": format!("Token {secret}"), "content-type": "application/json",
            "content-length": body.to_string().len().to_string() });
        json!({ "request": { "request": { "endpoint": endpoint, "method": method, "headers": headers, "body": body.to_string() } } })
    }

    fn asks(&mut self, endpoint: &str, method: &str, body: &Value) -> Value {
        let response = self.run(Self::request(endpoint, method, body, "secret"));
        assert!(response["status"].as_u64().unwrap() < 300, "{endpoint}: {response}");
        response
    }

    /// A contact opens a ticket; gives the room.
    fn opens(&mut self, contact: u64) -> String {
        let response = self.asks("room", "get", &ticket(contact, 1));
        response["content"]["id"].as_str().unwrap().to_owned()
    }

    fn agent_writes(&mut self, room: &str, id: &str, text: &str) {
        let sender = json!({ "id": "agnes", "username": "agnes", "name": "Agnes Agent", "type": "user" });
        let message =
            json!({ "id": id, "createdAt": self.now, "text": text, "room": self.room(room), "sender": sender });
        self.agent_sends(room, message);
    }

    fn agent_sends(&mut self, room: &str, message: Value) {
        self.messages.push((room.to_owned(), message.clone()));
        self.run(json!({ "messageSent": { "message": message } }));
    }

    fn agent_closes(&mut self, room: &str, comment: Option<&str>) {
        if let Some(comment) = comment {
            let message = json!({ "id": "end", "createdAt": self.now, "text": comment, "type": "livechat-close",
                "room": self.room(room), "sender": { "id": "agnes", "username": "agnes" } });
            self.run(json!({ "messageSent": { "message": message } }));
        }
        self.close(room);
        self.run(json!({ "roomClosed": { "room": self.room(room) } }));
    }

    fn types(&mut self, room: &str, word: &str) {
        let command = json!({ "room": room, "roles": ["admin"], "words": [word] });
        self.run(json!({ "command": { "command": command } }));
    }

    fn contact_writes(&mut self, contact: u64, body: Value) {
        let mut body = body;
        body["visitor"] = json!({ "token": contact.to_string() });
        self.asks("visitor-message", "post", &body);
    }

    fn job(&mut self, job: Value) {
        self.run(json!({ "job": { "job": job } }));
    }

    /// The sweep comes by every minute for so long.
    fn minutes(&mut self, count: u64) {
        for _ in 0..count {
            self.now += MINUTE_MS;
            self.job(json!({ "sweep": { "recovered": false } }));
        }
    }
}

fn handled() -> Value {
    answer(200, r#"{"status":"handled"}"#)
}

fn answer(status: u16, body: &str) -> Value {
    json!({ "status": status, "body": body })
}

/// RapidPro's request for a room.
fn ticket(contact: u64, number: u64) -> Value {
    let uuid = |kind: u64, number: u64| format!("{kind:08}-0000-4000-8000-{contact:06}{number:06}");
    let visitor = json!({ "token": contact.to_string(), "name": "Ann", "contactUUID": uuid(1, 0) });
    json!({ "ticketID": uuid(2, number), "sessionStart": "2026-11-28T00:00:00Z", "visitor": visitor })
}

/// A history in which records of every kind are stored.
fn history(world: &mut World) {
    world.run(json!("installed"));
    world.run(json!("enabled"));
    world.run(json!("settingUpdated"));
    world.job(json!({ "sweep": { "recovered": false } }));
    let callback = |uuid: &str| json!({ "webhook": { "url": format!("https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/{uuid}") } });
    world.asks("settings", "put", &callback("f1a9f392-d250-4e56-b442-07bf9afa0e9e"));
    let body = callback("e8b0e9b1-429e-4db5-90af-6f3236324dde");
    world.run(World::request("settings", "put", &body, "another"));

    // A conversation with a history, two tickets, a message, and a close with words.
    let room = world.opens(1);
    world.asks("room", "get", &ticket(1, 2));
    world.agent_writes(&room, "m1", "Hello");
    world.types(&room, "history");
    world.agent_closes(&room, Some("The pump was mended"));
    // Without contactUUID and sessionStart, and closed by RapidPro.
    let mut bare = ticket(2, 1);
    bare["visitor"].as_object_mut().unwrap().remove("contactUUID");
    bare.as_object_mut().unwrap().remove("sessionStart");
    world.asks("room", "get", &bare);
    world.asks("room.close", "get", &json!({ "visitor": { "token": "2" } }));
    let mut without_start = ticket(3, 1);
    without_start.as_object_mut().unwrap().remove("sessionStart");
    world.asks("room", "get", &without_start);
    world.agent_writes("r2", "m0", "One moment");
    // Two nodes open a room for a contact at once.
    for contacts in [[8, 9], [4, 4]] {
        let at_both = [0, 1].map(|node| World::request("room", "get", &ticket(contacts[node], node as u64), "secret"));
        world.run_beside(at_both.to_vec());
    }

    // A dead letter that is tried again, and a file that RapidPro cannot fetch.
    let room = world.opens(5);
    world.rapidpro = answer(400, r#"{"error":"field 'data' is required"}"#);
    world.agent_writes(&room, "m2", "Rude words");
    world.rapidpro = handled();
    world.types(&room, "retry");
    world.rapidpro = answer(400, r#"{"error":"error fetching ticket file 'x': y"}"#);
    let file = json!([{ "_id": "f", "name": "map.png", "type": "image/png", "size": 8 }]);
    let sender = json!({ "id": "agnes", "username": "agnes", "name": "Agnes Agent", "type": "user" });
    let message = json!({ "id": "m3", "createdAt": world.now, "text": "A map", "files": file, "sender": sender,
        "room": world.room(&room), "attachments": [{ "link": "/file-upload/f/map.png" }] });
    world.agent_sends(&room, message);
    // An outage that outlasts the page on which the message stands; closes meanwhile by either side; a history that must wait.
    world.rapidpro = answer(502, "<html>Bad Gateway</html>");
    world.agent_writes(&room, "m4", "Are you there?");
    let late = world.opens(6);
    world.agent_closes(&late, None);
    let ended = world.opens(10);
    world.agent_writes(&ended, "m6", "And you?");
    world.asks("room.close", "get", &json!({ "visitor": { "token": "10" } }));
    let refused = world.opens(7);
    world.posts = false;
    world.contact_writes(5, json!({ "text": "one" }));
    world.contact_writes(5, json!({ "text": "two" }));
    let picture = json!([{ "type": "image/jpeg", "url": "https://media.example.org/roof.jpg" }]);
    world.contact_writes(5, json!({ "attachments": picture }));
    world.minutes(10);
    world.rapidpro = answer(401, r#"{"detail":"Invalid token"}"#);
    world.minutes(40);
    world.types(&refused, "history");
    // A message that cannot be stored is looked for soon.
    world.stores = false;
    world.agent_writes(&refused, "m5", "Nobody could store this");
    world.stores = true;
    (world.rapidpro, world.posts) = (handled(), true);
    world.minutes(30);
}

#[test]
fn records_and_jobs_of_every_kind_are_stored_as_1_0_0_stored_them() {
    let mut world = World::new();
    history(&mut world);
    let (records, jobs) = stored_then();
    for (kind, then, now) in [("stored", records, world.shapes), ("scheduled", jobs, world.jobs)] {
        let missing: Vec<&String> = then.difference(&now).collect();
        let new: Vec<&String> = now.difference(&then).collect();
        assert!(missing.is_empty(), "no longer {kind}:\n{missing:#?}\nbut, which 1.0.0 has not:\n{new:#?}");
    }
}
