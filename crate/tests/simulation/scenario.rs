//! One run: a history of transitions, and then quiet.

use std::collections::VecDeque;

use rapidpro_tickets_core::dispatch::Trigger;
use rapidpro_tickets_core::ids::RoomId;
use rapidpro_tickets_core::outbound::retry_policy::WEBHOOK_TIMEOUT_MS;
use rapidpro_tickets_core::runtime::job::{DeliveryMode, Job};
use rapidpro_tickets_core::runtime::json;
use rapidpro_tickets_core::runtime::outcome::Outcome;
use rapidpro_tickets_core::wire::http::{Headers, Query, Request};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::ledger::{AgentsMessage, Arrival, ContactsMessage, Entry};
use crate::node::Place;
use crate::random::Random;
use crate::rapidpro::{Answer, MEDIA_HOST, RapidPro, State, WEBHOOK_FAULTS, token_of};
use crate::rocketchat::{Author, Maker, RocketChat};
use crate::transition::{Step, Transition, history};
use crate::world::{Asked, Asker, Confirmation, Happening, Spell, Violation, World};

/// For how long RapidPro waits for an answer.
const RAPIDPRO_WAITS_MS: u64 = 15_000;
/// How long the app may need to work off what is left once nothing goes wrong any more, and clocks show again what they
/// showed before they were set back: what waits because of RapidPro's configuration is tried once an hour.
const QUIET_WITHIN_MS: u64 = 4 * 60 * 60_000;
/// The same where a clock was set forward by days: a close that is as old as that is tried once a day.
const QUIET_WITHIN_DAYS_MS: u64 = 30 * 60 * 60_000;
/// How long RapidPro may take to store a ticket for which it has called `room` (policy.rs), less what the store may have
/// taken to note that it was called.
const COMMIT_MS: u64 = 9 * 60_000;
/// How often to look whether everything has come to rest: not always just when a sweep comes by.
const LOOK_EVERY_MS: u64 = 47_000;
/// What sets a clock forward by days.
const DAYS_MS: i64 = 24 * 60 * 60_000;

/// How long a room is being compared, with what is found sent, in milliseconds.
const COMPARED_WITHIN_MS: u64 = 100;

/// From how many of the last messages one is chosen that is corrected or deleted.
const LAST_MESSAGES: usize = 4;

/// Every so many messages of contacts one is a picture.
const PICTURE_EVERY: u32 = 4;

/// What a run is: everything else follows from it.
#[derive(Debug, Clone)]
pub struct Run {
    pub seed: u64,
    pub nodes: usize,
    pub faults: bool,
    pub steps: Vec<Step>,
}

/// How far a run has come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rest {
    /// Nothing goes wrong any more.
    AsItIs,
    /// And the agents have closed all rooms.
    RoomsClosed,
    /// And the processes have started anew.
    Restarted,
}

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    pub violation: Option<Violation>,
    pub occurred: Vec<u64>,
    pub trace: Vec<String>,
}

impl Run {
    pub fn of_seed(seed: u64, length: usize) -> Self {
        let mut random = Random::new(seed);
        let (nodes, contacts) = (random.pick(&[1, 2, 2]), random.pick(&[1, 2, 3]));
        // Without any fault everything must happen exactly once.
        let faults = !random.percent(10);
        let steps = history(&mut random, length, nodes, contacts, faults);
        Self { seed, nodes, faults, steps }
    }

    fn quiet_within_ms(&self) -> u64 {
        let by_days = |step: &Step| matches!(step.transition, Transition::ClockSet { by_ms, .. } if by_ms > DAYS_MS);
        let set_back = self.steps.iter().filter_map(|step| match step.transition {
            Transition::ClockSet { by_ms, .. } if by_ms < 0 => Some(by_ms.unsigned_abs()),
            _ => None,
        });
        let within = if self.steps.iter().any(by_days) { QUIET_WITHIN_DAYS_MS } else { QUIET_WITHIN_MS };
        within + set_back.sum::<u64>()
    }

