//! The virtual clock, and all that happens by it: effects that arrive and are answered, events, requests,
//! jobs, processes that come and go.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use rapidpro_tickets_core::dispatch;
use rapidpro_tickets_core::dispatch::{Start, Trigger};
use rapidpro_tickets_core::runtime::effect::Effect;
use rapidpro_tickets_core::runtime::job::Job;
use rapidpro_tickets_core::runtime::operation::{End, Step};
use rapidpro_tickets_core::runtime::outcome::{Answers, Level, Outcome};
use rapidpro_tickets_core::wire::http::Request;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::ledger::{Arrival, Entry, Ledger};
use crate::node::{Drive, Node, OpRef, Place, Process};
use crate::perform::{self, Fate};
use crate::random::Random;
use crate::rapidpro::RapidPro;
use crate::rocketchat::RocketChat;
use crate::store::Store;

const START: u64 = 1_700_000_000_000;
/// How often the sweep comes by (app-shim/jobs.ts).
const SWEEP_EVERY_MS: u64 = 60_000;
/// How long an effect may take (app-shim/runner.ts).
pub const DEADLINE_MS: u64 = 8_000;
/// How long RapidPro is kept waiting (app-shim/runner.ts).
const PATIENCE_MS: u64 = 9_000;
/// More than this in one run are operations that start each other for ever.
const HAPPENINGS_MAX: u64 = 300_000;
/// More steps than this take only operations that go round in circles.
const TURNS_MAX: u32 = 1_000;

/// Everything there is in a run.
#[derive(Debug)]
pub struct World {
    pub time: u64,
    pub random: Random,
    pub nodes: Vec<Node>,
    pub enabled: bool,
    pub chat: RocketChat,
    pub store: Store,
    pub rapidpro: RapidPro,
    pub ledger: Ledger,
    pub trace: Trace,
    pub violation: Option<Violation>,
    /// How often each fault has occurred.
    pub occurred: Vec<u64>,
    /// What RapidPro has still to ask for each contact: one at a time.
    pub asking: BTreeMap<usize, VecDeque<Asker>>,
    /// The requests to which RapidPro still expects an answer.
    pub waiting: BTreeSet<u64>,
    pub last_text: u64,
    spells: Vec<Spell>,
    agenda: BTreeMap<(u64, u64), Happening>,
    serial: u64,
    last_op: u64,
    last_process: u32,
    under_way: BTreeSet<u64>,
}

/// A rule that was broken, and how.
#[derive(Debug, Clone)]
pub struct Violation {
    pub rule: &'static str,
    pub detail: String,
}

/// A run's history, for people; kept only where somebody will read it.
#[derive(Debug, Default)]
pub struct Trace {
    pub kept: bool,
    pub lines: Vec<String>,
}

/// For a while a part of the calls that a fault concerns suffers it.
#[derive(Debug)]
pub struct Spell {
    pub fault: Fault,
    pub percent: u64,
    pub until: u64,
}

/// What RapidPro asks of the app, and why.
#[derive(Debug, Clone)]
pub struct Asker {
    pub contact: usize,
    pub node: usize,
    pub what: Asked,
    /// Whether RapidPro works off what it asks for this contact one after the other.
    pub in_turn: bool,
    pub serial: u64,
}

/// What RapidPro asks.
#[derive(Debug, Clone)]
pub enum Asked {
    Open { ticket: String, department: bool, tries: u64 },
    Message { text: String, copies: usize },
    Close,
    Settings,
}

/// The sender of a webhook gets to know what became of it.
#[derive(Debug)]
pub struct Confirmation {
    pub entry: Entry,
    pub attempt: usize,
    /// Whether RapidPro said that it has it.
    pub taken: bool,
}

/// Something on the agenda.
#[derive(Debug)]
pub enum Happening {
    Apply {
        place: Place,
        effect: Box<Effect>,
        fate: Fate,
    },
    Answer {
        place: Place,
        outcome: Outcome,
        confirms: Option<Confirmation>,
    },
    Event {
        node: usize,
        trigger: Trigger,
        text: Option<String>,
    },
    Request {
        node: usize,
        request: Box<Request>,
        asker: Asker,
    },
    /// RapidPro waits no longer.
    NoAnswer(Asker),
    Commit {
        ticket: String,
        asker: Asker,
    },
    CloseInRapidPro {
        tickets: Vec<String>,
    },
    /// RapidPro works off a webhook for which nobody waits any more.
    LateWork {
        entry: Entry,
        attempt: usize,
    },
    Job(Job),
    Sweep,
    Starts {
        node: usize,
    },
    Enabled,
}

