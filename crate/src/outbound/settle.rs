//! What an attempt leaves behind: the entry settled, put off or given up.

use crate::config::settings::SettingsCache;
use crate::config::workspace::WorkspaceCache;
use crate::ids::RoomId;
use crate::livechat::notice;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::outbound::file_link;
use crate::outbound::outbox_writer::with_retries;
use crate::outbound::retry_policy;
use crate::outbound::retry_policy::Attempt;
use crate::outbound::retry_policy::FailureScope;
use crate::outbound::retry_policy::Kind;
use crate::outbound::retry_policy::Verdict;
use crate::outbound::run::DeliveryRun;
use crate::outbound::run::Flow;
use crate::outbound::webhook::NotSendable;
use crate::runtime::failure::Failure;
use crate::runtime::job::DeliveryMode;
use crate::runtime::job::Job;
use crate::runtime::outcome::Level;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::EntryRef;
use crate::store::outbox_record::OutboxEvent;
use crate::store::progress::Progress;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::wire::rapidpro::WebhookAnswer;

impl DeliveryRun<'_> {
    /// Strikes an entry out, or notes when to try again.
    pub(crate) async fn settle(
        &mut self,
        ticket: &Ticket,
        entry: &Entry,
        sent_at: u64,
        answer: Result<WebhookAnswer, Failure>,
    ) -> Result<Flow, Failure> {
        let bound_at = ticket.latest_binding().map(|binding| binding.at).unwrap_or_default();
        let has_files = !entry.message.files.is_empty() && !entry.progress.unfetched;
        let carriers = self.carriers(ticket);
        let kind = Kind::Message { has_files, has_others: carriers.len() > 1 };
        let attempt = self.attempt(kind, &entry.progress, entry.owed_since(), bound_at, sent_at);
        match self.decide(ticket, attempt, &answer) {
            Verdict::Delivered => {
                self.settle_entry(&ticket.room, entry, None).await?;
                notice::announce_end(self.host, ticket, entry).await;
                notice::too_large(self.host, ticket, entry).await;
                Ok(Flow::Again)
            }
            Verdict::UnknownTicket => {
                self.log_failure(ticket, &entry.id, &answer);
                self.unknown.extend(carriers.first().map(|binding| binding.ticket.clone()));
                Ok(Flow::Again)
            }
            Verdict::Unfetched => {
                self.log_failure(ticket, &entry.id, &answer);
                let now = self.host.now();
                let line = self.failed(now, false, true);
                with_retries(|| outbox_record::append(self.host, entry.entry_ref(&ticket.room), line.clone())).await?;
                self.follow_ups.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Due });
                Ok(Flow::Stop)
            }
            Verdict::GiveUp { reason } => self.give_up(ticket, entry, &reason).await,
            Verdict::Retry { delay_ms, scope } => {
                self.log_failure(ticket, &entry.id, &answer);
                self.wait(entry.entry_ref(&ticket.room), delay_ms, scope).await?;
                Ok(Flow::Stop)
            }
        }
    }

    /// Nothing is given up before somebody was told. In a closed room there may be nobody left to tell.
    pub(crate) async fn give_up(&self, ticket: &Ticket, entry: &Entry, reason: &Phrase) -> Result<Flow, Failure> {
        let in_log = reason.in_log();
        self.host.log(Level::Error, format!("message {} did not reach the contact: {in_log}", entry.id));
        if !notice::given_up(self.host, ticket, entry, reason).await && ticket.is_open() {
            self.wait(entry.entry_ref(&ticket.room), retry_policy::UNTOLD_DELAY_MS, FailureScope::Ticket).await?;
            return Ok(Flow::Stop);
        }
        self.settle_entry(&ticket.room, entry, Some(in_log)).await?;
        Ok(Flow::Again)
    }

    /// What RapidPro has must be struck out, or it would get it twice: the store is tried several times.
    async fn settle_entry(&self, room: &RoomId, entry: &Entry, given_up: Option<String>) -> Result<(), Failure> {
        let settled = OutboxEvent::Settled { given_up };
        with_retries(|| outbox_record::append(self.host, entry.entry_ref(room), settled.clone())).await
    }

    /// Its author has taken it back: it is over, and nobody need be told.
    pub(crate) async fn drop_entry(&self, ticket: &Ticket, entry: &Entry) -> Result<Flow, Failure> {
        self.host.log(Level::Info, format!("message {} was deleted before it was sent", entry.id));
        self.settle_entry(&ticket.room, entry, None).await?;
        Ok(Flow::Again)
    }

    pub(crate) async fn put_off(&mut self, ticket: &Ticket, entry: &Entry, why: NotSendable) -> Result<Flow, Failure> {
        let answer = match why {
            NotSendable::NotConnected => return self.not_connected(entry.entry_ref(&ticket.room)).await,
            NotSendable::Unreadable(failure) => Err(failure),
        };
        let now = self.host.now();
        self.settle(ticket, entry, now, answer).await
    }

    /// RapidPro has never told its address, or its workspace is no longer configured: somebody must connect it.
    pub(crate) async fn not_connected(&self, entry_ref: EntryRef<'_>) -> Result<Flow, Failure> {
        self.host.log(Level::Error, "nothing can be sent: this ticket's RapidPro workspace is not connected");
        self.wait(entry_ref, retry_policy::NOT_CONNECTED_DELAY_MS, FailureScope::Configuration).await?;
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
    pub(crate) fn decide(
        &mut self,
        ticket: &Ticket,
        attempt: Attempt,
        answer: &Result<WebhookAnswer, Failure>,
    ) -> Verdict {
        let breaker = self.host.cache::<CircuitBreakers>().of(&ticket.contact.workspace);
        let verdict = retry_policy::decide(attempt, answer);
        match &verdict {
            Verdict::Retry { scope: FailureScope::Workspace, .. } => {
                breaker.failed(self.host.now());
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
        verdict
    }

    pub(crate) async fn wait(
        &self,
        entry_ref: EntryRef<'_>,
        delay_ms: u64,
        scope: FailureScope,
    ) -> Result<(), Failure> {
        let next = self.host.now().saturating_add(delay_ms);
        let line = self.failed(next, scope != FailureScope::Ticket, false);
        with_retries(|| outbox_record::append(self.host, entry_ref, line.clone())).await?;
        self.host.schedule(Job::Deliver { room: entry_ref.room.clone(), mode: DeliveryMode::Due }, next).await;
        Ok(())
    }

    pub(crate) fn failed(&self, next: u64, outage: bool, unfetched: bool) -> OutboxEvent {
        OutboxEvent::AttemptFailed { node: self.host.process().node.clone(), next, outage, unfetched }
    }

    pub(crate) fn log_failure(&self, ticket: &Ticket, entry: &str, answer: &Result<WebhookAnswer, Failure>) {
        let said = match answer {
            Ok(answer) => format!("{} {}", answer.status, file_link::without_signatures(&answer.body)),
            Err(failure) => failure.to_string(),
        };
        let room = ticket.room.as_str();
        self.host.log(
            Level::Warn,
            format!("room {room}, {entry}: RapidPro did not take it and will be asked again: {said}"),
        );
    }
}