    pub fn play(&self, trace: bool) -> Report {
        let mut random = Random::new(self.seed ^ 0x5EED);
        let chat = RocketChat::new(random.percent(50), random.percent(50), random.percent(50));
        let mut rapidpro = RapidPro::new(random.percent(33));
        rapidpro.has_poison = self.faults;
        let mut world = World::new(random, self.nodes, chat, rapidpro, trace);
        world.connect();
        for (number, step) in self.steps.iter().enumerate() {
            world.run(step.after_ms);
            world.note(|| format!("#{number} {:?}", step.transition));
            world.random = Random::new(step.chance);
            world.apply_transition(&step.transition);
            if number % 20 == 19 {
                world.check_wake_ups();
            }
            if world.violation.is_some() {
                break;
            }
        }
        world.come_to_rest(self.faults, self.quiet_within_ms());
        Report { violation: world.violation, occurred: world.occurred, trace: world.trace.lines }
    }
}

impl World {
    /// RapidPro tells its address, as it does when somebody connects it.
    fn connect(&mut self) {
        self.run(100);
        let url = "https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/0f";
        self.send("settings", "put", json!({ "webhook": { "url": url } }), self.asker(usize::MAX, 0, Asked::Settings));
        self.run(100);
    }

    fn asker(&self, contact: usize, node: usize, what: Asked) -> Asker {
        Asker { contact, node, what, in_turn: false, serial: 0 }
    }

    fn apply_transition(&mut self, transition: &Transition) {
        match *transition {
            Transition::AgentWrites { contact, node, messages, by_bot } => {
                let author = if by_bot { Author::Bot } else { Author::Agent };
                let room = self.some_open_room(contact);
                for _ in 0..messages {
                    if let Some(room) = &room {
                        self.staff_writes(node, room, author);
                    }
                    let pause = self.random.below(3);
                    self.run(pause);
                }
            }
            Transition::StaffCorrects { contact, node } => self.staff_corrects(contact, node),
            Transition::StaffDeletes { contact, leaves_trace } => self.staff_deletes(contact, leaves_trace),
            Transition::ContactWrites { contact, node } => self.contact_writes(contact, node),
            Transition::AgentCloses { contact, node } => {
                if let Some(room) = self.some_open_room(contact) {
                    self.close_room(node, &room);
                }
            }
            Transition::AgentWritesAndCloses { contact, node } => {
                if let Some(room) = self.some_open_room(contact) {
                    self.staff_writes(node, &room, Author::Agent);
                    self.staff_writes(node, &room, Author::Agent);
                    self.close_room(node, &room);
                }
            }
            Transition::AgentClosesWhileCompared { contact, node } => {
                if let Some(room) = self.some_open_room(contact) {
                    self.staff_writes_unheard(node, &room);
                    self.later(0, Happening::Job(Job::Deliver { room: room.clone(), mode: DeliveryMode::Reconcile }));
                    let meanwhile = self.random.below(COMPARED_WITHIN_MS);
                    self.run(meanwhile);
                    self.staff_writes_unheard(node, &room);
                    self.close_room(node, &room);
                }
            }
            Transition::Opens { contact, node, department } => self.opens(contact, node, department, true),
            Transition::OpensTwice { contact, nodes: [first, second] } => {
                // RapidPro works on a contact alone: what it has given up can only be from before.
                if self.asking.get(&contact).is_none_or(VecDeque::is_empty) {
                    self.befall(Fault::OpenedTwice);
                    self.opens(contact, first, false, false);
                }
                self.opens(contact, second, false, true);
            }
            Transition::RapidProCloses { contact, node } => {
                if !self.rapidpro.open_tickets(contact).is_empty() {
                    self.ask(Asker { in_turn: true, ..self.asker(contact, node, Asked::Close) });
                }
            }
            Transition::WritesElsewhere { node, place } => self.writes_elsewhere(node, place),
            Transition::AdminRetries { node } => self.admin_retries(node),
            Transition::FailureScope { fault, percent, ms } => {
                self.begin_spell(Spell { fault, percent, until: self.time + ms })
            }
            Transition::Dies { node, away_ms } => self.die(node, away_ms),
            Transition::Disabled { ms } => {
                self.befall(Fault::Disabled);
                self.enabled = false;
                self.later(ms, Happening::Enabled);
            }
            Transition::ClockSet { node, by_ms } => self.set_clock(node, by_ms),
        }
    }

