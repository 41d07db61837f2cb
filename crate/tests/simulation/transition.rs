//! What happens in a run, as data: so that a history can be shortened and replayed.

use crate::fault::Fault;
use crate::random::Random;
use crate::rapidpro::WEBHOOK_FAULTS;

/// One thing that happens, and how long after the last one.
#[derive(Debug, Clone)]
pub struct Step {
    pub after_ms: u64,
    /// What chance depends on from here on: so that a history without the steps before goes on much the same.
    pub chance: u64,
    pub transition: Transition,
}

/// What happens. Contacts and nodes are chosen by number, whatever there is of them then.
#[derive(Debug, Clone)]
pub enum Transition {
    /// An agent, or a bot, writes in one of a contact's rooms.
    AgentWrites { contact: usize, node: usize, messages: u64, by_bot: bool },
    /// Somebody on Rocket.Chat's side corrects one of the last messages of a contact's rooms.
    StaffCorrects { contact: usize, node: usize },
    /// The same, who deletes it; of some a trace is kept.
    StaffDeletes { contact: usize, leaves_trace: bool },
    /// A contact writes.
    ContactWrites { contact: usize, node: usize },
    /// An agent closes one of a contact's rooms.
    AgentCloses { contact: usize, node: usize },
    /// An agent writes and closes without a pause.
    AgentWritesAndCloses { contact: usize, node: usize },
    /// An agent writes, of which the app does not hear; and again, and closes, while the room is being compared.
    AgentClosesWhileCompared { contact: usize, node: usize },
    /// RapidPro opens a ticket.
    Opens { contact: usize, node: usize, department: bool },
    /// RapidPro opens a ticket, gives up waiting, and opens it again under a new id at once.
    OpensTwice { contact: usize, nodes: [usize; 2] },
    /// RapidPro closes a contact's tickets.
    RapidProCloses { contact: usize, node: usize },
    /// Somebody writes where the app has no business.
    WritesElsewhere { node: usize, place: u64 },
    /// An administrator has tried again what was given up, and whatever waits.
    AdminRetries { node: usize },
    /// For a while a part of what it concerns goes wrong.
    FailureScope { fault: Fault, percent: u64, ms: u64 },
    /// The app's process on a node dies, and comes back.
    Dies { node: usize, away_ms: u64 },
    /// The app is disabled on all nodes, and enabled again.
    Disabled { ms: u64 },
    /// A clock is set, on one node or on all.
    ClockSet { node: Option<usize>, by_ms: i64 },
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The faults that come as a spell of scope, besides those of webhooks.
const SPELLS: &[Fault] = &[
    Fault::WriteRefused,
    Fault::WriteRefusedAfterwards,
    Fault::WriteUnanswered,
    Fault::WriteLost,
    Fault::WriteLate,
    Fault::ReadRefused,
    Fault::ReadUnanswered,
    Fault::UpsertedTwice,
    Fault::Slow,
    Fault::CommittedLate,
    Fault::NeverCommitted,
    Fault::EventDropped,
    Fault::EventDuplicated,
    Fault::EventDelayed,
    Fault::JobLost,
    Fault::SweepStalled,
    Fault::SweptTwice,
];

/// Those that concern what seldom happens: they are chosen more often.
const SELDOM: &[Fault] = &[
    Fault::PostRefused,
    Fault::PostUnanswered,
    Fault::PostLate,
    Fault::CreateUnanswered,
    Fault::CreateLate,
    Fault::CreateRefused,
    Fault::CloseRefused,
    Fault::CloseUnanswered,
];
/// How many kinds of scope there are in a run that has only a few: those meet more often then.
const FEW: usize = 4;

/// What a run is made of.
pub fn history(random: &mut Random, length: usize, nodes: usize, contacts: usize, faults: bool) -> Vec<Step> {
    let all = [SPELLS, WEBHOOK_FAULTS, SELDOM, SELDOM].concat();
    let few: Vec<Fault> = (0..FEW).map(|_| random.pick(&all)).collect();
    let faults: &[Fault] = match faults {
        false => &[],
        true if random.percent(50) => &few,
        true => &all,
    };
    (0..length).map(|_| step(random, nodes, contacts, faults)).collect()
}

fn step(random: &mut Random, nodes: usize, contacts: usize, faults: &[Fault]) -> Step {
    Step { after_ms: pause(random), chance: random.next(), transition: transition(random, nodes, contacts, faults) }
}

fn pause(random: &mut Random) -> u64 {
    match random.below(100) {
        0..=29 => random.below(12),
        30..=44 => random.below(400),
        45..=79 => random.between(1, 12) * SECOND,
        80..=96 => random.between(15, 150) * SECOND,
        _ => random.between(3, 20) * MINUTE,
    }
}

fn transition(random: &mut Random, nodes: usize, contacts: usize, faults: &[Fault]) -> Transition {
    let (contact, node) = (random.index(contacts), random.index(nodes));
    match random.below(if faults.is_empty() { 70 } else { 100 }) {
        0..=1 => Transition::StaffCorrects { contact, node },
        2..=3 => Transition::StaffDeletes { contact, leaves_trace: random.percent(50) },
        4..=21 => {
            Transition::AgentWrites { contact, node, messages: random.pick(&[1, 1, 1, 3]), by_bot: random.percent(20) }
        }
        22..=34 => Transition::ContactWrites { contact, node },
        35..=40 => Transition::AgentCloses { contact, node },
        41..=44 => Transition::AgentWritesAndCloses { contact, node },
        45..=57 => Transition::Opens { contact, node, department: random.percent(20) },
        58..=61 => Transition::OpensTwice { contact, nodes: [node, random.index(nodes)] },
        62..=67 => Transition::RapidProCloses { contact, node },
        68 => Transition::WritesElsewhere { node, place: random.below(4) },
        69 => Transition::AdminRetries { node },
        70..=90 => scope(random, faults),
        91 => Transition::AgentClosesWhileCompared { contact, node },
        92..=95 => Transition::Dies { node, away_ms: away(random) },
        96..=97 => Transition::Disabled { ms: random.pick(&[1, 3, 5, 10, 60]) * MINUTE },
        _ => Transition::ClockSet { node: random.percent(70).then_some(node), by_ms: clock_jump(random) },
    }
}

fn scope(random: &mut Random, faults: &[Fault]) -> Transition {
    let ms = match random.below(10) {
        0..=3 => random.between(1, 20) * SECOND,
        4..=7 => random.between(20, 180) * SECOND,
        _ => random.between(3, 30) * MINUTE,
    };
    Transition::FailureScope { fault: random.pick(faults), percent: random.pick(&[20, 50, 100]), ms }
}

fn away(random: &mut Random) -> u64 {
    match random.below(10) {
        0..=5 => random.between(1, 3) * SECOND,
        6..=8 => random.between(5, 120) * SECOND,
        _ => random.between(3, 25) * MINUTE,
    }
}

fn clock_jump(random: &mut Random) -> i64 {
    let by = match random.below(20) {
        0..=7 => random.between(1, 60 * SECOND),
        8..=15 => random.between(MINUTE, 10 * MINUTE),
        16..=18 => random.between(10 * MINUTE, 2 * HOUR),
        _ => 73 * HOUR,
    };
    let by = i64::try_from(by).unwrap_or_default();
    if random.percent(50) { by } else { -by.min(7_200_000) }
}
