//! What the server's licence keeps the app from doing.

use std::cell::Cell;

use crate::runtime::failure::{Cause, Failure};

/// What Rocket.Chat says to all but visitors once the licence's monthly contacts are used up.
pub const MONTHLY_LIMIT: &str = "error-mac-limit-reached";

/// When Rocket.Chat last refused what the app itself wrote since the licence's monthly contacts are used up.
#[derive(Debug, Default)]
pub struct MonthlyLimit(Cell<Option<u64>>);

impl MonthlyLimit {
    /// For so long it is worth telling, in milliseconds: somebody may have bought more.
    const LIFE_MS: u64 = 24 * 60 * 60_000;

    /// Notes how Rocket.Chat took what the app itself wrote in a room.
    pub fn note(&self, outcome: &Result<(), Failure>, now: u64) {
        let Err(failure) = outcome else { return self.0.set(None) };
        if matches!(failure.cause(), Cause::Refused(said) if said.contains(MONTHLY_LIMIT)) {
            self.0.set(Some(now));
        }
    }

    /// Whether they are used up, as far as this process knows.
    pub fn is_reached(&self, now: u64) -> bool {
        self.0.get().is_some_and(|at| now.abs_diff(at) < Self::LIFE_MS)
    }
}