    fn set_clock(&mut self, node: Option<usize>, by_ms: i64) {
        self.befall(if by_ms < 0 { Fault::ClockBack } else { Fault::ClockForward });
        self.ledger.clock_set_at = Some(self.time);
        for (number, set) in self.nodes.iter_mut().enumerate() {
            if node.is_none_or(|node| node == number) {
                set.clock_offset += by_ms;
            }
        }
        let offsets = || self.nodes.iter().map(|node| node.clock_offset);
        let apart = offsets().max().unwrap_or_default().abs_diff(offsets().min().unwrap_or_default());
        self.ledger.clocks_apart_ms = self.ledger.clocks_apart_ms.max(apart);
        self.ledger.clock_set_by_days |= by_ms > DAYS_MS;
    }

    // Rocket.Chat's side.

    fn some_open_room(&mut self, contact: usize) -> Option<RoomId> {
        let open = self.chat.rooms.iter().filter(|room| room.open && room.contact == Some(contact));
        let open: Vec<RoomId> = open.map(|room| room.id.clone()).collect();
        (!open.is_empty()).then(|| open[self.random.index(open.len())].clone())
    }

    pub fn staff_writes(&mut self, node: usize, room: &RoomId, author: Author) {
        self.last_text += 1;
        let text = format!("to-contact-{}.", self.last_text);
        let Some(message) = self.chat.store(room, author, text.clone(), self.clock(node)) else { return };
        self.note(|| format!("node {node}: {author:?} writes “{text}” ({}) in {}", message.id, room.as_str()));
        let entry = AgentsMessage {
            id: message.id.clone(),
            room: room.clone(),
            created_at: message.created_at,
            stored_at: self.time,
            arrival: Arrival::Coming,
            versions: vec![(text.clone(), self.time)],
            deleted_at: None,
            written_at: None,
            written: None,
            settled: None,
            given_up: false,
            applied: 0,
            refused: false,
            settling_hurt: 0,
        };
        self.ledger.agents_messages.insert(text, entry);
        self.fire_sent(node, room, &message);
    }

    /// One of the last messages that staff wrote in a contact's rooms, by its text; mostly one that is still to be sent.
    fn some_message(&mut self, contact: usize) -> Option<String> {
        let of_contact = |room: &RoomId| self.chat.room(room).is_some_and(|room| room.contact == Some(contact));
        let messages = self.ledger.agents_messages.iter();
        let mut left: Vec<_> =
            messages.filter(|(_, message)| message.deleted_at.is_none() && of_contact(&message.room)).collect();
        left.sort_by_key(|(_, message)| (message.applied == 0, message.stored_at));
        let last: Vec<String> = left.into_iter().rev().take(LAST_MESSAGES).map(|(text, _)| text.clone()).collect();
        (!last.is_empty()).then(|| last[self.random.index(last.len())].clone())
    }

    fn staff_corrects(&mut self, contact: usize, node: usize) {
        let Some(text) = self.some_message(contact) else { return };
        let (clock, time) = (self.clock(node), self.time);
        let Some(message) = self.ledger.agents_messages.get_mut(&text) else { return };
        let corrected = format!("{text}~{}", message.versions.len());
        message.versions.push((corrected.clone(), time));
        self.chat.edit(&message.room, &message.id, corrected.clone(), clock);
        self.note(|| format!("“{corrected}” is what it says now"));
    }

