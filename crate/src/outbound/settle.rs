//! What an attempt leaves behind: the entry settled, put off or given up.

use crate::config::settings::SettingsCache;
use crate::config::workspace::WorkspaceCache;
use crate::ids::RoomId;
use crate::livechat::notice;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::outbound::outbox_writer::with_retries;
use crate::outbound::retry_policy::{Attempt, FailureScope, Kind, Verdict};
use crate::outbound::run::{DeliveryRun, Flow};
use crate::outbound::transport::reply::{NotSendable, Reply};
use crate::outbound::{retry_policy, trouble};
use crate::runtime::failure::Failure;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::outcome::Level;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::{EntryRef, OutboxEvent, Reason};
use crate::store::progress::Progress;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;

/// What is stored of a failed attempt's answer.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// A digest of what was said.
    pub(crate) said: Option<String>,
    /// When the attempt was made, where RapidPro may have done all the same what was asked for.
    pub(crate) unsure: Option<u64>,
}

impl DeliveryRun<'_> {
    /// Settles an entry, or notes when to try again.
    pub(crate) async fn settle(
        &mut self,
        snapshot: &RoomSnapshot,
        entry: &Entry,
        sent_at: u64,
        reply: Reply,
    ) -> Result<Flow, Failure> {
        let ticket = &snapshot.ticket;
        let verdict = self.judge_message(ticket, entry, sent_at, &reply).await;
        let told = Told { said: reply.is_of_entry().then(|| reply.gist()), unsure: reply.unsure };
        self.conclude(snapshot, entry, &reply, verdict, told).await
    }

    /// Judges an attempt at a message, by the ticket that carried it.
    pub(crate) async fn judge_message(
        &mut self,
        ticket: &Ticket,
        entry: &Entry,
        sent_at: u64,
        reply: &Reply,
    ) -> Verdict {
        let bound_at = ticket.latest_binding().map(|binding| binding.at).unwrap_or_default();
        let has_files = !entry.message.files.is_empty() && !entry.progress.unfetched;
        let kind = Kind::Message { has_files, has_others: self.carriers(ticket).len() > 1 };
        let attempt = self.attempt(kind, &entry.progress, entry.owed_since(), bound_at, sent_at);
        self.decide(ticket, &entry.id, attempt, reply).await
    }

    async fn conclude(
        &mut self,
        snapshot: &RoomSnapshot,
        entry: &Entry,
        reply: &Reply,
        verdict: Verdict,
        told: Told,
    ) -> Result<Flow, Failure> {
        let ticket = &snapshot.ticket;
        match verdict {
            Verdict::Delivered => {
                self.delivered(ticket, entry).await?;
                Ok(Flow::Again)
            }
            Verdict::UnknownTicket => {
                self.log_failure(ticket, &entry.id, reply);
                let carrier = self.carriers(ticket).first().map(|binding| binding.ticket.clone());
                self.unknown.extend(carrier);
                Ok(Flow::Again)
            }
            Verdict::Unfetched => {
                self.log_failure(ticket, &entry.id, reply);
                let now = self.host.now();
                let record = self.failed(now, false, true, Told::default());
                with_retries(|| outbox_record::append(self.host, entry.entry_ref(&ticket.room), record.clone()))
                    .await?;
                self.follow_ups.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Due });
                Ok(Flow::Stop)
            }
            Verdict::GiveUp { reason } => self.give_up(ticket, entry, reason).await,
            Verdict::Retry { delay_ms, scope } => {
                self.log_failure(ticket, &entry.id, reply);
                let equal = |said: &String| entry.progress.equal_failures(said, self.host.now());
                let (since_ms, attempts) = told.said.as_ref().map_or((0, 0), equal);
                // A ticket that RapidPro has not stored yet is no message's fault, and its end is near.
                if scope != FailureScope::Ticket
                    && retry_policy::is_stuck(since_ms, attempts)
                    && let Some(turn) = self.stand_aside(snapshot, entry, attempts).await?
                {
                    return Ok(turn);
                }
                self.wait(entry.entry_ref(&ticket.room), delay_ms, scope, told).await?;
                Ok(Flow::Stop)
            }
        }
    }

    /// RapidPro has it.
    pub(crate) async fn delivered(&self, ticket: &Ticket, entry: &Entry) -> Result<(), Failure> {
        self.settle_entry(&ticket.room, entry, None).await?;
        notice::announce_end(self.host, ticket, entry).await;
        notice::too_large(self.host, ticket, entry).await;
        Ok(())
    }

    /// Nothing is given up before somebody was told. In a closed room there may be nobody left to tell.
    pub(crate) async fn give_up(&self, ticket: &Ticket, entry: &Entry, reason: Phrase) -> Result<Flow, Failure> {
        let in_log = reason.in_log();
        self.host.log(Level::Error, format!("message {} did not reach the contact: {in_log}", entry.id));
        if !notice::given_up(self.host, ticket, entry, &reason).await && ticket.is_open() {
            let told = Told { said: entry.progress.said(), unsure: None };
            self.wait(entry.entry_ref(&ticket.room), retry_policy::UNTOLD_DELAY_MS, FailureScope::Ticket, told).await?;
            return Ok(Flow::Stop);
        }
        self.settle_entry(&ticket.room, entry, Some((in_log, reason))).await?;
        Ok(Flow::Again)
    }

    /// What RapidPro has must be settled, or it would get it twice: the store is tried several times.
    async fn settle_entry(&self, room: &RoomId, entry: &Entry, why: Option<(String, Phrase)>) -> Result<(), Failure> {
        let (given_up, reason) = why.unzip();
        let settled = OutboxEvent::Settled { given_up, reason: reason.map(stored) };
        with_retries(|| outbox_record::append(self.host, entry.entry_ref(room), settled.clone())).await
    }

    /// Its author has taken it back: it is over, and nobody need be told.
    pub(crate) async fn drop_entry(&self, ticket: &Ticket, entry: &Entry) -> Result<(), Failure> {
        self.host.log(Level::Info, format!("message {} was deleted before it was sent", entry.id));
        self.settle_entry(&ticket.room, entry, None).await
    }

    pub(crate) async fn put_off(
        &mut self,
        snapshot: &RoomSnapshot,
        entry: &Entry,
        why: NotSendable,
    ) -> Result<Flow, Failure> {
        let reply = match why {
            NotSendable::NotConnected => return self.not_connected(entry.entry_ref(&snapshot.ticket.room)).await,
            NotSendable::Unreadable(failure) => Reply::none(&failure),
        };
        let now = self.host.now();
        // RapidPro was not asked, so nothing is its refusal.
        let verdict = self.judge_message(&snapshot.ticket, entry, now, &reply).await;
        self.conclude(snapshot, entry, &reply, verdict, Told::default()).await
    }

    /// RapidPro has never told its address, or its workspace is no longer configured: somebody must connect it.
    pub(crate) async fn not_connected(&self, entry_ref: EntryRef<'_>) -> Result<Flow, Failure> {
        self.host.log(Level::Error, "nothing can be sent: this ticket's RapidPro workspace is not connected");
        self.wait(entry_ref, retry_policy::NOT_CONNECTED_DELAY_MS, FailureScope::Configuration, Told::default())
            .await?;
        Ok(Flow::Stop)
    }

    pub(crate) fn attempt(&self, kind: Kind, progress: &Progress, since: u64, bound_at: u64, sent_at: u64) -> Attempt {
        Attempt {
            kind,
            failures: progress.failures,
            age_ms: sent_at.saturating_sub(since),
            ticket_age_ms: sent_at.saturating_sub(bound_at),
            chance: self.chance(),
        }
    }

    /// Judges an attempt, and keeps what it says of RapidPro as a whole.
    pub(crate) async fn decide(&mut self, ticket: &Ticket, entry: &str, attempt: Attempt, reply: &Reply) -> Verdict {
        let breaker = self.host.cache::<CircuitBreakers>().of(&ticket.contact.workspace);
        let verdict = retry_policy::decide(attempt, reply);
        match &verdict {
            Verdict::Retry { scope: FailureScope::Workspace, .. } => {
                let answered = reply.is_answer().then(|| format!("{}/{entry}", ticket.room.as_str()));
                breaker.failed(self.host.now(), answered.as_deref());
            }
            Verdict::Retry { scope: FailureScope::Configuration, .. } => {
                // Another node may have been told a new address, or a new secret.
                self.host.cache::<WorkspaceCache>().forget();
                self.host.cache::<SettingsCache>().forget();
            }
            Verdict::Retry { scope: FailureScope::Ticket, .. } | Verdict::GiveUp { .. } => {}
            // It says so even where it fails with every ticket that it knows.
            Verdict::UnknownTicket => breaker.release_probe(),
            Verdict::Delivered | Verdict::Unfetched => {
                if breaker.succeeded(self.host.now()) {
                    self.follow_ups.push(Job::Sweep { recovered: true });
                }
            }
        }
        trouble::note(self.host, ticket, reply).await;
        verdict
    }

    pub(crate) async fn wait(
        &self,
        entry_ref: EntryRef<'_>,
        delay_ms: u64,
        scope: FailureScope,
        told: Told,
    ) -> Result<(), Failure> {
        let next = self.host.now().saturating_add(delay_ms);
        let record = self.failed(next, scope != FailureScope::Ticket, false, told);
        with_retries(|| outbox_record::append(self.host, entry_ref, record.clone())).await?;
        self.host.schedule(Job::Deliver { room: entry_ref.room.clone(), mode: DeliveryMode::Due }, next).await;
        Ok(())
    }

    pub(crate) fn failed(&self, next: u64, outage: bool, unfetched: bool, told: Told) -> OutboxEvent {
        let (node, Told { said, unsure }) = (self.host.process().node.clone(), told);
        OutboxEvent::AttemptFailed { node, next, outage, unfetched, said, unsure }
    }

    pub(crate) fn log_failure(&self, ticket: &Ticket, entry: &str, reply: &Reply) {
        let (room, said) = (ticket.room.as_str(), &reply.in_log);
        self.host.log(
            Level::Warn,
            format!("room {room}, {entry}: RapidPro did not take it and will be asked again: {said}"),
        );
    }
}

/// A reason, as it is stored.
fn stored(reason: Phrase) -> Reason {
    let (code, values) = reason.into_parts();
    Reason { code: code.to_owned(), values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}
