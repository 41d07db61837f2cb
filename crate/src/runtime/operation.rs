//! How an operation runs without I/O.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::runtime::effect::Effect;
use crate::runtime::job::Job;
use crate::runtime::outcome::{Answers, LogLine, Outcome};
use crate::wire::http::Response;

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
    pub(crate) effects: RefCell<Vec<Effect>>,
    pub(crate) outcomes: RefCell<Option<Vec<Outcome>>>,
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

/// Logic in a function of its own. An `async fn` that awaits another one's future takes its code in, and so all that an
/// operation may do ends in one function, which old servers take long to compile.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One trigger being worked off. See the crate's documentation for the loop that drives it.
pub struct Operation {
    pub(crate) slot: Rc<Slot>,
    pub(crate) logic: Boxed<'static, End>,
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

    pub(crate) fn turn(&mut self) -> Step {
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
