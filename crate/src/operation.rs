//! How an operation runs without I/O.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use serde_json::Value;

use crate::host::Effect;
use crate::request::Response;
use crate::trigger::Job;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// What became of one effect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was carried out; `null` from Rocket.Chat means "unknown", not "absent".
    Ok(Value),
    /// Rocket.Chat or the network refused, in its own words.
    Error(String),
    /// Nobody answered before the deadline; it may still have happened.
    Timeout,
}

/// The outcomes of a step's effects, in the order of the effects.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answers {
    /// The time at which they were complete.
    pub now: u64,
    /// One outcome an effect.
    pub outcomes: Vec<Outcome>,
}

/// How much a line in the app's log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Of use to a developer; the only level that may hold a message's text.
    Debug,
    /// Normal, and worth knowing.
    Info,
    /// Something was dropped, skipped or put off.
    Warn,
    /// Somebody should act.
    Error,
}

/// A line for the app's log. Never holds a secret or a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// One sentence.
    pub text: String,
}

/// How an operation ended.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End {
    /// The answer, if somebody asked.
    pub response: Option<Response>,
    /// What to start next, without making the asker wait.
    pub follow_ups: Vec<Job>,
}

impl End {
    /// The end of an operation that leaves one thing to be done.
    pub fn follow_up(job: Job) -> Self {
        Self { response: None, follow_ups: vec![job] }
    }

    /// The end of an operation that somebody waits for.
    pub fn answer(response: Response) -> Self {
        Self { response: Some(response), follow_ups: Vec::new() }
    }
}

/// What an operation wants after each turn: effects, or, with none of them, its end.
#[skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Step {
    /// To be performed side by side.
    pub effects: Vec<Effect>,
    /// To be written to the app's log.
    pub log: Vec<LogLine>,
    /// Present once the operation is over.
    pub end: Option<End>,
}

/// Where an operation's logic and whoever drives it meet.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) now: Cell<u64>,
    pub(crate) log: RefCell<Vec<LogLine>>,
    effects: RefCell<Vec<Effect>>,
    outcomes: RefCell<Option<Vec<Outcome>>>,
}

impl Slot {
    /// Asks for effects, side by side.
    pub(crate) fn ask(&self, effects: Vec<Effect>) {
        *self.effects.borrow_mut() = effects;
    }

    /// What became of them, once it is known.
    pub(crate) fn outcomes(&self) -> Option<Vec<Outcome>> {
        self.outcomes.borrow_mut().take()
    }
}

/// One trigger being worked off. See the crate's documentation for the loop that drives it.
pub struct Operation {
    slot: Rc<Slot>,
    logic: Pin<Box<dyn Future<Output = End>>>,
}

impl Operation {
    pub(crate) fn new(slot: Rc<Slot>, logic: impl Future<Output = End> + 'static) -> Self {
        Self { slot, logic: Box::pin(logic) }
    }

    /// Runs to the first effects, or to the end where none are needed.
    pub fn begin(&mut self) -> Step {
        self.turn()
    }

    /// Runs on with the outcomes of the last step's effects. Must not be called after the end.
    pub fn resume(&mut self, answers: Answers) -> Step {
        self.slot.now.set(answers.now);
        *self.slot.outcomes.borrow_mut() = Some(answers.outcomes);
        self.turn()
    }

    fn turn(&mut self) -> Step {
        let end = match self.logic.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => Some(end),
            Poll::Pending => None,
        };
        Step { effects: self.slot.effects.take(), log: self.slot.log.take(), end }
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("slot", &self.slot).finish_non_exhaustive()
    }
}