    fn staff_deletes(&mut self, contact: usize, leaves_trace: bool) {
        let Some(text) = self.some_message(contact) else { return };
        let time = self.time;
        let Some(message) = self.ledger.agents_messages.get_mut(&text) else { return };
        message.deleted_at = Some(time);
        self.chat.delete(&message.room, &message.id, leaves_trace);
        self.note(|| format!("“{text}” is deleted"));
    }

    fn admin_retries(&mut self, node: usize) {
        let typed = json!({ "room": "general", "roles": ["admin"], "words": ["retry"] });
        if let Some(command) = json::read(&typed) {
            self.later(0, Happening::Event { node, trigger: Trigger::Command { command }, text: None });
        }
    }

    /// The app never hears of it, as where its event gets lost.
    fn staff_writes_unheard(&mut self, node: usize, room: &RoomId) {
        self.begin_spell(Spell { fault: Fault::EventDropped, percent: 100, until: self.time + 1 });
        self.staff_writes(node, room, Author::Agent);
        self.run(1);
    }

    /// In a website visitor's room, in another app's, in a channel; or what is no message of a person.
    fn writes_elsewhere(&mut self, node: usize, place: u64) {
        let clock = self.clock(node);
        let room = match place {
            0 => self.chat.open(Maker::Widget, None, "website visitor", place),
            1 => self.chat.open(Maker::OtherApp, None, "another visitor", place),
            2 => self.chat.open(Maker::Channel, None, "", place),
            _ => match self.some_open_room(0) {
                Some(room) => room,
                None => return,
            },
        };
        let author = if place < 3 { Author::Agent } else { Author::System };
        self.last_text += 1;
        let text = format!("none-of-ours-{}.", self.last_text);
        if let Some(message) = self.chat.store(&room, author, text, clock) {
            self.fire_sent(node, &room, &message);
        }
        if place < 2 {
            self.close_room(node, &room);
        }
    }

    // RapidPro's side.

    fn opens(&mut self, contact: usize, node: usize, department: bool, in_turn: bool) {
        let ticket = self.rapidpro.new_ticket(contact);
        let what = Asked::Open { ticket, department, tries: 0 };
        self.ask(Asker { in_turn, ..self.asker(contact, node, what) });
    }

    fn contact_writes(&mut self, contact: usize, node: usize) {
        self.last_text += 1;
        let text = format!("from-contact-{}.", self.last_text);
        let what = Asked::Message { text, copies: 0 };
        self.ask(Asker { in_turn: true, ..self.asker(contact, node, what) });
    }

    /// RapidPro works off what concerns a contact one after the other.
    fn ask(&mut self, asker: Asker) {
        if !asker.in_turn {
            return self.ask_now(asker);
        }
        let line = self.asking.entry(asker.contact).or_default();
        line.push_back(asker.clone());
        if line.len() == 1 {
            self.ask_now(asker);
        }
    }

    fn ask_now(&mut self, asker: Asker) {
        let open = self.rapidpro.open_tickets(asker.contact);
        let token = token_of(asker.contact);
        match asker.what.clone() {
            Asked::Open { .. } if asker.in_turn && !open.is_empty() && !self.rapidpro.allows_several_tickets => {
                self.asked(&asker);
            }
            Asked::Open { ticket, department, .. } => {
                let mut visitor = json!({ "token": token, "name": "Ryan Lewis", "phone": "+12024561111" });
                if department {
                    visitor["department"] = json!("support");
                }
                self.send("room", "get", json!({ "ticketID": ticket, "visitor": visitor }), asker);
            }
            Asked::Message { .. } | Asked::Close if open.is_empty() => self.asked(&asker),
            Asked::Message { text, copies } => {
                if copies == 0 {
                    self.expect_contacts_message(&asker, &text);
                }
                let copies = if copies == 0 { open.len() } else { copies };
                let what = Asked::Message { text: text.clone(), copies };
                let picture = json!([{ "type": "image/png", "url": format!("https://{MEDIA_HOST}/{text}") }]);
                let body = match is_picture(&text) {
                    true => json!({ "visitor": { "token": token }, "attachments": picture }),
                    false => json!({ "visitor": { "token": token }, "text": text }),
                };
                self.send("visitor-message", "post", body, Asker { what, ..asker });
            }
            Asked::Close => self.send("room.close", "get", json!({ "visitor": { "token": token } }), asker),
            Asked::Settings => {}
        }
    }

