//! Write down, send, strike out: how what is written in a ticket's room, and its close, reach RapidPro.
//!
//! A room's entries go oldest first, one at a time: on this process a queue sees to that, between nodes
//! a claim that is written and read back. Whoever stops half-way leaves what the next one needs: every
//! entry stands in the calendar until it is settled.

use crate::breaker::Breakers;
use crate::cache::Recent;
use crate::desk::Desk;
use crate::host::{Failure, Host, WebhookAnswer};
use crate::missed::ReconcileNeeded;
use crate::missed::UnrecordedRooms;
use crate::operation::{End, Level};
use crate::outbox::{self, CLOSE, Entry, LEASE_MS, LineKind, Message, Place, Progress};
use crate::policy::{self, Kind, Trouble, Try, Verdict, WEBHOOK_TIMEOUT_MS};
use crate::settings::SettingsCache;
use crate::ticket::{Binding, FactKind, RoomId, Ticket, TicketId};
use crate::trigger::{Haste, Job};
use crate::webhook::{Undelivered, Webhook};
use crate::words::{self, Phrase};
use crate::workspace::WorkspaceCache;
use crate::{close, compare, file_link, history, notice, tidy};

/// How long an attempt can take, with what is stored around it, in milliseconds.
const ATTEMPT_MS: u64 = WEBHOOK_TIMEOUT_MS + 5_000;
/// A failing store is tried this often.
const WRITE_TRIES: u32 = 3;
/// How soon to look again at what another node is about to send, in milliseconds.
const LOOK_AGAIN_MS: u64 = 2_000;
/// When this process last arranged to look at a room again, so as not to do it with every event.
#[derive(Debug, Default)]
pub struct RecheckThrottle(Recent<RoomId, u64, 200>);

impl RecheckThrottle {
    /// Whether it may be done now.
    fn allow(&self, room: &RoomId, now: u64) -> bool {
        let is_due = self.0.get(room).is_none_or(|at| now.abs_diff(at) >= LOOK_AGAIN_MS);
        if is_due {
            self.0.put(room.clone(), now);
        }
        is_due
    }
}

/// After this many turns another operation goes on.
const TURNS_MAX: u32 = 1_000;

/// The queue of this process in which writing down what happens in a room waits for its turn. It is
/// never held while RapidPro is being waited for.
pub fn desk_queue(room: &RoomId) -> String {
    format!("desk/{}", room.as_str())
}

fn sending_queue(room: &RoomId) -> String {
    format!("sending/{}", room.as_str())
}

/// Takes up a new message. Where nothing waits before it, it is sent while it is being written down;
/// otherwise it is written down and follows the others. The room's desk must be held by the operation.
pub async fn take_up(host: &Host, desk: &Desk, id: String, message: Message) -> End {
    let room = &desk.ticket.room;
    let entry = Entry::new(id, message, host.now());
    let after_missed = host.cache::<UnrecordedRooms>().remove(room);
    let first = desk.outbox.waiting.is_empty() && desk.ticket.is_open() && !after_missed;
    if first && host.try_acquire(sending_queue(room)).await {
        match Courier::new(host, Haste::Due).message(&desk.ticket, &entry).await {
            Ok(webhook) if may_try(host, &desk.ticket) => {
                return send_while_writing(host, desk, &entry, webhook).await;
            }
            Ok(_) | Err(_) => host.release(sending_queue(room)).await,
        }
    }
    let haste = write_down_or_compare(host, room, &entry).await;
    let haste = if after_missed { Haste::Compare } else { haste };
    End::follow_up(Job::Deliver { room: room.clone(), haste })
}

