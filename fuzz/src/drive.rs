//! Runs operations and holds them to the contract (README.md, "API reference"; ARCHITECTURE.md, "Invariants").

use rapidpro_tickets_core::dispatch;
use rapidpro_tickets_core::runtime::json;
use rapidpro_tickets_core::runtime::process;
use std::rc::Rc;

use rapidpro_tickets_core::runtime::effect::Effect;
use rapidpro_tickets_core::runtime::operation::End;
use rapidpro_tickets_core::runtime::outcome::Answers;
use rapidpro_tickets_core::runtime::outcome::Level;
use rapidpro_tickets_core::runtime::outcome::LogLine;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::server::{APP, SECRET, Server, TEXT};

/// No operation takes more steps than this, whatever happens.
const STEPS_MAX: usize = 20_000;
/// A clock shows less.
const YEAR_10000_MS: u64 = 253_402_300_800_000;
/// What a request may be answered.
const STATUSES: &[u16] = &[200, 201, 204, 400, 401, 404, 405, 409, 415, 424, 500];

/// One process of the app, on a server.
#[derive(Debug)]
pub struct Process {
    /// The fuzzer's bytes: what stands there it has found out by itself, and nobody has given it away.
    input: String,
    memory: Rc<process::Process>,
    /// The server.
    pub server: Server,
    now: u64,
    operations: u32,
}

impl Process {
    /// A process that remembers nothing, on an empty server, for these bytes of the fuzzer.
    pub fn new(bytes: &[u8]) -> Self {
        let memory = Rc::new(process::Process::new(APP.to_owned(), "node".to_owned()));
        let input = String::from_utf8_lossy(bytes).into_owned();
        Self { input, memory, server: Server::default(), now: 1_000_000, operations: 0 }
    }

    /// Runs the operation of a trigger to its end. What is no trigger at all starts none, as in the app.
    pub fn run(&mut self, trigger: Value, chance: &mut Chance<'_>) -> Option<End> {
        let is_asked = trigger.get("request").or(trigger.get("command")).is_some();
        self.operations += 1;
        let entropy = format!("entropy {}", self.operations);
        let start = json::read(&json!({ "trigger": trigger, "now": self.now, "entropy": entropy }))?;
        let mut operation = dispatch::start(Rc::clone(&self.memory), start);
        let mut step = operation.begin();
        let mut effects = Vec::new();
        for _ in 0..STEPS_MAX {
            step.log.iter().for_each(|line| self.check_line(line));
            if let Some(end) = step.end {
                self.check_end(&end, is_asked, &effects);
                return Some(end);
            }
            let outcomes = step.effects.iter().map(|effect| {
                self.check_effect(effect);
                self.server.perform(effect, chance)
            });
            let outcomes = outcomes.collect();
            effects.append(&mut step.effects);
            self.pass_time(chance);
            step = operation.resume(Answers { now: self.now, outcomes });
        }
        panic!("the operation does not end: {trigger}");
    }

    /// Mostly a moment; now and then long enough for every delay, or the clock is set back.
    pub fn pass_time(&mut self, chance: &mut Chance<'_>) {
        self.now = match chance.byte() {
            0..235 => self.now + 1,
            235..245 => self.now + 60_000,
            245..250 => self.now + 4 * 24 * 60 * 60_000,
            250..253 => self.now.saturating_sub(3_600_000),
            253.. => chance.number() % YEAR_10000_MS,
        };
    }

    fn check_effect(&self, effect: &Effect) {
        match effect {
            Effect::CreateRecord { record, .. } | Effect::ReplaceRecord { record, .. } => {
                assert!(record.is_object(), "{record}");
                assert!(!self.gives_away(&record.to_string(), SECRET), "the secret is stored: {record}");
            }
            Effect::PostWebhook { url, body, .. } => {
                assert!(url.starts_with("http"), "{url}");
                assert!(body["type"] == "agent-message" || body["type"] == "close-room", "{body}");
                assert!(body["ticketID"].is_string(), "{body}");
                self.check_secrecy(&body.to_string());
            }
            Effect::PostNotice { text, .. } | Effect::Notify { text, .. } => self.check_secrecy(text),
            _ => {}
        }
    }

    fn check_line(&self, LogLine { level, text }: &LogLine) {
        if *level != Level::Debug {
            self.check_secrecy(text);
            assert!(!self.gives_away(text, TEXT), "a message's text is logged: {text}");
        }
        assert!(!text.contains(char::is_control), "a line of the log breaks: {text:?}");
    }

    fn check_end(&self, end: &End, is_asked: bool, effects: &[Effect]) {
        assert_eq!(end.response.is_some(), is_asked);
        let Some(response) = &end.response else { return };
        assert!(STATUSES.contains(&response.status), "{response:?}");
        let content = response.content.clone().unwrap_or_default();
        if response.status >= 400 {
            let error = content["error"].as_str().expect("a refusal has words");
            assert!(!error.trim().is_empty());
            assert_eq!(content, json!({ "error": error }));
        }
        if matches!(response.status, 401 | 405) {
            let reads = |effect: &Effect| matches!(effect, Effect::ReadSetting { .. });
            assert!(effects.iter().all(reads), "whoever has no secret gets nowhere: {effects:?}");
            assert!(end.follow_ups.is_empty());
        }
        self.check_secrecy(&content.to_string());
    }

    fn check_secrecy(&self, text: &str) {
        assert!(!self.gives_away(text, SECRET), "the secret shows: {text}");
        let shown = self.server.visitor_tokens().find(|token| self.gives_away(text, token));
        assert_eq!(shown, None, "a visitor's token shows: {text}");
    }

    fn gives_away(&self, text: &str, secret: &str) -> bool {
        text.contains(secret) && !self.input.contains(secret)
    }
}
