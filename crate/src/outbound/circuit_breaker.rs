//! Whether RapidPro answers: after repeated failures one attempt at a time finds out whether it is back,
//! instead of one hanging request a ticket.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::text::i18n::Phrase;

/// This many failures in a row, of whatever tickets, mean that RapidPro is down.
const FAILURES_MAX: u32 = 2;

/// The pauses between attempts while it is, in milliseconds; the last one repeats.
const PAUSES_MS: [u64; 4] = [5_000, 10_000, 20_000, 30_000];

/// What this process has seen of a workspace's RapidPro lately.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    state: RefCell<State>,
    pub(crate) last_success: Cell<Option<u64>>,
    answers: Cell<Option<bool>>,
    trouble: RefCell<Option<Phrase>>,
}

#[derive(Debug, Default)]
struct State {
    pub(crate) failures: u32,
    /// The entry that failed last although RapidPro, or somebody in its place, answered.
    last_answered: Option<String>,
    /// While RapidPro is down: when the next attempt may be made, and since when one is being made.
    pub(crate) next: u64,
    probing_since: Option<u64>,
}

impl CircuitBreaker {
    /// Whether an attempt may be made now. While RapidPro is down a yes counts as the one attempt, for as
    /// long as that can take.
    pub fn try_acquire(&self, now: u64, attempt_ms: u64) -> bool {
        let mut state = self.state.borrow_mut();
        if state.failures < FAILURES_MAX {
            return true;
        }
        let probing = state.probing_since.is_some_and(|since| now.abs_diff(since) < attempt_ms);
        // A clock that was set back must not keep RapidPro cut off.
        let too_soon =
            now < state.next && state.next.saturating_sub(now) <= PAUSES_MS.iter().copied().max().unwrap_or(0);
        if probing || too_soon {
            return false;
        }
        state.probing_since = Some(now);
        true
    }

    /// Whether RapidPro answers, as far as this process knows; `None` until it has been asked.
    pub fn answers(&self) -> Option<bool> {
        let is_open = self.state.borrow().failures >= FAILURES_MAX;
        self.answers.get().map(|answers| answers && !is_open)
    }

    /// What keeps webhooks from RapidPro, if the last one did not reach it.
    pub fn trouble(&self) -> Option<Phrase> {
        self.trouble.borrow().clone()
    }

    /// Keeps what the last attempt has shown; says whether the trouble is another than before.
    pub fn note(&self, answers: bool, trouble: Option<Phrase>) -> bool {
        self.answers.set(Some(answers));
        let before = self.trouble.replace(trouble);
        *self.trouble.borrow() != before
    }

    /// Somebody wants it tried now: the pause is over, whoever may be waiting for an answer.
    pub fn lift(&self) {
        let mut state = self.state.borrow_mut();
        (state.next, state.probing_since) = (0, None);
    }

    /// When RapidPro last took something from this process, if it ever did.
    pub fn last_success(&self) -> Option<u64> {
        self.last_success.get()
    }

    /// RapidPro took something; says whether it had been down.
    pub fn succeeded(&self, now: u64) -> bool {
        self.last_success.set(Some(now));
        self.state.take().failures >= FAILURES_MAX
    }

    /// RapidPro answered what it can answer while it is down, too: another attempt may be made at once.
    pub fn release_probe(&self) {
        self.state.borrow_mut().probing_since = None;
    }

    /// RapidPro did not answer, or not sensibly: then `answered` names the entry. That one entry fails by itself says
    /// nothing of others.
    pub fn failed(&self, now: u64, answered: Option<&str>) {
        let mut state = self.state.borrow_mut();
        let again = answered.is_some() && state.last_answered.as_deref() == answered;
        if !again || state.failures == 0 || state.failures >= FAILURES_MAX {
            state.failures = state.failures.saturating_add(1);
        }
        state.last_answered = answered.map(str::to_owned);
        state.probing_since = None;
        let step = usize::try_from(state.failures.saturating_sub(FAILURES_MAX)).unwrap_or(usize::MAX);
        let pause = PAUSES_MS.get(step).or(PAUSES_MS.last()).copied().unwrap_or_default();
        state.next = now.saturating_add(pause);
    }
}

/// A breaker a workspace.
#[derive(Debug, Default)]
pub struct CircuitBreakers(pub(crate) RefCell<Vec<(String, Rc<CircuitBreaker>)>>, pub(crate) Cell<u64>);