async fn send_while_writing(host: &Host, desk: &Desk, entry: &Entry, webhook: Webhook) -> End {
    let room = &desk.ticket.room;
    let sent_at = host.now();
    let line = match outbox::line(host, entry.place(room), written(host, entry)).await {
        Ok(line) => line,
        Err(failure) => {
            log_unwritten(host, entry, &failure);
            let haste = write_down_or_compare(host, room, entry).await;
            return End::follow_up(Job::Deliver { room: room.clone(), haste });
        }
    };
    // The next event of the room may look at the desk meanwhile: it finds the sending queue taken.
    let (answer, stored) = host.post_and_store(webhook.into_effect(), line, desk_queue(room)).await;
    let mut haste = Haste::Due;
    if let Err(failure) = stored {
        log_unwritten(host, entry, &failure);
        haste = write_down_or_compare(host, room, entry).await;
    }
    let mut courier = Courier::new(host, haste);
    let settled = match courier.settle(&desk.ticket, entry, sent_at, answer).await {
        Ok(_) if !courier.unknown.is_empty() => courier.work_off(room).await,
        settled => settled.map(|_| ()),
    };
    if let Err(failure) = settled {
        host.log(Level::Error, format!("what became of message {} could not be stored: {failure}", entry.id));
    }
    courier.end()
}

/// Writes an entry down, and says how to go on with the room: what is not written down must be found again before
/// its next message goes.
async fn write_down_or_compare(host: &Host, room: &RoomId, entry: &Entry) -> Haste {
    match write_down(host, room, entry).await {
        Ok(()) => Haste::Due,
        Err(_) => {
            compare::look_soon(host, room).await;
            Haste::Compare
        }
    }
}

/// Writes an entry down.
///
/// # Errors
/// Where the store refuses to the last: then the comparison of rooms finds the message.
pub async fn write_down(host: &Host, room: &RoomId, entry: &Entry) -> Result<(), Failure> {
    let stored = insist(|| outbox::add(host, entry.place(room), written(host, entry))).await;
    if let Err(failure) = &stored {
        log_unwritten(host, entry, failure);
        host.cache::<ReconcileNeeded>().0.set(true);
        host.cache::<UnrecordedRooms>().insert(room);
    }
    stored
}

fn written(host: &Host, entry: &Entry) -> LineKind {
    let until = entry.taken_up_at.saturating_add(LEASE_MS);
    LineKind::Written { message: entry.message.clone(), node: host.process().node.clone(), until }
}

fn log_unwritten(host: &Host, entry: &Entry, failure: &Failure) {
    host.log(Level::Warn, format!("message {} could not be written down: {failure}", entry.id));
}

/// Works off what a room owes to RapidPro: its messages, then its close.
pub async fn deliver(host: &Host, room: &RoomId, haste: Haste) -> End {
    let queue = sending_queue(room);
    host.acquire(queue.clone()).await;
    let mut courier = Courier::new(host, haste);
    if let Err(failure) = courier.work_off(room).await {
        host.log(Level::Error, format!("what room {} owes could not be worked off: {failure}", room.as_str()));
        // What was not compared has no wake-up of its own.
        if haste == Haste::Compare {
            host.cache::<ReconcileNeeded>().0.set(true);
        }
    }
    host.release(queue).await;
    courier.end()
}

/// Whether to go on with the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Something changed: look again.
    Again,
    /// What is left has its wake-up in the calendar.
    Stop,
}

/// One operation's way through a room's outbox. The room's sending queue is held all the while.
struct Courier<'a> {
    host: &'a Host,
    haste: Haste,
    /// Whether the room was open when it was last compared.
    compared_open: Option<bool>,
    /// The tickets that RapidPro did not know when they were tried.
    unknown: Vec<TicketId>,
    tried_to_leave: bool,
    left: bool,
    follow_ups: Vec<Job>,
}

impl<'a> Courier<'a> {
    fn new(host: &'a Host, haste: Haste) -> Self {
        Self {
            host,
            haste,
            compared_open: None,
            unknown: Vec::new(),
            tried_to_leave: false,
            left: false,
            follow_ups: Vec::new(),
        }
    }

    fn end(self) -> End {
        End { response: None, follow_ups: self.follow_ups }
    }
}

