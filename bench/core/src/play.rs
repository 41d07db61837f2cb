//! The operations that are measured.

use std::rc::Rc;

use rapidpro_tickets_core::memory::Memory;
use rapidpro_tickets_core::operation::Step;
use rapidpro_tickets_core::plain::{FromValue, ToValue};
use serde_json::{Value, json};

use crate::server::{self, BEGINNING, Script, Server, request};

const TOKEN: &str = "10000";
/// How long a text is that makes a body as large as Rocket.Chat lets through.
const LARGE: usize = 99_000;

/// An operation, ready to be played in a process that remembers what one remembers that has been busy.
#[derive(Debug)]
pub struct Play {
    /// What it does.
    pub name: &'static str,
    memory: Rc<Memory>,
    script: Script,
    /// The operations that made the memory what it is.
    before: Vec<Script>,
}

impl Play {
    /// Plays it once: all that the core does from plain data to plain data. The steps that it takes.
    pub fn run(&self) -> usize {
        play(&self.memory, &self.script)
    }

    /// For those who play it elsewhere: what to play before it, once, and itself.
    pub fn scripts(&self) -> Value {
        let plain = |script: &Script| json!({ "start": script.start, "answers": script.answers });
        json!({ "name": self.name, "before": self.before.iter().map(plain).collect::<Value>(), "script": plain(&self.script) })
    }
}

/// All of them, or nothing where the core no longer reads what is written here.
pub fn all() -> Option<Vec<Play>> {
    let message = |text: &str| json!({ "visitor": { "token": TOKEN }, "text": text });
    let (small, large) = ("Hello, I would like to know when my order arrives.", "Hello, again. ".repeat(LARGE / 14));
    [
        ("validate, small", Kind::Request(json!({ "text": small }))),
        ("validate, 100 kB", Kind::Request(json!({ "text": large }))),
        ("map a visitor message, small", Kind::Request(message(small))),
        ("map a visitor message, 100 kB", Kind::Request(message(&large))),
        ("build a webhook, small", Kind::AgentMessage(small)),
        ("build a webhook, 100 kB", Kind::AgentMessage(&large)),
    ]
    .into_iter()
    .map(|(name, kind)| prepared(name, &kind))
    .collect()
}

enum Kind<'a> {
    /// The body of a `visitor-message`; one without a contact is refused once it has been read.
    Request(Value),
    /// What an agent writes.
    AgentMessage(&'a str),
}

fn prepared(name: &'static str, kind: &Kind<'_>) -> Option<Play> {
    let (mut server, memory) = (Server::default(), server::memory());
    let callback = json!({ "webhook": { "url": "https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/8e1c4f5a-7b4e-4b0f-9f50-0d8c3b6f7a21" } });
    let visitor = json!({ "token": TOKEN, "name": "Ann", "phone": "+250788123123" });
    let ticket = json!({ "ticketID": "59d74b86-3e2f-4a93-aece-b05d2fdcde0c", "visitor": visitor });
    let mut before = vec![
        server.run(&memory, request("put", "settings", &callback))?,
        server.run(&memory, request("get", "room", &ticket))?,
    ];
    let trigger = |server: &Server, number: u32| match kind {
        Kind::Request(body) => request("post", "visitor-message", body),
        Kind::AgentMessage(text) => agent_message(server, number, text),
    };
    // The first one of a process also reads settings and lists pages of the calendar.
    before.push(server.run(&memory, trigger(&server, 1))?);
    let script = server.run(&memory, trigger(&server, 2))?;
    Some(Play { name, memory, script, before })
}

fn agent_message(server: &Server, number: u32, text: &str) -> Value {
    let message = json!({
        "id": format!("message-of-agnes-{number}"), "text": text, "createdAt": BEGINNING,
        "room": server.room(), "sender": { "id": "agnes", "username": "agnes", "type": "user" },
    });
    json!({ "messageSent": { "message": message } })
}

fn play(memory: &Rc<Memory>, script: &Script) -> usize {
    let Some(mut operation) = server::start(memory, &script.start) else { return 0 };
    let mut written = operation.begin().write();
    for (steps, answer) in script.answers.iter().enumerate() {
        if is_over(&written) {
            return steps;
        }
        let Some(answers) = FromValue::read(answer) else { return 0 };
        let step: Step = operation.resume(answers);
        written = step.write();
    }
    if is_over(&written) { script.answers.len() + 1 } else { 0 }
}

fn is_over(step: &Value) -> bool {
    step.get("end").is_some()
}

#[cfg(test)]
mod tests {
    use rapidpro_tickets_core::host::Effect;

    use super::*;

    #[test]
    fn each_is_played_to_its_end_every_time() {
        for play in all().expect("the core reads these") {
            let steps = play.script.answers.len() + 1;
            for time in 0..3 {
                assert_eq!(play.run(), steps, "{}, time {time}", play.name);
            }
        }
    }

    #[test]
    fn messages_are_mapped_and_webhooks_built() {
        let plays = all().expect("the core reads these");
        assert_eq!(asked(&plays[0]), [] as [&str; 0], "a refusal needs nothing");
        assert_eq!(asked(&plays[2]), ["acquire", "readRecords", "findRoom", "postMessage"]);
        assert_eq!(
            asked(&plays[4]),
            ["acquire", "readRecords", "tryAcquire", "postWebhook", "createRecord", "release", "replaceRecord"]
        );
    }

    /// The names of the effects that an operation asks for.
    fn asked(play: &Play) -> Vec<String> {
        let mut operation = server::start(&play.memory, &play.script.start).expect("the core reads it");
        let mut steps = vec![operation.begin()];
        for answer in &play.script.answers {
            steps.push(operation.resume(FromValue::read(answer).expect("the core reads it")));
        }
        let kind = |effect: &Effect| effect.write()["kind"].as_str().map(str::to_owned);
        steps.iter().flat_map(|step| &step.effects).filter_map(kind).collect()
    }
}
