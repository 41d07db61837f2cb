//! Whether RapidPro answers: after repeated failures one attempt at a time finds out whether it is back,
//! instead of one hanging request a ticket.

use std::cell::Cell;
use std::cell::RefCell;
use std::rc::Rc;

/// This many failures in a row, of whatever tickets, mean that RapidPro is down.
const FAILURES_MAX: u32 = 2;

/// The pauses between attempts while it is, in milliseconds; the last one repeats.
const PAUSES_MS: [u64; 4] = [5_000, 10_000, 20_000, 30_000];

/// What this process has seen of a workspace's RapidPro lately.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    state: RefCell<State>,
    pub(crate) last_success: Cell<Option<u64>>,
}

#[derive(Debug, Default)]
struct State {
    pub(crate) failures: u32,
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

    /// Whether RapidPro answers, as far as this process knows.
    pub fn is_closed(&self) -> bool {
        self.state.borrow().failures < FAILURES_MAX
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

    /// RapidPro did not answer, or not sensibly.
    pub fn failed(&self, now: u64) {
        let mut state = self.state.borrow_mut();
        state.failures = state.failures.saturating_add(1);
        state.probing_since = None;
        let step = usize::try_from(state.failures.saturating_sub(FAILURES_MAX)).unwrap_or(usize::MAX);
        let pause = PAUSES_MS.get(step).or(PAUSES_MS.last()).copied().unwrap_or_default();
        state.next = now.saturating_add(pause);
    }
}

/// A breaker a workspace.
#[derive(Debug, Default)]
pub struct CircuitBreakers(pub(crate) RefCell<Vec<(String, Rc<CircuitBreaker>)>>);

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
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT_MS: u64 = 20_000;

    #[test]
    fn one_failure_stops_nothing_two_leave_one_attempt_at_a_time() {
        let breaker = CircuitBreaker::default();
        breaker.failed(0);
        assert!(breaker.try_acquire(0, ATTEMPT_MS));
        breaker.failed(0);
        assert!(!breaker.try_acquire(4_999, ATTEMPT_MS));
        assert!(breaker.try_acquire(5_000, ATTEMPT_MS));
        assert!(!breaker.try_acquire(5_001, ATTEMPT_MS));
        breaker.failed(6_000);
        assert!(!breaker.try_acquire(15_999, ATTEMPT_MS));
        assert!(breaker.try_acquire(16_000, ATTEMPT_MS));
        assert!(!breaker.is_closed());
        assert!(breaker.succeeded(16_000));
        assert!(breaker.is_closed() && breaker.last_success() == Some(16_000));
        assert!(breaker.try_acquire(16_000, ATTEMPT_MS));
        assert!(!breaker.succeeded(16_001));
    }

    #[test]
    fn an_answer_that_says_nothing_neither_ends_the_outage_nor_keeps_the_next_attempt_out() {
        let breaker = CircuitBreaker::default();
        breaker.failed(0);
        breaker.failed(0);
        assert!(breaker.try_acquire(5_000, ATTEMPT_MS));
        breaker.release_probe();
        assert!(breaker.try_acquire(5_000, ATTEMPT_MS));
        assert!(!breaker.try_acquire(5_000, ATTEMPT_MS));
        assert!(breaker.succeeded(5_000));
    }

    #[test]
    fn an_attempt_that_never_came_back_and_a_clock_set_back_keep_nobody_out() {
        let breaker = CircuitBreaker::default();
        breaker.failed(1_000_000);
        breaker.failed(1_000_000);
        assert!(breaker.try_acquire(1_005_000, ATTEMPT_MS));
        assert!(breaker.try_acquire(1_025_000, ATTEMPT_MS));
        breaker.failed(1_025_000);
        assert!(breaker.try_acquire(10, ATTEMPT_MS));
    }
}
