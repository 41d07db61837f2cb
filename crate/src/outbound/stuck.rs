//! One message that never passes stops nothing: after a while those behind it may try. Where they pass, it is the message
//! that fails and not RapidPro, and it becomes a dead letter. Where they fail too, all keep waiting in their order.

use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::outbound::delivery::close_kind;
use crate::outbound::outbox_writer::with_retries;
use crate::outbound::retry_policy;
use crate::outbound::retry_policy::Verdict;
use crate::outbound::run::{DeliveryRun, Flow};
use crate::outbound::settle::Told;
use crate::outbound::transport::Outgoing;
use crate::runtime::failure::Failure;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::{CLOSE, LEASE_MS, OutboxEvent};
use crate::store::progress::UNSURE_MS;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::FactKind;
use crate::text::i18n::Phrase;
use crate::text::messages;

/// So many of those behind a stuck message may try: people write again what got no answer, so the next ones may be stuck
/// for the same reason.
const TRIES_MAX: usize = 5;

impl DeliveryRun<'_> {
    /// Whether something came behind a stuck entry that had no chance to try: then it is tried before its time.
    pub(crate) fn has_news(&self, snapshot: &RoomSnapshot, entry: &Entry) -> bool {
        let (since_ms, attempts) = entry.progress.last_equal_failures();
        let failed_at = entry.progress.failed_at;
        let mut behind = snapshot.outbox.pending.iter().filter(|other| other.id != entry.id);
        retry_policy::is_stuck(since_ms, attempts)
            && (self.others_pass
                || behind.any(|other| other.enqueued_at > failed_at)
                || snapshot.ticket.closed_at().is_some_and(|at| at > failed_at))
    }

    /// Finds out whether it is the entry that fails. `None` where nothing else passes either.
    pub(crate) async fn stand_aside(
        &mut self,
        snapshot: &RoomSnapshot,
        entry: &Entry,
        attempts: u32,
    ) -> Result<Option<Flow>, Failure> {
        let breaker = self.host.cache::<CircuitBreakers>().of(&snapshot.ticket.contact.workspace);
        // Since it failed before, not since it failed first: RapidPro may have gone away in between.
        let passes_elsewhere = breaker.last_success().is_some_and(|at| at > entry.progress.failed_at);
        // The close goes before a message only where it was let past it, by an operation that came no further.
        let ticket = &snapshot.ticket;
        let was_passed = !ticket.is_open() && !ticket.is_ended() && ticket.pending_closes().is_empty();
        if !self.others_pass && !was_passed && self.others_try(snapshot, entry).await? {
            // RapidPro may have come back just now: the entry is tried once more before it is given up.
            self.others_pass = true;
            return Ok(Some(Flow::Again));
        }
        if !self.others_pass && !passes_elsewhere && !was_passed {
            return Ok(None);
        }
        let reason = Phrase::new(messages::STUCK, vec![("count", attempts.to_string())]);
        self.give_up(&snapshot.ticket, entry, reason).await.map(Some)
    }

    /// Lets those behind an entry try, the close last; says whether one has passed. The entry's lease is what keeps other
    /// nodes away from them meanwhile.
    async fn others_try(&mut self, snapshot: &RoomSnapshot, entry: &Entry) -> Result<bool, Failure> {
        let behind = || snapshot.outbox.pending.iter().filter(|other| other.id != entry.id);
        for other in behind().take(TRIES_MAX) {
            self.keep(snapshot, entry).await?;
            match self.passes(snapshot, other).await? {
                Some(true) => return Ok(true),
                Some(false) => {}
                // Each would wait as long.
                None => return Ok(false),
            }
        }
        if snapshot.ticket.is_open() || behind().count() > TRIES_MAX {
            return Ok(false);
        }
        // What nobody noticed comes before the close.
        if self.reconcile(snapshot).await? {
            return Ok(false);
        }
        self.keep(snapshot, entry).await?;
        self.close_passes(snapshot).await
    }

    async fn keep(&self, snapshot: &RoomSnapshot, entry: &Entry) -> Result<(), Failure> {
        let until = self.host.now().saturating_add(LEASE_MS);
        let lease = OutboxEvent::Leased { node: self.host.process().node.clone(), until };
        outbox_record::append(self.host, entry.entry_ref(&snapshot.ticket.room), lease).await
    }

    /// Whether RapidPro takes a message, or says of its own that it never will; `None` where nobody answers.
    async fn passes(&mut self, snapshot: &RoomSnapshot, entry: &Entry) -> Result<Option<bool>, Failure> {
        // What became of it cannot be asked yet.
        if self.host.now() < entry.progress.unsure_until() {
            return Ok(Some(false));
        }
        let Some(entry) = self.as_it_is_now(snapshot, entry).await? else { return Ok(Some(false)) };
        let entry = &*entry;
        let Ok(outgoing) = self.message(&snapshot.ticket, entry).await else { return Ok(Some(false)) };
        let sent_at = self.host.now();
        let reply = outgoing.send(self.host).await;
        match self.judge_message(&snapshot.ticket, entry, sent_at, &reply).await {
            Verdict::Delivered => self.delivered(&snapshot.ticket, entry).await.map(|()| Some(true)),
            Verdict::GiveUp { .. } => Ok(Some(!retry_policy::is_expired(sent_at.saturating_sub(entry.owed_since())))),
            Verdict::Unfetched => Ok(Some(true)),
            Verdict::UnknownTicket | Verdict::Retry { .. } => {
                self.log_failure(&snapshot.ticket, &entry.id, &reply);
                if reply.unsure.is_some() {
                    let told = Told { said: None, unsure: reply.unsure };
                    let next = self.host.now().saturating_add(UNSURE_MS);
                    let record = self.failed(next, true, false, told);
                    outbox_record::append(self.host, entry.entry_ref(&snapshot.ticket.room), record).await?;
                }
                Ok(reply.is_answer().then_some(false))
            }
        }
    }

    async fn close_passes(&mut self, snapshot: &RoomSnapshot) -> Result<bool, Failure> {
        let ticket = &snapshot.ticket;
        let owed = ticket.pending_closes();
        let Some(binding) = owed.first() else { return Ok(false) };
        let Ok(outgoing) = Outgoing::close(self.host, ticket, binding, &snapshot.outbox.close).await else {
            return Ok(false);
        };
        let sent_at = self.host.now();
        let reply = outgoing.send(self.host).await;
        let closed_at = ticket.closed_at().unwrap_or_default();
        let attempt = self.attempt(close_kind(ticket, binding), &snapshot.outbox.close, closed_at, binding.at, sent_at);
        match self.decide(ticket, CLOSE, attempt, &reply).await {
            Verdict::Delivered => {
                with_retries(|| ticket.add(self.host, FactKind::told(binding))).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