impl World {
    pub fn new(random: Random, nodes: usize, chat: RocketChat, rapidpro: RapidPro, trace: bool) -> Self {
        let nodes = (0..nodes).map(|_| Node { clock_offset: 0, process: None }).collect();
        let mut world = Self {
            time: START,
            random,
            nodes,
            enabled: true,
            chat,
            store: Store::default(),
            rapidpro,
            ledger: Ledger::default(),
            trace: Trace { kept: trace, lines: Vec::new() },
            violation: None,
            occurred: vec![0; Fault::ALL.len()],
            asking: BTreeMap::new(),
            waiting: BTreeSet::new(),
            last_text: 0,
            spells: Vec::new(),
            agenda: BTreeMap::new(),
            serial: 0,
            last_op: 0,
            last_process: 0,
            under_way: BTreeSet::new(),
        };
        for node in 0..world.nodes.len() {
            world.later(0, Happening::Starts { node });
        }
        world.later(SWEEP_EVERY_MS, Happening::Sweep);
        world
    }

    pub fn note(&mut self, line: impl FnOnce() -> String) {
        if self.trace.kept {
            let line = format!("{:>12.3} s  {}", (self.time - START) as f64 / 1_000.0, line());
            self.trace.lines.push(line);
        }
    }

    pub fn violate(&mut self, rule: &'static str, detail: String) {
        self.note(|| format!("VIOLATION of “{rule}”: {detail}"));
        self.violation.get_or_insert(Violation { rule, detail });
    }

    /// What a node's clock shows.
    pub fn clock(&self, node: usize) -> u64 {
        self.time.saturating_add_signed(self.nodes[node].clock_offset)
    }

    pub fn later(&mut self, ms: u64, happening: Happening) {
        self.serial += 1;
        self.agenda.insert((self.time + ms, self.serial), happening);
    }