    fn expect_contacts_message(&mut self, asker: &Asker, text: &str) {
        let message = ContactsMessage {
            contact: asker.contact,
            accepted: Vec::new(),
            sent_at: self.time,
            answered_at: None,
            posted: Vec::new(),
        };
        self.ledger.contacts_messages.insert(text.to_owned(), message);
    }

    fn send(&mut self, endpoint: &str, method: &str, body: Value, asker: Asker) {
        let headers = Headers {
            authorization: Some("Token secret".into()),
            content_type: Some("application/json".into()),
            content_length: Some(body.to_string().len().to_string()),
            ..Headers::default()
        };
        let request = Request {
            endpoint: endpoint.into(),
            method: method.into(),
            headers,
            query: Query::default(),
            body: Some(body.to_string()),
        };
        let asker = Asker { serial: self.next_serial(), ..asker };
        self.waiting.insert(asker.serial);
        self.later(RAPIDPRO_WAITS_MS, Happening::NoAnswer(asker.clone()));
        let delay = self.random.below(4);
        self.later(delay, Happening::Request { node: asker.node, request: Box::new(request), asker });
    }

    pub fn request(&mut self, node: usize, request: Box<Request>, asker: Asker) {
        if !self.enabled {
            return self.rapidpro_hears(&asker, Some((404, Value::Null)));
        }
        if self.nodes[node].process.is_some() {
            self.start(node, Trigger::Request { request }, Some(asker));
        }
    }

    pub fn rapidpro_hears(&mut self, asker: &Asker, response: Option<(u16, Value)>) {
        if !self.waiting.remove(&asker.serial) {
            return;
        }
        let status = response.map_or(0, |(status, _)| status);
        self.note(|| format!("RapidPro hears {status} to {:?} of contact {}", asker.what, asker.contact));
        match &asker.what {
            // RapidPro had given it up.
            Asked::Open { .. } if !asker.in_turn => {}
            Asked::Open { ticket, .. } if status == 200 => return self.opened(ticket, asker),
            Asked::Open { .. } => self.open_again(asker),
            Asked::Message { text, copies } if *copies > 1 => {
                let what = Asked::Message { text: text.clone(), copies: copies - 1 };
                return self.ask_now(Asker { what, ..asker.clone() });
            }
            Asked::Close if status == 204 => {
                let tickets = self.rapidpro.open_tickets(asker.contact);
                let soon = self.random.below(20);
                self.later(soon, Happening::CloseInRapidPro { tickets });
            }
            Asked::Message { .. } | Asked::Close | Asked::Settings => {}
        }
        self.asked(asker);
    }

    /// The next one in the contact's line may go on.
    fn asked(&mut self, asker: &Asker) {
        if !asker.in_turn {
            return;
        }
        let Some(line) = self.asking.get_mut(&asker.contact) else { return };
        line.pop_front();
        if let Some(next) = line.front().cloned() {
            self.ask_now(next);
        }
    }

    /// The contact's line waits until the ticket is stored.
    fn opened(&mut self, ticket: &str, asker: &Asker) {
        let soon = match self.suffers(&[Fault::CommittedLate, Fault::NeverCommitted]) {
            Some(Fault::NeverCommitted) => {
                self.open_again(asker);
                return self.asked(asker);
            }
            Some(_) => self.random.between(2_000, 400_000),
            None => self.random.below(50),
        };
        self.later(soon, Happening::Commit { ticket: ticket.to_owned(), asker: asker.clone() });
    }