impl Courier<'_> {
    /// Sees to it that this process, and no other, sends the entry now. `None` where that is so.
    ///
    /// Without compare-and-set nobody can tell whose claim was stored first. So whoever sees another's
    /// beside its own does not send: of two at most one can see itself alone.
    async fn hold(&mut self, place: Place<'_>, progress: &Progress) -> Result<Option<Turn>, Failure> {
        let now = self.host.now();
        let recovered = self.haste == Haste::Recovered && progress.outage;
        if now < progress.next && !recovered {
            return Ok(Some(Turn::Stop));
        }
        let node = &self.host.process().node;
        match progress.claims(node, now) {
            (_, Some(theirs)) => {
                self.look_again(place.room, theirs).await;
                Ok(Some(Turn::Stop))
            }
            (Some(ours), None) if ours.saturating_sub(now) > ATTEMPT_MS => Ok(None),
            (Some(_) | None, None) => {
                let claim = LineKind::Claimed { node: node.clone(), until: now.saturating_add(LEASE_MS) };
                outbox::add(self.host, place, claim).await?;
                Ok(Some(Turn::Again))
            }
        }
    }

    /// The other node may have died, or be waiting for an entry before this one that is ours.
    async fn look_again(&self, room: &RoomId, theirs: u64) {
        let now = self.host.now();
        if self.host.cache::<RecheckThrottle>().allow(room, now) {
            let jitter = self.chance().saturating_mul(LOOK_AGAIN_MS) / 100;
            let soon = theirs.min(now.saturating_add(LOOK_AGAIN_MS)).saturating_add(jitter);
            self.host.schedule(Job::Deliver { room: room.clone(), haste: Haste::Due }, soon).await;
        }
    }

    /// 0 to 99, at random.
    fn chance(&self) -> u64 {
        u64::from_str_radix(&self.host.random("chance", 2), 16).unwrap_or_default() % 100
    }
}