    pub fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Lets time go on by `ms`, and everything happen that is due by then.
    pub fn run(&mut self, ms: u64) {
        let end = self.time + ms;
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= end) {
            self.time = entry.key().0;
            let happening = entry.remove();
            self.happen(happening);
            if self.serial > HAPPENINGS_MAX {
                self.violate("everything comes to rest", "operations go round in circles".into());
            }
            if self.violation.is_some() {
                return;
            }
        }
        self.time = end;
    }

    /// Whether no operation is under way and nothing of one is still to arrive.
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty() && !self.agenda.values().any(|happening| matches!(happening, Happening::Apply { .. }))
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Apply { place, effect, fate } => self.apply(place, *effect, fate),
            Happening::Answer { place, outcome, confirms } => self.hand_over(place, outcome, confirms),
            Happening::Event { node, trigger, text } => self.event(node, trigger, text),
            Happening::Request { node, request, asker } => self.request(node, request, asker),
            Happening::NoAnswer(asker) => self.rapidpro_hears(&asker, None),
            Happening::Commit { ticket, asker } => self.commit(&ticket, &asker),
            Happening::CloseInRapidPro { tickets } => self.close_in_rapidpro(&tickets),
            Happening::LateWork { entry, attempt } => self.rapidpro_works(&entry, attempt),
            Happening::Job(job) => self.job(job),
            Happening::Sweep => self.sweep(),
            Happening::Starts { node } => self.starts(node),
            Happening::Enabled => self.enable(),
        }
    }

    // Faults.

    pub fn befall(&mut self, fault: Fault) {
        self.occurred[fault as usize] += 1;
    }

    pub fn begin_spell(&mut self, spell: Spell) {
        self.spells.push(spell);
    }

    pub fn end_spells(&mut self) {
        self.spells.clear();
    }

    /// Which of these faults strikes now, if any.
    pub fn suffers(&mut self, faults: &[Fault]) -> Option<Fault> {
        let time = self.time;
        self.spells.retain(|spell| spell.until > time);
        for spell in 0..self.spells.len() {
            let Spell { fault, percent, .. } = self.spells[spell];
            if faults.contains(&fault) && self.random.percent(percent) {
                self.befall(fault);
                return Some(fault);
            }
        }
        None
    }

    // Processes.

    fn starts(&mut self, node: usize) {
        if self.nodes[node].process.is_some() {
            return;
        }
        self.last_process += 1;
        let process = self.last_process;
        self.note(|| format!("node {node}: process {process} starts"));
        self.nodes[node].process = Some(Process::new(process));
        if self.enabled {
            self.start(node, Trigger::Enabled, None);
        }
    }

    fn enable(&mut self) {
        self.note(|| "the app is enabled".into());
        self.enabled = true;
        for node in 0..self.nodes.len() {
            self.start(node, Trigger::Enabled, None);
        }
    }

    pub fn die(&mut self, node: usize, away_ms: u64) {
        let Some(process) = self.nodes[node].process.take() else { return };
        self.note(|| format!("node {node}: process {} dies", process.id));
        if !process.drives.is_empty() {
            self.befall(Fault::ProcessDied);
            self.ledger.hurt_at.push(self.time);
        }
        if away_ms > 3_000 {
            self.befall(Fault::ProcessAway);
        }
        // What it had asked of the server last may have got there or not.
        let of_it = |happening: &Happening| matches!(happening, Happening::Apply { place, .. } if place.op.process == process.id);
        let asked: Vec<(u64, u64)> = self.agenda.iter().filter(|(_, it)| of_it(it)).map(|(key, _)| *key).collect();
        for key in asked {
            if self.random.percent(50) {
                self.agenda.remove(&key);
            }
        }
        for (op, drive) in process.drives {
            self.under_way.remove(&op);
            if let Some(asker) = drive.asker {
                // It may have opened a room that nobody knows now.
                if matches!(asker.what, Asked::Open { .. }) {
                    self.ledger.stray_rooms += 1;
                    self.ledger.half_opened.insert(asker.contact);
                }
                self.later(5_000, Happening::NoAnswer(asker));
            }
        }
        self.later(away_ms, Happening::Starts { node });
    }

    // Operations.

    pub fn start(&mut self, node: usize, trigger: Trigger, asker: Option<Asker>) {
        let entropy = format!("{:016x}{:016x}", self.random.next(), self.random.next());
        let now = self.clock(node);
        self.last_op += 1;
        let op = self.last_op;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        let process_id = process.id;
        let label = self.trace.kept.then(|| format!("node {node}: operation {op}: {}", describe(&trigger)));
        let takes_up = match &trigger {
            Trigger::MessageSent { message } => message.text.clone(),
            _ => None,
        };
        let mut operation = dispatch::start(Rc::clone(&process.memory), Start { trigger, now, entropy });
        let step = operation.begin();
        let (seen, read) = (BTreeSet::new(), BTreeMap::new());
        let until = asker.as_ref().map(|_| self.time + PATIENCE_MS);
        let (held, waits_in) = (Vec::new(), None);
        let drive = Drive {
            operation,
            outcomes: Vec::new(),
            turn: 0,
            until,
            held,
            waits_in,
            asker,
            takes_up,
            seen,
            blind: false,
            read,
        };
        process.drives.insert(op, drive);
        self.under_way.insert(op);
        self.note(|| label.unwrap_or_default());
        self.take(OpRef { node, process: process_id, op }, step);
    }

    pub fn drive(&mut self, op: OpRef) -> Option<&mut Drive> {
        let process = self.nodes[op.node].process.as_mut().filter(|process| process.id == op.process)?;
        process.drives.get_mut(&op.op)
    }

    fn hand_over(&mut self, place: Place, outcome: Outcome, confirms: Option<Confirmation>) {
        let now = self.clock(place.op.node);
        let Some(drive) = self.drive(place.op).filter(|drive| drive.turn == place.turn) else { return };
        // A late answer is dropped.
        let Some(outcome_of_effect @ None) = drive.outcomes.get_mut(place.index) else { return };
        *outcome_of_effect = Some(outcome);
        let complete = drive.outcomes.iter().all(Option::is_some);
        let outcomes = complete.then(|| drive.outcomes.drain(..).flatten().collect());
        if let Some(confirms) = confirms {
            self.confirm(&confirms);
        }
        let Some(outcomes) = outcomes else { return };
        let Some(drive) = self.drive(place.op) else { return };
        drive.waits_in = None;
        let step = drive.operation.resume(Answers { now, outcomes });
        self.take(place.op, step);
    }

    fn confirm(&mut self, Confirmation { entry, attempt, taken }: &Confirmation) {
        if let Some(attempt) = self.ledger.attempts.get_mut(entry).and_then(|attempts| attempts.get_mut(*attempt)) {
            attempt.answered = true;
            attempt.taken = *taken;
        }
    }

    fn take(&mut self, op: OpRef, step: Step) {
        for line in step.log {
            self.note(|| format!("{:>10} {:?}: {}", op.op, line.level, line.text));
            if matches!(line.level, Level::Error | Level::Warn) {
                self.ledger.told.push(line.text);
            }
        }
        if let Some(end) = step.end {
            return self.finish(op, end);
        }
        if let Some(drive) = self.drive(op) {
            drive.outcomes = vec![None; step.effects.len()];
            drive.turn += 1;
            if drive.turn > TURNS_MAX {
                return self.violate("everything comes to rest", format!("operation {} goes round in circles", op.op));
            }
        }
        for (index, effect) in step.effects.into_iter().enumerate() {
            let turn = self.drive(op).map_or(0, |drive| drive.turn);
            self.issue(Place { op, turn, index }, effect);
        }
    }

    fn finish(&mut self, op: OpRef, end: End) {
        let Some(process) = self.nodes[op.node].process.as_mut() else { return };
        let Some(drive) = process.drives.remove(&op.op) else { return };
        self.under_way.remove(&op.op);
        for queue in drive.held {
            self.release(op, &queue);
        }
        if let Some(asker) = drive.asker {
            let response = end.response.map(|response| (response.status, response.content.unwrap_or_default()));
            self.note(|| format!("{:>10} answers {response:?}", op.op));
            self.accept(&asker, response.as_ref());
            self.rapidpro_hears(&asker, response);
        }
        for job in end.follow_ups {
            self.start(op.node, Trigger::Job { job }, None);
        }
    }

    /// What the app says that it has accepted is its duty from now on, whether RapidPro still listens or not.
    fn accept(&mut self, asker: &Asker, response: Option<&(u16, Value)>) {
        if matches!((&asker.what, response), (Asked::Open { .. }, Some((status, _))) if *status != 200) {
            self.ledger.stray_rooms += 1;
            self.ledger.half_opened.insert(asker.contact);
        }
        let (Asked::Message { text, .. }, Some((201, content))) = (&asker.what, response) else { return };
        let time = self.time;
        if let Some(message) = self.ledger.contacts_messages.get_mut(text) {
            message.accepted.push(content["id"].as_str().unwrap_or_default().to_owned());
            message.answered_at.get_or_insert(time);
        }
    }

    fn issue(&mut self, place: Place, effect: Effect) {
        match effect {
            Effect::Acquire { queue } => self.acquire(place, queue, false),
            Effect::TryAcquire { queue } => self.acquire(place, queue, true),
            Effect::Release { queue } => {
                if let Some(drive) = self.drive(place.op) {
                    drive.held.retain(|held| *held != queue);
                }
                self.release(place.op, &queue);
                self.answer(0, place, Outcome::Ok(Value::Null));
            }
            Effect::Sleep { ms } => self.answer(ms, place, Outcome::Ok(Value::Null)),
            effect => self.call(place, effect),
        }
    }

    fn acquire(&mut self, place: Place, queue: String, only_if_free: bool) {
        let OpRef { node, op, .. } = place.op;
        let Some(process) = self.nodes[node].process.as_mut() else { return };
        if only_if_free && !process.queues.is_free(&queue) {
            return self.answer(0, place, Outcome::Ok(json!(false)));
        }
        if process.queues.acquire(&queue, op) {
            if let Some(drive) = self.drive(place.op) {
                drive.held.push(queue);
            }
            return self.answer(0, place, Outcome::Ok(json!(true)));
        }
        if let Some(drive) = self.drive(place.op) {
            drive.waits_in = Some(queue);
            if let Some(until) = drive.until {
                let left = until.saturating_sub(self.time);
                self.answer(left, place, Outcome::Timeout);
            }
        }
    }

    fn release(&mut self, op: OpRef, queue: &str) {
        let time = self.time;
        let Some(process) = self.nodes[op.node].process.as_mut() else { return };
        let Some(next) = process.queues.release(queue) else { return };
        let next = OpRef { op: next, ..op };
        match self.drive(next).filter(|drive| drive.waits_in.as_deref() == Some(queue)) {
            Some(drive) if drive.until.is_none_or(|until| time < until) => {
                let place = Place { op: next, turn: drive.turn, index: 0 };
                drive.waits_in = None;
                drive.held.push(queue.to_owned());
                self.answer(0, place, Outcome::Ok(json!(true)));
            }
            // It has stopped waiting.
            _ => self.release(next, queue),
        }
    }

    pub fn answer(&mut self, ms: u64, place: Place, outcome: Outcome) {
        self.later(ms, Happening::Answer { place, outcome, confirms: None });
    }

    fn call(&mut self, place: Place, effect: Effect) {
        let op = place.op;
        let fault = self.suffers(perform::faults_of(&effect));
        if fault.is_some() || !matches!(effect, Effect::ReadRecords { .. } | Effect::ReadSetting { .. }) {
            let suffers = fault.map(|fault| format!(" -> {fault:?}")).unwrap_or_default();
            self.note(|| format!("{:>10} {}{suffers}", op.op, perform::words(&effect)));
        }
        let mut fate = Fate::of(fault, &mut self.random);
        if let Some(fault) = fault {
            self.hurt(op, &effect, fault);
        }
        let arrives = fate.arrives;
        if let Effect::PostWebhook { body, .. } = &effect {
            fate.attempt = self.check_webhook(op, body);
        } else {
            let deadline = self.deadline(op);
            let answered = arrives.unwrap_or_default().saturating_add(fate.returns.unwrap_or(DEADLINE_MS));
            fate.answered = answered < deadline && fate.error.is_none();
            match fate.error {
                Some(error) if answered < deadline => self.answer(answered, place, Outcome::Error(error.into())),
                _ if !fate.answered => self.answer(deadline, place, Outcome::Timeout),
                _ => {}
            }
        }
        if let Some(arrives) = arrives {
            self.later(arrives, Happening::Apply { place, effect: Box::new(effect), fate });
        }
    }

    /// How long an operation waits for an effect.
    fn deadline(&mut self, op: OpRef) -> u64 {
        let time = self.time;
        let until = self.drive(op).and_then(|drive| drive.until);
        until.map_or(DEADLINE_MS, |until| DEADLINE_MS.min(until.saturating_sub(time)))
    }

    fn hurt(&mut self, op: OpRef, effect: &Effect, fault: Fault) {
        // That nobody says whether a post came through is no excuse for posting it again.
        if fault != Fault::PostUnanswered {
            self.ledger.hurt_at.push(self.time);
        }
        if let Some(process) = self.nodes[op.node].process.as_mut() {
            process.hurts += 1;
            process.unclear += u64::from(fault != Fault::WriteRefused);
        }
        if let (Effect::ReadMessages { .. } | Effect::FindRoom { .. }, Some(drive)) = (effect, self.drive(op)) {
            drive.blind = true;
        }
        match effect {
            Effect::CreateRecord { record, .. } | Effect::ReplaceRecord { record, .. } => self.ledger.hurt(record),
            Effect::CreateRoom { .. } => self.ledger.stray_rooms += 1,
            _ => {}
        }
    }

    fn apply(&mut self, place: Place, effect: Effect, fate: Fate) {
        if let Effect::PostWebhook { body, .. } = &effect {
            return self.webhook(place, body, fate.attempt);
        }
        let outcome = self.perform(place.op, effect);
        if fate.answered {
            self.answer(fate.returns.unwrap_or_default(), place, outcome);
        }
    }

    // Events, jobs.

    /// Rocket.Chat tells the app on this node, soon.
    pub fn fire(&mut self, node: usize, trigger: Trigger, text: Option<String>) {
        let delay = self.random.below(4);
        match self.suffers(&[Fault::EventDropped, Fault::EventDuplicated, Fault::EventDelayed]) {
            Some(Fault::EventDropped) => {
                self.note(|| format!("an event gets lost: {}", describe(&trigger)));
                self.arrived(text.as_deref(), Arrival::Dropped);
                if let Trigger::RoomClosed { room } = &trigger {
                    self.ledger.room(&room.id).close_dropped = true;
                }
            }
            Some(Fault::EventDuplicated) => {
                self.disorder(&trigger);
                let within = self.random.pick(&[2_000, 2_000, 15 * 60_000]);
                let again = self.random.below(within);
                self.later(delay, Happening::Event { node, trigger: trigger.clone(), text: text.clone() });
                self.later(again, Happening::Event { node, trigger, text });
            }
            Some(_) => {
                self.disorder(&trigger);
                let delay = self.random.pick(&[30, 100, 1_000, 30_000]);
                self.later(delay, Happening::Event { node, trigger, text });
            }
            None => self.later(delay, Happening::Event { node, trigger, text }),
        }
    }

    fn disorder(&mut self, trigger: &Trigger) {
        let time = self.time;
        if let Trigger::MessageSent { message } = trigger {
            self.ledger.room(&message.room.id).disordered_at.get_or_insert(time);
        }
    }

    fn arrived(&mut self, text: Option<&str>, arrival: Arrival) {
        let message = text.and_then(|text| self.ledger.agents_messages.get_mut(text));
        if let Some(message) = message.filter(|message| !matches!(message.arrival, Arrival::Came { .. })) {
            message.arrival = arrival;
        }
    }

    fn event(&mut self, node: usize, trigger: Trigger, text: Option<String>) {
        let Some(process) = self.nodes[node].process.as_ref().filter(|_| self.enabled) else {
            self.note(|| format!("nobody hears of {}", describe(&trigger)));
            return self.arrived(text.as_deref(), Arrival::NobodyThere);
        };
        let (process, hurts, unclear, at) = (process.id, process.hurts, process.unclear, self.time);
        let bound = match &trigger {
            Trigger::MessageSent { message } => !self.ledger.room(&message.room.id).bound.is_empty(),
            Trigger::RoomClosed { room } => {
                let room = self.ledger.room(&room.id);
                room.close_dropped |= room.bound.is_empty();
                false
            }
            _ => false,
        };
        self.arrived(text.as_deref(), Arrival::Came { process, at, hurts, unclear, bound });
        self.start(node, trigger, None);
    }

    fn job(&mut self, job: Job) {
        let node = self.random.index(self.nodes.len());
        if self.suffers(&[Fault::JobLost]).is_some() || !self.enabled || self.nodes[node].process.is_none() {
            return self.note(|| format!("a job is lost: {job:?}"));
        }
        self.start(node, Trigger::Job { job }, None);
    }

    fn sweep(&mut self) {
        self.later(SWEEP_EVERY_MS, Happening::Sweep);
        let fault = self.suffers(&[Fault::SweepStalled, Fault::SweptTwice]);
        if fault == Some(Fault::SweepStalled) || !self.enabled {
            return;
        }
        let node = self.random.index(self.nodes.len());
        let sweep = || Trigger::Job { job: Job::Sweep { recovered: false } };
        self.start(node, sweep(), None);
        if fault.is_some() {
            let other = self.random.index(self.nodes.len());
            self.start(other, sweep(), None);
        }
    }
}

fn describe(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Request { request } => format!("{} {}", request.endpoint, request.body.as_deref().unwrap_or_default()),
        Trigger::MessageSent { message } => {
            format!("sent in {}: {}", message.room.id.as_str(), message.text.as_deref().unwrap_or_default())
        }
        Trigger::RoomClosed { room } => format!("closed: {}", room.id.as_str()),
        other => format!("{other:?}"),
    }
}
