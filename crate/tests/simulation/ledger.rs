//! What the invariants need to know: what was accepted, what became of it, and in which state of the
//! store. It forgets nothing, whatever the app removes.

use std::collections::{BTreeMap, BTreeSet};

use rapidpro_tickets_core::ids::RoomId;
use serde_json::Value;

/// Everything that was seen from outside the app.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Counts the changes of the store.
    pub version: u64,
    /// By text, which is unique.
    pub agents_messages: BTreeMap<String, AgentsMessage>,
    /// By text, which is unique.
    pub contacts_messages: BTreeMap<String, ContactsMessage>,
    pub rooms: BTreeMap<RoomId, RoomLedger>,
    pub attempts: BTreeMap<Entry, Vec<Attempt>>,
    /// What was said to agents, and what was logged as an error.
    pub told: Vec<String>,
    /// How many answers of `createRoom`, or posts into a room that was just closed, got lost: each may leave a room that
    /// nobody knows.
    pub stray_rooms: u64,
    /// The contacts of whom a `room` request failed or was cut off half-way.
    pub half_opened: BTreeSet<usize>,
    /// When something went wrong for which a contact's message may be posted twice.
    pub hurt_at: Vec<u64>,
    /// When a clock was last set.
    pub clock_set_at: Option<u64>,
    /// By how much the nodes' clocks were ever apart.
    pub clocks_apart_ms: u64,
    /// Whether a clock was ever set forward by so much that messages are too old at once.
    pub clock_set_by_days: bool,
}

/// What is sent to RapidPro: a message by its text, or a ticket's close.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    Message(String),
    Close(RoomId, String),
}

/// A message that somebody wrote on Rocket.Chat's side.
#[derive(Debug)]
pub struct AgentsMessage {
    pub id: String,
    pub room: RoomId,
    pub created_at: u64,
    pub stored_at: u64,
    pub arrival: Arrival,
    /// What it has said, and since when.
    pub versions: Vec<(String, u64)>,
    /// When its author took it back.
    pub deleted_at: Option<u64>,
    /// When it was first recorded, in true time.
    pub written_at: Option<u64>,
    /// The states of the store since which it is known to be recorded, and to be over.
    pub written: Option<u64>,
    pub settled: Option<u64>,
    pub given_up: bool,
    /// How often RapidPro took it.
    pub applied: u64,
    /// Whether RapidPro ever refused it for good.
    pub refused: bool,
    /// How often storing its end went wrong.
    pub settling_hurt: u32,
}

/// What became of a message's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is on its way.
    Coming,
    /// It never comes, and the app cannot notice.
    Dropped,
    /// It never comes, since the app was down or disabled.
    NobodyThere,
    /// It came.
    Came {
        process: u32,
        at: u64,
        /// How many calls of that process had gone wrong by then.
        hurts: u64,
        /// How many of them otherwise than by a write that was refused, of which nobody can be mistaken.
        unclear: u64,
        /// Whether the room's ticket was known to the store by then.
        bound: bool,
    },
}

/// A contact's message that RapidPro handed in.
#[derive(Debug)]
pub struct ContactsMessage {
    pub contact: usize,
    /// By which it was accepted, if it was.
    pub accepted: Vec<String>,
    pub sent_at: u64,
    pub answered_at: Option<u64>,
    /// How often it stands in a room.
    pub posted: Vec<(RoomId, u64)>,
}

/// What the store said of a room, and since which of its states.
#[derive(Debug, Default)]
pub struct RoomLedger {
    pub bound: Vec<(String, u64)>,
    /// How often it was adopted, the tickets that it served before, and when it served none.
    pub adopted: u64,
    pub bound_before: Vec<String>,
    pub unserved: Vec<(u64, u64)>,
    /// When, in true time.
    pub bound_at: BTreeMap<String, u64>,
    /// By RapidPro or by a race.
    pub ended: Option<u64>,
    pub ended_at: Option<u64>,
    pub finished: Option<u64>,
    /// Whether it lost a race, and another room took its tickets over.
    pub gave_way: bool,
    /// Whether its agents were asked to close it.
    pub asked_to_close: bool,
    /// Whether the event of its close got lost.
    pub close_dropped: bool,
    pub told: BTreeMap<String, u64>,
    pub claims: Vec<Claim>,
    /// Since when the order of the room's events says nothing.
    pub disordered_at: Option<u64>,
    /// How often storing that a close was told went wrong.
    pub telling_hurt: u32,
}

impl RoomLedger {
    /// Whether the room served no ticket at this time, between two that it did.
    pub fn was_unserved(&self, at: u64) -> bool {
        self.unserved.iter().any(|(since, until)| (*since..=*until).contains(&at))
    }
}

/// A line that says who sends an entry.
#[derive(Debug)]
pub struct Claim {
    pub entry: String,
    pub process: u32,
    pub version: u64,
}