    /// A task of RapidPro's that failed is repeated from its start, with a new ticket.
    fn open_again(&mut self, asker: &Asker) {
        let Asked::Open { department, tries, .. } = asker.what else { return };
        if tries < 2 && self.random.percent(50) {
            let ticket = self.rapidpro.new_ticket(asker.contact);
            let what = Asked::Open { ticket, department, tries: tries + 1 };
            self.ask(Asker { what, ..asker.clone() });
        }
    }

    pub fn commit(&mut self, ticket: &str, asker: &Asker) {
        self.note(|| format!("RapidPro stores ticket {ticket}"));
        self.rapidpro.set(ticket, State::Open);
        self.asked(asker);
    }

    pub fn close_in_rapidpro(&mut self, tickets: &[String]) {
        for ticket in tickets {
            if self.rapidpro.tickets.get(ticket).is_some_and(|ticket| ticket.state == State::Open) {
                self.rapidpro.set(ticket, State::ClosedHere);
            }
        }
    }

    // Webhooks.

    pub fn webhook(&mut self, place: Place, body: &Value, attempt: usize) {
        let Some((entry, ticket)) = self.entry_of(place.op, body) else { return };
        let mut fault = self.suffers(WEBHOOK_FAULTS);
        if let Entry::Message(text) = &entry
            && self.rapidpro.react(&ticket, fault).applies | self.rapidpro.react(&ticket, fault).applies_late
            && self.rapidpro.is_poisoned_by(text)
        {
            self.befall(Fault::Poison);
            fault = Some(Fault::Poison);
        }
        let reaction = self.rapidpro.react(&ticket, fault);
        self.note(|| format!("{:>10} RapidPro: {entry:?}: {reaction:?}", place.op.op));
        if matches!(entry, Entry::Close(..)) && !self.rapidpro.knows(&ticket) {
            self.rapidpro.deny(&ticket);
        }
        if reaction.applies {
            self.rapidpro_works(&entry, attempt);
        }
        if reaction.applies_late {
            let late = self.random.between(22_000, 60_000);
            self.later(late, Happening::LateWork { entry: entry.clone(), attempt });
        }
        let soon = match fault {
            Some(Fault::AnswersLate) => self.random.between(1_000, WEBHOOK_TIMEOUT_MS - 1_000),
            _ => self.random.below(40),
        };
        let (ms, outcome) = match reaction.answer {
            Answer::Status(status, content) => {
                self.note_refusal(&entry, &ticket, status, &content);
                let mut answer = json!({ "status": status });
                for (name, value) in content.as_object().into_iter().flatten() {
                    answer[name] = value.clone();
                }
                (soon, Outcome::Ok(answer))
            }
            Answer::Reset => (soon, Outcome::Error("socket hang up".into())),
            Answer::Nothing => (WEBHOOK_TIMEOUT_MS, Outcome::Error("network timeout".into())),
        };
        let taken = matches!(fault, None | Some(Fault::AnswersLogsError | Fault::AnswersLate)) && reaction.applies;
        let confirms = Some(Confirmation { entry, attempt, taken });
        self.later(ms, Happening::Answer { place, outcome, confirms });
    }

    /// RapidPro says that it will never take a message. That it does not know the ticket says so only once it has had
    /// time to store it.
    fn note_refusal(&mut self, entry: &Entry, ticket: &str, status: u16, content: &Value) {
        let Entry::Message(text) = entry else { return };
        let (time, ledger) = (self.time, &mut self.ledger);
        let Some(message) = ledger.agents_messages.get_mut(text) else { return };
        let says = |words: &str| content["body"].as_str().is_some_and(|body| body.contains(words));
        let Some(room) = ledger.rooms.get(&message.room) else { return };
        let had_time = |ticket: &str| room.bound_at.get(ticket).is_some_and(|bound| time - bound >= COMMIT_MS);
        // To a clock that was set a young ticket may look old, and be passed over for good.
        let clock_set = ledger.clock_set_at.is_some();
        let passed_over = |ticket: &str| !self.rapidpro.knows(ticket) || (clock_set && !had_time(ticket));
        // Any other ticket of the room's would do.
        let hopeless = match had_time(ticket) {
            true => room.bound.iter().all(|(ticket, _)| passed_over(ticket)),
            false => clock_set,
        };
        message.refused |= match status {
            400 => says("is required"),
            404 => says("no such ticket ") && hopeless,
            _ => false,
        };
    }

