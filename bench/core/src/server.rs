//! A Rocket.Chat and a RapidPro that do what they are asked.

use std::rc::Rc;

use rapidpro_tickets_core::memory::Memory;
use rapidpro_tickets_core::operation::Operation;
use rapidpro_tickets_core::plain::{FromValue, ToValue};
use rapidpro_tickets_core::trigger;
use serde_json::{Value, json};

/// When everything begins, in milliseconds.
pub const BEGINNING: u64 = 1_790_000_000_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const APP: &str = "c8b1f6d2-5a0e-4f3b-9c47-2e6d81a9b350";
/// The agent's and the app's room.
pub const ROOM: &str = "Rm5dKq8vXzN2pTwYc";

/// The plain data that goes into the core and comes out of it while one operation runs.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it starts with.
    pub start: Value,
    /// The outcomes of its steps.
    pub answers: Vec<Value>,
}

/// Starts the operation of a trigger, from plain data as from JavaScript.
pub fn start(memory: &Rc<Memory>, start: &Value) -> Option<Operation> {
    Some(trigger::start(Rc::clone(memory), FromValue::read(start)?))
}

/// A process of the app that remembers nothing.
pub fn memory() -> Rc<Memory> {
    Rc::new(Memory::new(APP.to_owned(), "node".to_owned()))
}

/// A server that the app is connected to, with one open ticket.
#[derive(Debug)]
pub struct Server {
    now: u64,
    records: Vec<(Value, Value)>,
    visitor: Value,
    stored: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self { now: BEGINNING, records: Vec::new(), visitor: Value::Null, stored: 0 }
    }
}

impl Server {
    /// Runs the operation of a trigger to its end, and writes down what was said.
    pub fn run(&mut self, memory: &Rc<Memory>, trigger: Value) -> Option<Script> {
        let begin = json!({ "trigger": trigger, "now": self.now, "entropy": "8d1f5c0a7b3e96428d1f5c0a7b3e9642" });
        let mut operation = start(memory, &begin)?;
        let mut answers = Vec::new();
        let mut step = operation.begin();
        while step.end.is_none() {
            let outcomes: Vec<Value> =
                step.effects.iter().map(|effect| json!({ "ok": self.perform(&effect.write()) })).collect();
            self.now += 1;
            let answer = json!({ "now": self.now, "outcomes": outcomes });
            step = operation.resume(FromValue::read(&answer)?);
            answers.push(answer);
        }
        Some(Script { start: begin, answers })
    }

    fn perform(&mut self, effect: &Value) -> Value {
        match effect["kind"].as_str().unwrap_or_default() {
            "sleep" => {
                self.now += effect["ms"].as_u64().unwrap_or_default();
                Value::Null
            }
            "tryAcquire" => json!(true),
            "readSetting" if effect["id"] == "app_secret" => json!(SECRET),
            "readServerSetting" => json!("https://chat.example.org/"),
            "readRecords" => self.found(&effect["association"]),
            "createRecord" => self.stored(effect),
            "replaceRecord" => {
                self.records.retain(|(associations, _)| *associations != effect["associations"]);
                self.stored(effect)
            }
            "findVisitor" => self.visitor.clone(),
            "registerVisitor" => {
                self.visitor = json!({
                    "id": "Vs8mRk3ZqPn6TbXwE", "token": effect["visitor"]["token"], "username": "guest-17", "name": "Ann",
                });
                self.visitor["id"].clone()
            }
            "findOpenRooms" => json!([]),
            "findRoom" | "createRoom" => self.room(),
            "postMessage" => self.next_id("message"),
            "postWebhook" => json!({ "status": 200, "body": "{\"status\":\"handled\"}", "retryAfterMs": null }),
            _ => Value::Null,
        }
    }

    fn found(&self, association: &Value) -> Value {
        let has = |associations: &Value| associations.as_array().is_some_and(|all| all.contains(association));
        self.records.iter().filter(|(associations, _)| has(associations)).map(|(_, record)| record.clone()).collect()
    }

    /// The room, as the shim shows it.
    pub fn room(&self) -> Value {
        json!({
            "id": ROOM, "type": "l", "isOpen": true, "messageCount": 4, "source": { "id": APP }, "visitor": self.visitor,
        })
    }

    fn stored(&mut self, effect: &Value) -> Value {
        self.records.push((effect["associations"].clone(), effect["record"].clone()));
        self.next_id("record")
    }

    fn next_id(&mut self, kind: &str) -> Value {
        self.stored += 1;
        json!(format!("{kind}-{}", self.stored))
    }
}

/// A request of RapidPro.
pub fn request(method: &str, endpoint: &str, body: &Value) -> Value {
    let headers = json!({
        "host": "chat.example.org", "user-agent": "Go-http-client/1.1", "content-length": body.to_string().len().to_string(),
        "authorization": format!("Token {SECRET}"), "content-type": "application/json", "accept-encoding": "gzip",
    });
    json!({
        "request": { "request": { "endpoint": endpoint, "method": method, "headers": headers, "query": {}, "body": body } },
    })
}