impl CircuitBreakers {
    /// The breaker of the workspace with this id. There are as many as an admin configures.
    pub fn of(&self, workspace: &str) -> Rc<CircuitBreaker> {
        let mut all = self.0.borrow_mut();
        if let Some((_, breaker)) = all.iter().find(|(id, _)| id == workspace) {
            return Rc::clone(breaker);
        }
        let breaker = Rc::<CircuitBreaker>::default();
        all.push((workspace.to_owned(), Rc::clone(&breaker)));
        breaker
    }

    /// Lifts the pauses of all, since everything is wanted now.
    pub fn lift(&self) {
        for (_, breaker) in self.0.borrow().iter() {
            breaker.lift();
        }
    }

    /// Takes notice of when somebody last wanted everything tried now; says whether that is news.
    pub fn is_new_wish(&self, at: u64) -> bool {
        self.1.replace(at) != at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT_MS: u64 = 20_000;

    #[test]
    fn one_failure_stops_nothing_two_leave_one_attempt_at_a_time() {
        let breaker = CircuitBreaker::default();
        breaker.failed(0, None);
        assert!(breaker.try_acquire(0, ATTEMPT_MS));
        breaker.failed(0, None);
        assert!(!breaker.try_acquire(4_999, ATTEMPT_MS));
        assert!(breaker.try_acquire(5_000, ATTEMPT_MS));
        assert!(!breaker.try_acquire(5_001, ATTEMPT_MS));
        breaker.failed(6_000, None);
        assert!(!breaker.try_acquire(15_999, ATTEMPT_MS));
        assert!(breaker.try_acquire(16_000, ATTEMPT_MS));
        assert!(breaker.succeeded(16_000));
        assert!(breaker.last_success() == Some(16_000));
        assert!(breaker.try_acquire(16_000, ATTEMPT_MS));
        assert!(!breaker.succeeded(16_001));
    }

    #[test]
    fn one_entry_that_fails_by_itself_stops_no_other() {
        let breaker = CircuitBreaker::default();
        for now in [0, 5_000, 20_000] {
            breaker.failed(now, Some("poison"));
            assert!(breaker.try_acquire(now, ATTEMPT_MS));
        }
        breaker.failed(20_001, Some("another"));
        assert!(!breaker.try_acquire(20_002, ATTEMPT_MS));
        // Nobody answered: it is not the entry.
        let breaker = CircuitBreaker::default();
        breaker.failed(0, None);
        breaker.failed(1, None);
        assert!(!breaker.try_acquire(2, ATTEMPT_MS));
    }

    #[test]
    fn until_it_was_asked_nobody_knows_whether_rapidpro_answers() {
        let breaker = CircuitBreaker::default();
        assert_eq!(breaker.answers(), None);
        assert!(!breaker.note(true, None));
        assert_eq!(breaker.answers(), Some(true));
        assert!(breaker.note(false, Some(Phrase::quoted("x".into()))));
        assert!(!breaker.note(false, Some(Phrase::quoted("x".into()))));
        assert_eq!((breaker.answers(), breaker.trouble().is_some()), (Some(false), true));
    }

    #[test]
    fn whoever_wants_it_now_waits_for_no_pause() {
        let breaker = CircuitBreaker::default();
        breaker.failed(0, None);
        breaker.failed(0, None);
        breaker.lift();
        assert!(breaker.try_acquire(1, ATTEMPT_MS) && !breaker.try_acquire(1, ATTEMPT_MS));
        breaker.lift();
        assert!(breaker.try_acquire(1, ATTEMPT_MS));
        let breakers = CircuitBreakers::default();
        assert!(breakers.is_new_wish(5) && !breakers.is_new_wish(5) && breakers.is_new_wish(6));
    }

    #[test]
    fn an_answer_that_says_nothing_neither_ends_the_outage_nor_keeps_the_next_attempt_out() {
        let breaker = CircuitBreaker::default();
        breaker.failed(0, None);
        breaker.failed(0, None);
        assert!(breaker.try_acquire(5_000, ATTEMPT_MS));
        breaker.release_probe();
        assert!(breaker.try_acquire(5_000, ATTEMPT_MS));
        assert!(!breaker.try_acquire(5_000, ATTEMPT_MS));
        assert!(breaker.succeeded(5_000));
    }

    #[test]
    fn an_attempt_that_never_came_back_and_a_clock_set_back_keep_nobody_out() {
        let breaker = CircuitBreaker::default();
        breaker.failed(1_000_000, None);
        breaker.failed(1_000_000, None);
        assert!(breaker.try_acquire(1_005_000, ATTEMPT_MS));
        assert!(breaker.try_acquire(1_025_000, ATTEMPT_MS));
        breaker.failed(1_025_000, None);
        assert!(breaker.try_acquire(10, ATTEMPT_MS));
    }
}
