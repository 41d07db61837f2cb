//! How far an entry of the outbox has come.

use crate::ids::NodeId;
use crate::store::outbox_record::{OutboxEvent, Reason};

/// When it was taken, by whom, and until when nobody else may send.
pub(crate) type Lease = (u64, NodeId, u64);

/// How long after an attempt without an answer what became of it is asked, in milliseconds.
pub const UNSURE_MS: u64 = 45_000;

/// How far an entry, or the close, has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many attempts failed.
    pub failures: u32,
    /// When it may be tried again.
    pub next: u64,
    /// When the last attempt failed.
    pub failed_at: u64,
    /// Whether the trouble is not this ticket's own, so that its end ends the waiting.
    pub outage: bool,
    /// Whether the files are to be links in the text.
    pub unfetched: bool,
    /// Whether the agents were told of the trouble.
    pub announced: bool,
    /// When somebody last had it tried once more; 0 where nobody did.
    pub retried_at: u64,
    /// Since when RapidPro may have taken it without anybody knowing.
    pub(crate) unsure: Option<u64>,
    /// The failures in the same words, up to the last one.
    pub(crate) equal: EqualFailures,
    pub(crate) last_at: u64,
    pub(crate) settled: Option<End>,
    pub(crate) leases: Vec<Lease>,
}

impl Progress {
    /// Whether it is over.
    pub fn is_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// Whether somebody has begun with it, and it is not over.
    pub fn is_under_way(&self) -> bool {
        self.last_at > 0 && !self.is_settled()
    }

    /// When and why it was given up.
    pub fn given_up(&self) -> Option<(u64, &GivenUp)> {
        match &self.settled {
            Some(End::GivenUp { at, why }) => Some((*at, why)),
            _ => None,
        }
    }

    /// For how long, and how many times, it has failed in these words, where it does so once more at `now`.
    pub fn equal_failures(&self, said: &str, now: u64) -> (u64, u32) {
        let EqualFailures { said: before, since, count } = &self.equal;
        match before.as_deref() == Some(said) {
            true => (now.saturating_sub(*since), count.saturating_add(1)),
            false => (0, 1),
        }
    }

    /// Since when RapidPro may have it without anybody knowing, as far as an API is asked: an attempt had no answer, or
    /// whoever was to make one has never told what became of it.
    pub fn in_doubt_since(&self, node: &str, now: u64) -> Option<u64> {
        let is_given_up = |(_, by, until): &&Lease| by != node || *until <= now;
        let attempted = self.leases.iter().filter(is_given_up).map(|(at, _, _)| *at).min();
        self.unsure.into_iter().chain(attempted).min()
    }

    /// Until when it is too early to ask whether RapidPro has it: what was on its way may come in late.
    pub fn unsure_until(&self) -> u64 {
        self.unsure.map_or(0, |_| self.failed_at.saturating_add(UNSURE_MS))
    }

    /// The digest of what was said at the last failure.
    pub(crate) fn said(&self) -> Option<String> {
        self.equal.said.clone()
    }

    /// For how long it had failed in the same words when it last did, and how often.
    pub fn last_equal_failures(&self) -> (u64, u32) {
        (self.failed_at.saturating_sub(self.equal.since), self.equal.count)
    }

    /// Until when `node` may send it, and until when others may.
    pub fn leases(&self, node: &str, now: u64) -> (Option<u64>, Option<u64>) {
        let live = || self.leases.iter().filter(|(_, _, until)| now < *until);
        let last = |own: bool| live().filter(|(_, by, _)| (by == node) == own).map(|(_, _, until)| *until).max();
        (last(true), last(false))
    }

    pub(crate) fn add(&mut self, at: u64, kind: &OutboxEvent) {
        self.last_at = self.last_at.max(at);
        match kind {
            OutboxEvent::Enqueued { node, until, .. } | OutboxEvent::Leased { node, until } => {
                self.leases.push((at, node.clone(), *until));
            }
            // A record that was written again since nobody said that it was stored: the next attempt is made later.
            OutboxEvent::AttemptFailed { next, .. } if self.failures > 0 && *next == self.next => {}
            OutboxEvent::AttemptFailed { node, next, outage, unfetched, said, unsure } => {
                self.unsure = self.unsure.or(*unsure);
                self.failures = self.failures.saturating_add(1);
                self.failed_at = at;
                self.equal.add(at, said.as_deref());
                (self.next, self.outage) = (*next, *outage);
                self.unfetched |= unfetched;
                // Whoever failed waits with everybody else; another may be at it, since this record may be late.
                self.leases.retain(|(leased, by, _)| by != node || *leased > at);
            }
            OutboxEvent::OutageAnnounced => self.announced = true,
            OutboxEvent::Settled { given_up: None, .. } => self.settled = Some(End::Delivered),
            OutboxEvent::Settled { given_up: Some(words), reason } => {
                let why = GivenUp { words: words.clone(), reason: reason.clone() };
                self.settled.get_or_insert(End::GivenUp { at, why });
            }
            // What RapidPro has it must not get again.
            OutboxEvent::Retried if self.settled != Some(End::Delivered) => {
                *self = Self { last_at: self.last_at, retried_at: at, unsure: self.unsure, ..Self::default() };
            }
            OutboxEvent::Retried => {}
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Delivered,
    GivenUp { at: u64, why: GivenUp },
}

/// Why something was given up, as it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// In the words of the log.
    pub words: String,
    /// As a code, where the version that stored it knew codes.
    pub reason: Option<Reason>,
}

/// Failures one after the other, all in the same words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EqualFailures {
    /// The digest of the words.
    said: Option<String>,
    /// When the first one happened.
    since: u64,
    count: u32,
}

impl EqualFailures {
    fn add(&mut self, at: u64, said: Option<&str>) {
        if self.said.as_deref() != said || self.count == 0 {
            *self = Self { said: said.map(str::to_owned), since: at, count: 0 };
        }
        self.count = self.count.saturating_add(u32::from(said.is_some()));
    }
}
