//! How far an entry of the outbox has come.

use crate::ids::NodeId;
use crate::store::outbox_record::OutboxEvent;

/// How far an entry, or the close, has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many attempts failed.
    pub failures: u32,
    /// When it may be tried again.
    pub next: u64,
    /// Whether the scope is not this ticket's own, so that its end ends the waiting.
    pub outage: bool,
    /// Whether the files are to be links in the text.
    pub unfetched: bool,
    /// Whether the agents were told of the scope.
    pub announced: bool,
    /// When somebody last had it tried once more; 0 where nobody did.
    pub retried_at: u64,
    pub(crate) last_at: u64,
    pub(crate) settled: Option<End>,
    pub(crate) leases: Vec<(u64, NodeId, u64)>,
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
    pub fn given_up(&self) -> Option<(u64, &str)> {
        match &self.settled {
            Some(End::GivenUp { at, reason }) => Some((*at, reason)),
            _ => None,
        }
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
            OutboxEvent::AttemptFailed { node, next, outage, unfetched } => {
                self.failures = self.failures.saturating_add(1);
                (self.next, self.outage) = (*next, *outage);
                self.unfetched |= unfetched;
                // Whoever failed waits with everybody else; another may be at it, since this line may be late.
                self.leases.retain(|(leased, by, _)| by != node || *leased > at);
            }
            OutboxEvent::OutageAnnounced => self.announced = true,
            OutboxEvent::Settled { given_up: None } => self.settled = Some(End::Delivered),
            OutboxEvent::Settled { given_up: Some(reason) } => {
                self.settled.get_or_insert(End::GivenUp { at, reason: reason.clone() });
            }
            // What RapidPro has it must not get again.
            OutboxEvent::Retried if self.settled != Some(End::Delivered) => {
                *self = Self { last_at: self.last_at, retried_at: at, ..Self::default() };
            }
            OutboxEvent::Retried => {}
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Delivered,
    GivenUp { at: u64, reason: String },
}
