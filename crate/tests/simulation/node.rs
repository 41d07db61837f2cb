//! A node of the cluster and the app's process on it, with the semantics of app-shim/runner.ts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use rapidpro_tickets_core::ids::RoomId;
use rapidpro_tickets_core::runtime::operation::Operation;
use rapidpro_tickets_core::runtime::outcome::Outcome;
use rapidpro_tickets_core::runtime::process;

use crate::rocketchat::APP;
use crate::world::Asker;

/// A node of the cluster.
#[derive(Debug)]
pub struct Node {
    /// What its clock shows besides the true time, in milliseconds.
    pub clock_offset: i64,
    /// The app's process, while it lives.
    pub process: Option<Process>,
}

/// A process of the app: unique throughout a run.
#[derive(Debug)]
pub struct Process {
    pub id: u32,
    pub memory: Rc<process::Process>,
    pub queues: Queues,
    pub drives: BTreeMap<u64, Drive>,
    /// How many of its calls went wrong so far.
    pub hurts: u64,
    /// How many of them otherwise than by a write that was refused.
    pub unclear: u64,
}

impl Process {
    pub fn new(id: u32) -> Self {
        let memory = Rc::new(process::Process::new(APP.into(), format!("node-{id}")));
        Self { id, memory, queues: Queues::default(), drives: BTreeMap::new(), hurts: 0, unclear: 0 }
    }
}

/// An operation of a process of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpRef {
    pub node: usize,
    pub process: u32,
    pub op: u64,
}

/// Where the outcome of an effect belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub op: OpRef,
    /// Which of the operation's steps.
    pub turn: u32,
    /// Which of the step's effects.
    pub index: usize,
}

/// One operation on its way.
#[derive(Debug)]
pub struct Drive {
    pub operation: Operation,
    /// The outcomes of the step's effects, as far as they are there.
    pub outcomes: Vec<Option<Outcome>>,
    /// Which step that is.
    pub turn: u32,
    /// After this nobody waits for it any more: what it still asks for counts as not answered.
    pub until: Option<u64>,
    pub held: Vec<String>,
    /// The queue in which it waits for its turn.
    pub waits_in: Option<String>,
    pub asker: Option<Asker>,
    /// The text of the message whose event started it.
    pub takes_up: Option<String>,
    /// The rooms that it has seen: Rocket.Chat wants its own objects back.
    pub seen: BTreeSet<RoomId>,
    /// Whether it could not look at a room's messages as it wanted to.
    pub blind: bool,
    /// Which state of the store it has last read of a room.
    pub read: BTreeMap<RoomId, u64>,
}

/// Named queues of a process: first come, first served.
#[derive(Debug, Default)]
pub struct Queues(BTreeMap<String, VecDeque<u64>>);

impl Queues {
    pub fn is_free(&self, queue: &str) -> bool {
        !self.0.contains_key(queue)
    }

    /// Takes a place in the queue; says whether it is the first one.
    pub fn acquire(&mut self, queue: &str, op: u64) -> bool {
        let waiting = self.0.entry(queue.to_owned()).or_default();
        waiting.push_back(op);
        waiting.len() == 1
    }

    /// Leaves the first place; answers whose it is now.
    pub fn release(&mut self, queue: &str) -> Option<u64> {
        let waiting = self.0.get_mut(queue)?;
        waiting.pop_front();
        let next = waiting.front().copied();
        if next.is_none() {
            self.0.remove(queue);
        }
        next
    }
}
