//! How often RapidPro's API may be asked: a ceiling of our own below that of its servers, for each of its scopes.

use std::cell::RefCell;

use crate::runtime::host::Host;

/// What RapidPro counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Reading and sending messages.
    Messages,
    /// Contacts.
    Contacts,
    /// All the rest.
    Other,
}

/// Requests an hour: servers allow 2,500, or more.
pub const CEILING: u32 = 2_000;

const HOUR_MS: u64 = 60 * 60_000;

/// The hour is counted in parts of this length, in milliseconds.
const PART_MS: u64 = HOUR_MS / 12;

/// What was asked of one scope of one workspace's API.
#[derive(Debug, Clone, Default)]
struct Account {
    /// How often in which part of an hour, oldest first.
    parts: Vec<(u64, u32)>,
    /// When RapidPro last refused, and the ceiling since then.
    lowered: Option<(u64, u32)>,
    not_before: u64,
}

impl Account {
    fn used(&self, now: u64) -> u32 {
        let recent = |part: &&(u64, u32)| part.0.saturating_mul(PART_MS).saturating_add(HOUR_MS) > now;
        self.parts.iter().filter(recent).map(|(_, count)| *count).sum()
    }

    fn ceiling(&self, now: u64) -> u32 {
        let lowered = self.lowered.filter(|(at, _)| now.saturating_sub(*at) < HOUR_MS);
        lowered.map_or(CEILING, |(_, ceiling)| ceiling)
    }

    fn take(&mut self, now: u64) -> Result<(), u64> {
        if now < self.not_before {
            return Err(self.not_before);
        }
        let part = now / PART_MS;
        if self.used(now) >= self.ceiling(now) {
            return Err(part.saturating_add(1).saturating_mul(PART_MS));
        }
        self.parts.retain(|(known, _)| known.saturating_mul(PART_MS).saturating_add(HOUR_MS) > now);
        match self.parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.parts.push((part, 1)),
        }
        Ok(())
    }

    fn refused(&mut self, retry_after_ms: u64, now: u64) {
        // Once for all refusals of an hour: those that follow say nothing new.
        if self.ceiling(now) == CEILING {
            self.lowered = Some((now, CEILING / 2));
        }
        self.not_before = self.not_before.max(now.saturating_add(retry_after_ms));
    }
}

/// How much this process has asked of which workspace's API.
#[derive(Debug, Default)]
pub struct Budgets(RefCell<Vec<(String, Scope, Account)>>);

/// Has one more request to a workspace's API counted.
///
/// # Errors
/// Where there is none left: when to ask again.
pub fn take(host: &Host, workspace: &str, scope: Scope) -> Result<(), u64> {
    host.cache::<Budgets>().with(workspace, scope, |account| account.take(host.now()))
}

/// RapidPro has refused a request since there were too many, and asks to be left alone for this long.
pub fn refused(host: &Host, workspace: &str, scope: Scope, retry_after_ms: u64) {
    host.cache::<Budgets>().with(workspace, scope, |account| account.refused(retry_after_ms, host.now()));
}

/// How many requests of the last hour this process has made in the scope of which it made most.
pub fn used(host: &Host, workspace: &str) -> u32 {
    let used = |scope| host.cache::<Budgets>().with(workspace, scope, |account| account.used(host.now()));
    used(Scope::Messages).max(used(Scope::Contacts)).max(used(Scope::Other))
}

impl Budgets {
    fn with<T>(&self, workspace: &str, scope: Scope, act: impl FnOnce(&mut Account) -> T) -> T {
        let mut all = self.0.borrow_mut();
        let known = |(name, of, _): &&mut (String, Scope, Account)| name == workspace && *of == scope;
        if let Some((_, _, account)) = all.iter_mut().find(known) {
            return act(account);
        }
        let mut account = Account::default();
        let done = act(&mut account);
        all.push((workspace.to_owned(), scope, account));
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_so_many_requests() {
        let mut account = Account::default();
        for _ in 0..CEILING {
            assert_eq!(account.take(PART_MS), Ok(()));
        }
        assert_eq!(account.take(PART_MS), Err(2 * PART_MS));
        assert_eq!(account.take(PART_MS + HOUR_MS), Ok(()), "the hour is over");
        assert_eq!(account.used(PART_MS + HOUR_MS), 1);
    }

    #[test]
    fn a_refusal_halves_the_ceiling_for_an_hour_and_is_waited_out() {
        let mut account = Account::default();
        account.refused(5_000, 1_000);
        assert_eq!((account.take(5_999), account.take(6_000)), (Err(6_000), Ok(())));
        assert_eq!(account.ceiling(6_000), CEILING / 2);
        account.refused(0, 7_000);
        assert_eq!(account.ceiling(7_000), CEILING / 2);
        assert_eq!(account.ceiling(1_000 + HOUR_MS), CEILING);
    }
}