/// One webhook.
#[derive(Debug)]
pub struct Attempt {
    pub ticket: String,
    pub process: u32,
    pub at: u64,
    /// By its node's clock.
    pub clock: u64,
    /// Whether it is the first one, made by the operation that took the message up.
    pub at_once: bool,
    /// Whether RapidPro did its work.
    pub applied: bool,
    /// Whether the operation that sent it knows what became of it, and that RapidPro has it.
    pub answered: bool,
    pub taken: bool,
}

impl Ledger {
    pub fn room(&mut self, room: &RoomId) -> &mut RoomLedger {
        self.rooms.entry(room.clone()).or_default()
    }

    /// Notes what a record says that was just stored.
    pub fn stored(&mut self, process: u32, record: &Value, time: u64) {
        self.version += 1;
        let version = self.version;
        let Some(room) = record.get("room").and_then(Value::as_str).map(|room| RoomId(room.to_owned())) else { return };
        if let Some(fact) = record.get("fact") {
            self.adopted(&room, record.get("adopted").and_then(Value::as_u64).unwrap_or_default(), time);
            if self.is_present(record) {
                self.fact(&room, fact, version, time);
            }
        }
        if let (Some(line), Some(entry)) = (record.get("line"), record.get("entry").and_then(Value::as_str)) {
            self.line(process, &room, entry, line, (version, time));
        }
    }

    /// What was noted of a room before it was adopted is over.
    pub fn is_present(&self, record: &Value) -> bool {
        let id = RoomId(record["room"].as_str().unwrap_or_default().to_owned());
        let adopted = record.get("adopted").and_then(Value::as_u64).unwrap_or_default();
        self.rooms.get(&id).is_none_or(|room| room.adopted <= adopted)
    }

    fn adopted(&mut self, room: &RoomId, adopted: u64, time: u64) {
        let room = self.room(room);
        if adopted <= room.adopted {
            return;
        }
        room.adopted = adopted;
        room.bound_before.extend(room.bound.drain(..).map(|(ticket, _)| ticket));
        room.unserved.push((room.ended_at.unwrap_or_default(), time));
        (room.ended, room.ended_at, room.finished) = (None, None, None);
        (room.gave_way, room.asked_to_close) = (false, false);
    }

    fn fact(&mut self, room: &RoomId, fact: &Value, version: u64, time: u64) {
        let room = self.room(room);
        if let Some(ticket) = fact.pointer("/bound/ticket").and_then(Value::as_str)
            && !room.bound.iter().any(|(bound, _)| bound == ticket)
        {
            room.bound.push((ticket.to_owned(), version));
            room.bound_at.insert(ticket.to_owned(), time);
        }
        if let Some(ticket) = fact.pointer("/told/ticket").and_then(Value::as_str) {
            room.told.entry(ticket.to_owned()).or_insert(version);
        }
        if fact.pointer("/closed/by").is_some_and(|by| by != "rocketChat") {
            room.ended.get_or_insert(version);
            room.ended_at.get_or_insert(time);
        }
        room.gave_way |= fact.pointer("/closed/by").is_some_and(|by| by == "race");
        if fact == "finished" || fact.pointer("/told/finished").is_some() {
            room.finished.get_or_insert(version);
        }
    }

    fn line(&mut self, process: u32, room: &RoomId, entry: &str, line: &Value, (version, time): (u64, u64)) {
        if line.get("written").is_some() || line.get("claimed").is_some() {
            self.room(room).claims.push(Claim { entry: entry.to_owned(), process, version });
        }
        let Some(message) = self.agents_messages.values_mut().find(|message| message.id == entry) else { return };
        if line.get("written").is_some() {
            message.written.get_or_insert(version);
            message.written_at.get_or_insert(time);
        }
        // From now on it may be sent once more, unless RapidPro has it.
        if line == "retried" && message.given_up {
            message.settled = None;
        }
        if let Some(settled) = line.get("settled") {
            message.settled.get_or_insert(version);
            message.given_up |= settled.get("given_up").is_some();
        }
    }

    /// Notes that storing a record went wrong in some way.
    pub fn hurt(&mut self, record: &Value) {
        if let Some(room) = record.get("room").and_then(Value::as_str)
            && record.pointer("/fact/told").is_some()
        {
            self.room(&RoomId(room.to_owned())).telling_hurt += 1;
        }
        let settled = record.pointer("/line/settled").is_some();
        let entry = record.get("entry").and_then(Value::as_str).filter(|_| settled);
        if let Some(message) = self.agents_messages.values_mut().find(|message| Some(message.id.as_str()) == entry) {
            message.settling_hurt += 1;
        }
    }

    /// The text by which a message is known, whatever it was corrected to.
    pub fn first_version(text: &str) -> &str {
        text.split_once('~').map_or(text, |(first, _)| first)
    }

    pub fn was_told(&self, what: &str) -> bool {
        self.told.iter().any(|said| said.contains(what))
    }
}