impl Courier<'_> {
    /// Strikes an entry out, or notes when to try again.
    async fn settle(
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
                insist(|| outbox::add(self.host, entry.place(&ticket.room), line.clone())).await?;
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
    async fn give_up(&self, ticket: &Ticket, entry: &Entry, reason: &Phrase) -> Result<Turn, Failure> {
        let in_log = reason.in_log();
        self.host.log(Level::Error, format!("message {} did not reach the contact: {in_log}", entry.id));
        if !notice::given_up(self.host, ticket, entry, reason).await && ticket.is_open() {
            self.wait(entry.place(&ticket.room), policy::UNTOLD_DELAY_MS, Trouble::Ticket).await?;
            return Ok(Turn::Stop);
        }
        self.strike_out(&ticket.room, entry, Some(in_log)).await?;
        Ok(Turn::Again)
    }

    /// What RapidPro has must be struck out, or it would get it twice: the store is tried several times.
    async fn strike_out(&self, room: &RoomId, entry: &Entry, given_up: Option<String>) -> Result<(), Failure> {
        let settled = LineKind::Settled { given_up };
        insist(|| outbox::add(self.host, entry.place(room), settled.clone())).await
    }

    async fn put_off(&mut self, ticket: &Ticket, entry: &Entry, why: Undelivered) -> Result<Turn, Failure> {
        let answer = match why {
            Undelivered::NotConnected => return self.not_connected(entry.place(&ticket.room)).await,
            Undelivered::Unreadable(failure) => Err(failure),
        };
        let now = self.host.now();
        self.settle(ticket, entry, now, answer).await
    }

    /// RapidPro has never told its address, or its workspace is no longer configured: somebody must connect it.
    async fn not_connected(&self, place: Place<'_>) -> Result<Turn, Failure> {
        self.host.log(Level::Error, "nothing can be sent: this ticket's RapidPro workspace is not connected");
        self.wait(place, policy::NOT_CONNECTED_DELAY_MS, Trouble::Configuration).await?;
        Ok(Turn::Stop)
    }

    fn attempt(&self, kind: Kind, progress: &Progress, since: u64, bound_at: u64, sent_at: u64) -> Try {
        Try {
            kind,
            failures: progress.failures,
            age_ms: sent_at.saturating_sub(since),
            ticket_age_ms: sent_at.saturating_sub(bound_at),
            chance: self.chance(),
        }
    }

    /// Judges an attempt, and keeps what it says of RapidPro as a whole.
    fn judge(&mut self, ticket: &Ticket, attempt: Try, answer: &Result<WebhookAnswer, Failure>) -> Verdict {
        let breaker = self.host.cache::<Breakers>().of(&ticket.contact.workspace);
        let verdict = policy::judge(attempt, answer);
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

    async fn wait(&self, place: Place<'_>, delay_ms: u64, trouble: Trouble) -> Result<(), Failure> {
        let next = self.host.now().saturating_add(delay_ms);
        let line = self.failed(next, trouble != Trouble::Ticket, false);
        insist(|| outbox::add(self.host, place, line.clone())).await?;
        self.host.schedule(Job::Deliver { room: place.room.clone(), haste: Haste::Due }, next).await;
        Ok(())
    }

    fn failed(&self, next: u64, outage: bool, unfetched: bool) -> LineKind {
        LineKind::Failed { node: self.host.process().node.clone(), next, outage, unfetched }
    }

    fn log_trouble(&self, ticket: &Ticket, entry: &str, answer: &Result<WebhookAnswer, Failure>) {
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

impl Courier<'_> {
    async fn work_off(&mut self, room: &RoomId) -> Result<(), Failure> {
        for turn in 0..TURNS_MAX {
            let Some(desk) = Desk::read(self.host, room).await? else { return Ok(()) };
            if turn == 0 {
                self.follow_ups.extend(history::due(self.host, &desk, self.haste));
            }
            if self.turn(&desk).await? == Turn::Stop {
                return Ok(());
            }
        }
        self.follow_ups.push(Job::Deliver { room: room.clone(), haste: Haste::Due });
        Ok(())
    }

    /// Reads top to bottom what a room may need, most urgent first.
    async fn turn(&mut self, desk: &Desk) -> Result<Turn, Failure> {
        if desk.ticket.is_finished() {
            return match desk.ticket.owed().first() {
                Some(binding) => self.send_close(desk, binding).await,
                None => Ok(Turn::Stop),
            };
        }
        if self.haste == Haste::Compare && self.compare(desk).await? {
            return Ok(Turn::Again);
        }
        if desk.ticket.is_to_be_left() && !self.tried_to_leave {
            self.leave(&desk.ticket).await;
        }
        if let Some(entry) = desk.outbox.waiting.first() {
            return self.send(desk, entry).await;
        }
        if desk.ticket.is_open() {
            return Ok(Turn::Stop);
        }
        if self.compare(desk).await? {
            return Ok(Turn::Again);
        }
        match desk.ticket.owed().first() {
            Some(binding) => self.send_close(desk, binding).await,
            None if desk.ticket.is_to_be_left() && !self.left => Ok(Turn::Stop),
            None => {
                finish(self.host, desk).await?;
                Ok(Turn::Stop)
            }
        }
    }

    /// Takes up what nobody noticed, once while the room is open and once when it is closed; says whether
    /// there was anything.
    async fn compare(&mut self, desk: &Desk) -> Result<bool, Failure> {
        let open = Some(desk.ticket.is_open());
        if self.compared_open == open {
            return Ok(false);
        }
        let closed = self.haste == Haste::Compare && compare::take_up_missed_close(self.host, &desk.ticket).await?;
        let written = compare::take_up_missed_messages(self.host, desk).await?;
        self.compared_open = open;
        Ok(closed || written)
    }

    async fn leave(&mut self, ticket: &Ticket) {
        self.tried_to_leave = true;
        let left = match close::leave_room(self.host, ticket).await {
            Ok(()) => ticket.add(self.host, FactKind::Left).await,
            Err(failure) => Err(failure),
        };
        match left {
            Ok(()) => self.left = true,
            Err(failure) => {
                let room = ticket.room.as_str();
                self.host.log(Level::Warn, format!("room {room} is still to be closed: {failure}"));
            }
        }
    }

    async fn send(&mut self, desk: &Desk, entry: &Entry) -> Result<Turn, Failure> {
        let room = &desk.ticket.room;
        if let Some(turn) = self.hold(entry.place(room), &entry.progress).await? {
            if turn == Turn::Stop {
                notice::announce_outage(self.host, desk, entry).await?;
            }
            return Ok(turn);
        }
        let webhook = match self.message(&desk.ticket, entry).await {
            Ok(webhook) => webhook,
            Err(undelivered) => return self.put_off(&desk.ticket, entry, undelivered).await,
        };
        let sent_at = self.host.now();
        if !may_try(self.host, &desk.ticket) {
            if policy::is_expired(sent_at.saturating_sub(entry.owed_since())) {
                return self.give_up(&desk.ticket, entry, &words::EXPIRED.into()).await;
            }
            notice::announce_outage(self.host, desk, entry).await?;
            return Ok(Turn::Stop);
        }
        let answer = webhook.post(self.host).await;
        self.settle(&desk.ticket, entry, sent_at, answer).await
    }

    async fn message(&self, ticket: &Ticket, entry: &Entry) -> Result<Webhook, Undelivered> {
        let carriers = self.carriers(ticket);
        let binding = carriers.first().ok_or(Undelivered::NotConnected)?;
        Webhook::message(self.host, ticket, binding, entry).await
    }

    /// The tickets that a message can carry, newest first: any of the room's reaches the contact, and the newest may
    /// be one that RapidPro never stored.
    fn carriers<'t>(&self, ticket: &'t Ticket) -> Vec<&'t Binding> {
        ticket.bindings.iter().rev().filter(|binding| !self.unknown.contains(&binding.ticket)).collect()
    }

    async fn send_close(&mut self, desk: &Desk, binding: &Binding) -> Result<Turn, Failure> {
        let (ticket, progress) = (&desk.ticket, &desk.outbox.close);
        let closed_at = ticket.closed_at().unwrap_or_default();
        let place = desk.outbox.close_place(&ticket.room, closed_at);
        if let Some(turn) = self.hold(place, progress).await? {
            return Ok(turn);
        }
        let webhook = match Webhook::close(self.host, ticket, binding).await {
            Ok(webhook) => webhook,
            Err(Undelivered::NotConnected) => return self.not_connected(place).await,
            Err(Undelivered::Unreadable(failure)) => return Err(failure),
        };
        let sent_at = self.host.now();
        if !may_try(self.host, ticket) {
            return Ok(Turn::Stop);
        }
        let answer = webhook.post(self.host).await;
        let superseded = ticket.newest() != Some(binding);
        let kind = Kind::Close { superseded, shared: ticket.bindings.len() > 1 };
        let attempt = self.attempt(kind, progress, closed_at, binding.at, sent_at);
        match self.judge(ticket, attempt, &answer) {
            Verdict::Delivered => {
                insist(|| ticket.add(self.host, FactKind::Told { ticket: binding.ticket.clone() })).await?;
                Ok(Turn::Again)
            }
            // The policy gives up no close; were it to, the next attempt would still be in the calendar.
            Verdict::GiveUp { .. } | Verdict::Unfetched | Verdict::UnknownTicket => Ok(Turn::Stop),
            Verdict::Retry { delay_ms, trouble } => {
                self.log_trouble(ticket, CLOSE, &answer);
                self.wait(place, delay_ms, trouble).await?;
                Ok(Turn::Stop)
            }
        }
    }
}

/// Whether RapidPro may be asked now, as far as this process has seen of it lately.
fn may_try(host: &Host, ticket: &Ticket) -> bool {
    host.cache::<Breakers>().of(&ticket.contact.workspace).allows(host.now(), ATTEMPT_MS)
}

/// Nothing is left to be done for a room: what was on its way is removed, but for what RapidPro never took.
async fn finish(host: &Host, desk: &Desk) -> Result<(), Failure> {
    desk.ticket.add(host, FactKind::Finished).await?;
    tidy::forget_lines(host, desk).await
}

/// Tries a write several times.
async fn insist<F: Future<Output = Result<(), Failure>>>(write: impl Fn() -> F) -> Result<(), Failure> {
    for _ in 1..WRITE_TRIES {
        if write().await.is_ok() {
            return Ok(());
        }
    }
    write().await
}
