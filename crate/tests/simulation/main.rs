//! Delivery that loses nothing, proved by a seeded simulation: the real core between a model of Rocket.Chat
//! and a model of RapidPro, with everything going wrong that can go wrong.
//!
//! A run is a seed: it decides on the history, and on every delay and every fault in it. `SEEDS=n` plays as
//! many, `FROM=n` begins elsewhere, `SEED=n` replays one and prints what happened.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may stop where something is not as it should be"
)]

mod fault;
mod invariants;
mod ledger;
mod node;
mod perform;
mod random;
mod rapidpro;
mod rocketchat;
mod scenario;
mod store;
mod transition;
mod world;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{env, thread};

use crate::fault::{Fault, Tally};
use crate::scenario::{Report, Run};
use crate::world::Violation;

const SEEDS: u64 = 20_000;
const LENGTH: usize = 100;
/// How often a failing history is played while it is being shortened; `TRIALS=0` leaves it as it is.
const TRIALS_MAX: u64 = 600;
/// How many lines of a failing history are printed.
const LINES_MAX: usize = 400;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

/// Plays a run; a panic breaks a rule, too.
fn play(run: &Run, trace: bool) -> Report {
    catch_unwind(AssertUnwindSafe(|| run.play(trace))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let detail =
            words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned())).unwrap_or_default();
        let violation = Some(Violation { rule: "nothing panics", detail });
        Report { violation, occurred: vec![0; Fault::ALL.len()], trace: Vec::new() }
    })
}

/// The shortest history that can be found that breaks the same rule: whatever is not needed for it is left out.
fn shorten(run: &Run, rule: &'static str) -> Run {
    let mut shortest = run.clone();
    let mut trials = number("TRIALS").unwrap_or(TRIALS_MAX);
    let mut chunk = run.steps.len();
    while chunk > 0 && trials > 0 {
        let length = shortest.steps.len();
        leave_out(&mut shortest, rule, chunk, &mut trials);
        // Once more where that made a difference.
        if chunk > 1 || shortest.steps.len() == length {
            chunk /= 2;
        }
    }
    shortest
}

/// Leaves out what can be, so many transitions at a time.
fn leave_out(shortest: &mut Run, rule: &'static str, chunk: usize, trials: &mut u64) {
    let mut at = 0;
    while at < shortest.steps.len() && *trials > 0 {
        let mut candidate = shortest.clone();
        candidate.steps.drain(at..(at + chunk).min(shortest.steps.len()));
        *trials -= 1;
        match play(&candidate, false).violation {
            Some(violation) if violation.rule == rule => *shortest = candidate,
            _ => at += chunk,
        }
    }
}

/// The beginning and the end of what may go on for a day.
fn abridged(trace: &[String]) -> String {
    if trace.len() <= LINES_MAX {
        return trace.join("\n");
    }
    let (beginning, end) = (&trace[..LINES_MAX - 20], &trace[trace.len() - 20..]);
    format!("{}\n[… {} lines …]\n{}", beginning.join("\n"), trace.len() - LINES_MAX, end.join("\n"))
}

fn explain(run: &Run, violation: &Violation) -> String {
    let shortest = shorten(run, violation.rule);
    let trace = play(&shortest, true).trace;
    format!(
        "seed {} breaks the rule “{}”: {}\nThe shortest history that does has {} of {} transitions, on {} node(s):\n{}\n\
         Replay it with SEED={} cargo test --test simulation",
        run.seed,
        violation.rule,
        violation.detail,
        shortest.steps.len(),
        run.steps.len(),
        run.nodes,
        abridged(&trace),
        run.seed,
    )
}

/// Plays seeds on all processors until all are played, or one fails.
fn play_all(first: u64, seeds: u64) -> (Tally, Vec<(Run, Violation)>) {
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let work = || {
        let (mut tally, mut failures) = (Tally::new(), Vec::new());
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + seeds {
                break;
            }
            let run = Run::of_seed(seed, LENGTH);
            let report = play(&run, false);
            tally.add(&report.occurred);
            if let Some(violation) = report.violation {
                failed.store(true, Ordering::Relaxed);
                failures.push((run, violation));
            }
        }
        (tally, failures)
    };
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let (mut tally, mut failures) = (Tally::new(), Vec::new());
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let (part, failed) = thread.join().expect("a worker never panics");
            tally.merge(&part);
            failures.extend(failed);
        }
    });
    failures.sort_by_key(|(run, _)| run.seed);
    (tally, failures)
}

#[test]
fn nothing_is_lost_whatever_goes_wrong() {
    if let Some(seed) = number("SEED") {
        let run = Run::of_seed(seed, LENGTH);
        if let Some(violation) = play(&run, false).violation {
            panic!("{}", explain(&run, &violation));
        }
        return;
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let (tally, failures) = play_all(number("FROM").unwrap_or(0), seeds);
    if let Some((run, violation)) = failures.first() {
        panic!("{}", explain(run, violation));
    }
    // Not by way of `print!`, which shows only where a test fails.
    let _ = write!(std::io::stderr(), "\n{seeds} seeds of {LENGTH} transitions\n{}", tally.table());
    let missing = tally.missing();
    assert!(seeds < SEEDS || missing.is_empty(), "never occurred: {}", missing.join(", "));
}

#[test]
fn a_seed_played_twice_gives_the_same_history() {
    for seed in 0..20 {
        let run = Run::of_seed(seed, LENGTH);
        assert_eq!(play(&run, true).trace, play(&run, true).trace, "seed {seed}");
    }
}