    pub fn rapidpro_works(&mut self, entry: &Entry, attempt: usize) {
        let sender =
            self.ledger.attempts.get_mut(entry).and_then(|attempts| attempts.get_mut(attempt)).map(|attempt| {
                attempt.applied = true;
                (attempt.process, attempt.at_once)
            });
        match entry {
            Entry::Message(text) => {
                self.check_order(text, sender.unwrap_or_default());
                if let Some(message) = self.ledger.agents_messages.get_mut(text) {
                    message.applied += 1;
                }
            }
            Entry::Close(_, ticket) => {
                if self.rapidpro.tickets.get(ticket).is_some_and(|ticket| ticket.state == State::Open) {
                    self.rapidpro.set(ticket, State::ClosedByWebhook);
                }
            }
        }
    }

    // The end.

    /// Nothing goes wrong any more: what was accepted must be worked off, first while the rooms stay as they are, then
    /// once their agents have closed them, and what nobody could notice once the processes have started anew.
    fn come_to_rest(&mut self, faults: bool, quiet_within_ms: u64) {
        self.end_spells();
        self.enabled = true;
        self.agree_on_the_time();
        self.wait_for_rest(Rest::AsItIs, quiet_within_ms);
        self.check_rooms();
        for room in self.open_rooms() {
            let node = self.random.index(self.nodes.len());
            self.close_room(node, &room);
        }
        self.wait_for_rest(Rest::RoomsClosed, quiet_within_ms);
        if faults {
            for node in 0..self.nodes.len() {
                self.die(node, 0);
            }
            self.wait_for_rest(Rest::Restarted, quiet_within_ms);
        } else {
            self.check_once();
        }
        self.check_order_of_posts();
        self.check_posted_once();
    }

    /// What is still under way.
    fn stuck(&self) -> String {
        let drives = self.nodes.iter().flat_map(|node| &node.process).flat_map(|process| &process.drives);
        let drives: Vec<String> =
            drives.map(|(op, drive)| format!("{op} holds {:?}, waits in {:?}", drive.held, drive.waits_in)).collect();
        format!("operations {drives:?}, requests {:?}", self.asking)
    }

    fn agree_on_the_time(&mut self) {
        let offset = self.nodes.iter().map(|node| node.clock_offset).max().unwrap_or_default();
        if self.nodes.iter().any(|node| node.clock_offset != offset) {
            self.ledger.clock_set_at = Some(self.time);
        }
        for node in &mut self.nodes {
            node.clock_offset = offset;
        }
    }

    fn wait_for_rest(&mut self, rest: Rest, quiet_within_ms: u64) {
        let end = self.time + quiet_within_ms;
        while self.violation.is_none() {
            self.run(LOOK_EVERY_MS);
            let owed = self.owed(rest);
            match owed {
                None if self.is_idle() && self.asking.values().all(VecDeque::is_empty) => break,
                Some((rule, detail)) if self.time > end => self.violate(rule, detail),
                None if self.time > end => {
                    let stuck = self.stuck();
                    self.violate("everything comes to rest", stuck);
                }
                _ => {}
            }
        }
        self.check_wake_ups();
    }

    fn open_rooms(&self) -> Vec<RoomId> {
        let open = self.chat.rooms.iter().filter(|room| room.open && room.maker == Maker::ThisApp);
        open.map(|room| room.id.clone()).collect()
    }
}

/// Whether a contact's message is a picture of that name and no text.
fn is_picture(text: &str) -> bool {
    let number = text.trim_matches(|char: char| !char.is_ascii_digit()).parse::<u32>();
    number.is_ok_and(|number| number.is_multiple_of(PICTURE_EVERY))
}
