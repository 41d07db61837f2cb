//! outbound/settle

use crate::config::settings::SettingsCache;
use crate::config::workspace::WorkspaceCache;
use crate::ids::RoomId;
use crate::livechat::notice;
use crate::outbound::circuit_breaker::Breakers;
use crate::outbound::file_link;
use crate::outbound::outbox_writer::insist;
use crate::outbound::retry_policy;
use crate::outbound::retry_policy::Kind;
use crate::outbound::retry_policy::Trouble;
use crate::outbound::retry_policy::Try;
use crate::outbound::retry_policy::Verdict;
use crate::outbound::run::Courier;
use crate::outbound::run::Turn;
use crate::outbound::webhook::Undelivered;
use crate::runtime::failure::Failure;
use crate::runtime::job::Haste;
use crate::runtime::job::Job;
use crate::runtime::outcome::Level;
use crate::store::outbox::Entry;
use crate::store::outbox_record;
use crate::store::outbox_record::LineKind;
use crate::store::outbox_record::Place;
use crate::store::progress::Progress;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::wire::rapidpro::WebhookAnswer;

impl Courier<'_> {
    /// Strikes an entry out, or notes when to try again.
    pub(crate) async fn settle(
        &mut self,
        ticket: &Ticket,
        entry: &Entry,
        sent_at: u64,
        answer: Result<WebhookAnswer, Failure>,
    ) -> Result<Turn, Failure> {
        let bound_at = ticket.newest().map(|binding| binding.at).unwrap_or_default();
        let has_files = !entry.message.files.is_empty() && !entry.progress.unfetched;
        let carriers = self.carriers(ticket);
        let kind = Kind::Message { has_files, has_others: carriers.len() > 1 };
        let attempt = self.attempt(kind, &entry.progress, entry.owed_since(), bound_at, sent_at);
        match self.judge(ticket, attempt, &answer) {
            Verdict::Delivered => {
                self.strike_out(&ticket.room, entry, None).await?;
                notice::announce_end(self.host, ticket, entry).await;
                notice::too_large(self.host, ticket, entry).await;
                Ok(Turn::Again)
            }
            Verdict::UnknownTicket => {
                self.log_trouble(ticket, &entry.id, &answer);
                self.unknown.extend(carriers.first().map(|binding| binding.ticket.clone()));
                Ok(Turn::Again)
            }
            Verdict::Unfetched => {
                self.log_trouble(ticket, &entry.id, &answer);
                let now = self.host.now();
                let line = self.failed(now, false, true);
                insist(|| outbox_record::add(self.host, entry.place(&ticket.room), line.clone())).await?;
                self.follow_ups.push(Job::Deliver { room: ticket.room.clone(), haste: Haste::Due });
                Ok(Turn::Stop)
            }
            Verdict::GiveUp { reason } => self.give_up(ticket, entry, &reason).await,
            Verdict::Retry { delay_ms, trouble } => {
                self.log_trouble(ticket, &entry.id, &answer);
                self.wait(entry.place(&ticket.room), delay_ms, trouble).await?;
                Ok(Turn::Stop)
            }
        }
    }

    /// Nothing is given up before somebody was told. In a closed room there may be nobody left to tell.
    pub(crate) async fn give_up(&self, ticket: &Ticket, entry: &Entry, reason: &Phrase) -> Result<Turn, Failure> {
        let in_log = reason.in_log();
        self.host.log(Level::Error, format!("message {} did not reach the contact: {in_log}", entry.id));
        if !notice::given_up(self.host, ticket, entry, reason).await && ticket.is_open() {
            self.wait(entry.place(&ticket.room), retry_policy::UNTOLD_DELAY_MS, Trouble::Ticket).await?;
            return Ok(Turn::Stop);
        }
        self.strike_out(&ticket.room, entry, Some(in_log)).await?;
        Ok(Turn::Again)
    }

    /// What RapidPro has must be struck out, or it would get it twice: the store is tried several times.
    async fn strike_out(&self, room: &RoomId, entry: &Entry, given_up: Option<String>) -> Result<(), Failure> {
        let settled = LineKind::Settled { given_up };
        insist(|| outbox_record::add(self.host, entry.place(room), settled.clone())).await
    }

    pub(crate) async fn put_off(&mut self, ticket: &Ticket, entry: &Entry, why: Undelivered) -> Result<Turn, Failure> {
        let answer = match why {
            Undelivered::NotConnected => return self.not_connected(entry.place(&ticket.room)).await,
            Undelivered::Unreadable(failure) => Err(failure),
        };
        let now = self.host.now();
        self.settle(ticket, entry, now, answer).await
    }

    /// RapidPro has never told its address, or its workspace is no longer configured: somebody must connect it.
    pub(crate) async fn not_connected(&self, place: Place<'_>) -> Result<Turn, Failure> {
        self.host.log(Level::Error, "nothing can be sent: this ticket's RapidPro workspace is not connected");
        self.wait(place, retry_policy::NOT_CONNECTED_DELAY_MS, Trouble::Configuration).await?;
        Ok(Turn::Stop)
    }

    pub(crate) fn attempt(&self, kind: Kind, progress: &Progress, since: u64, bound_at: u64, sent_at: u64) -> Try {
        Try {
            kind,
            failures: progress.failures,
            age_ms: sent_at.saturating_sub(since),
            ticket_age_ms: sent_at.saturating_sub(bound_at),
            chance: self.chance(),
        }
    }

    /// Judges an attempt, and keeps what it says of RapidPro as a whole.
    pub(crate) fn judge(&mut self, ticket: &Ticket, attempt: Try, answer: &Result<WebhookAnswer, Failure>) -> Verdict {
        let breaker = self.host.cache::<Breakers>().of(&ticket.contact.workspace);
        let verdict = retry_policy::judge(attempt, answer);
        match &verdict {
            Verdict::Retry { trouble: Trouble::Down, .. } => {
                breaker.failed(self.host.now());
            }
            Verdict::Retry { trouble: Trouble::Configuration, .. } => {
                // Another node may have been told a new address, or a new secret.
                self.host.cache::<WorkspaceCache>().forget();
                self.host.cache::<SettingsCache>().forget();
            }
            Verdict::Retry { trouble: Trouble::Ticket, .. } | Verdict::GiveUp { .. } => {}
            // It says so even where it fails with every ticket that it knows.
            Verdict::UnknownTicket => breaker.undecided(),
            Verdict::Delivered | Verdict::Unfetched => {
                if breaker.succeeded(self.host.now()) {
                    self.follow_ups.push(Job::Sweep { recovered: true });
                }
            }
        }
        verdict
    }

    pub(crate) async fn wait(&self, place: Place<'_>, delay_ms: u64, trouble: Trouble) -> Result<(), Failure> {
        let next = self.host.now().saturating_add(delay_ms);
        let line = self.failed(next, trouble != Trouble::Ticket, false);
        insist(|| outbox_record::add(self.host, place, line.clone())).await?;
        self.host.schedule(Job::Deliver { room: place.room.clone(), haste: Haste::Due }, next).await;
        Ok(())
    }

    pub(crate) fn failed(&self, next: u64, outage: bool, unfetched: bool) -> LineKind {
        LineKind::Failed { node: self.host.process().node.clone(), next, outage, unfetched }
    }

    pub(crate) fn log_trouble(&self, ticket: &Ticket, entry: &str, answer: &Result<WebhookAnswer, Failure>) {
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
