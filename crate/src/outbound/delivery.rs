//! Record, send, settle: how what is written in a ticket's room, and its close, reach RapidPro.
//!
//! A room's entries go oldest first, one at a time: on this process a queue sees to that, between nodes
//! a lease that is written and read back. Whoever stops half-way leaves what the next one needs: every
//! entry stands in the time index until it is settled.

use crate::history;
use crate::ids::RoomId;
use crate::livechat::leave::Departure;
use crate::livechat::{leave, notice};
use crate::outbound::outbox_writer::with_retries;
use crate::outbound::retry_policy::{Kind, Verdict};
use crate::outbound::run::{DeliveryRun, Flow, may_try, sending_queue};
use crate::outbound::settle::Told;
use crate::outbound::transport::Outgoing;
use crate::outbound::transport::reply::NotSendable;
use crate::outbound::{reconcile, retry_policy};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::keys;
use crate::store::missed::ReconcileNeeded;
use crate::store::outbox::Entry;
use crate::store::outbox_record::CLOSE;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::{Binding, FactKind, Ticket};
use crate::text::messages;

/// How much of an entry's lease looking at it may take, in milliseconds.
const REVIEW_MS: u64 = 1_000;

/// After this many turns another operation goes on.
pub(crate) const TURNS_MAX: u32 = 1_000;

/// Works off what a room owes to RapidPro: its messages, then its close.
pub async fn deliver(host: &Host, room: &RoomId, mode: DeliveryMode) -> End {
    let queue = sending_queue(room);
    host.acquire(queue.clone()).await;
    let mut run = DeliveryRun::new(host, mode);
    if let Err(failure) = run.run(room).await {
        host.log(Level::Error, format!("what room {} owes could not be worked off: {failure}", room.as_str()));
        // What was not compared has no wake-up of its own.
        if mode == DeliveryMode::Reconcile {
            host.cache::<ReconcileNeeded>().0.set(true);
        }
    }
    host.release(queue).await;
    run.end()
}

impl DeliveryRun<'_> {
    pub(crate) async fn run(&mut self, room: &RoomId) -> Result<(), Failure> {
        for turn in 0..TURNS_MAX {
            let look_up = (turn == 0 && self.mode == DeliveryMode::Ended).then(|| room.clone());
            let (records, found) = self.host.records_and_room(keys::room_association(room), look_up).await;
            let Some(snapshot) = RoomSnapshot::of(&records?) else { return Ok(()) };
            self.found = found;
            if turn == 0 {
                self.follow_ups.extend(history::due(self.host, &snapshot, self.mode));
            }
            if self.next_step(&snapshot).await? == Flow::Stop {
                return Ok(());
            }
        }
        self.follow_ups.push(Job::Deliver { room: room.clone(), mode: DeliveryMode::Due });
        Ok(())
    }

    /// Reads top to bottom what a room may need, most urgent first.
    pub(crate) async fn next_step(&mut self, snapshot: &RoomSnapshot) -> Result<Flow, Failure> {
        if snapshot.ticket.is_finished() {
            return match snapshot.ticket.pending_closes().first() {
                Some(binding) => self.send_close(snapshot, binding).await,
                None => Ok(Flow::Stop),
            };
        }
        if self.mode == DeliveryMode::Reconcile && self.reconcile(snapshot).await? {
            return Ok(Flow::Again);
        }
        if snapshot.ticket.is_to_be_left() && !self.tried_to_leave {
            self.leave(&snapshot.ticket).await;
        }
        if let Some(entry) = snapshot.outbox.pending.first() {
            self.note_left(&snapshot.ticket).await;
            return self.send(snapshot, entry).await;
        }
        if snapshot.ticket.is_open() {
            return Ok(Flow::Stop);
        }
        if self.reconcile(snapshot).await? {
            self.note_left(&snapshot.ticket).await;
            return Ok(Flow::Again);
        }
        match snapshot.ticket.pending_closes().first() {
            Some(binding) => {
                self.note_left(&snapshot.ticket).await;
                self.send_close(snapshot, binding).await
            }
            None if snapshot.ticket.is_to_be_left() && !self.left => Ok(Flow::Stop),
            None => {
                // What was on its way is the sweep's to remove.
                snapshot.ticket.add(self.host, FactKind::Finished).await?;
                Ok(Flow::Stop)
            }
        }
    }

    /// Enqueues what nobody noticed, once while the room is open and once when it is closed; says whether
    /// there was anything.
    pub(crate) async fn reconcile(&mut self, snapshot: &RoomSnapshot) -> Result<bool, Failure> {
        let open = Some(snapshot.ticket.is_open());
        if self.reconciled_open == open {
            return Ok(false);
        }
        let closed = self.mode == DeliveryMode::Reconcile
            && reconcile::recover_missed_close(self.host, &snapshot.ticket).await?;
        let written = reconcile::recover_missed_messages(self.host, snapshot).await?;
        self.reconciled_open = open;
        Ok(closed || written)
    }

    pub(crate) async fn leave(&mut self, ticket: &Ticket) {
        self.tried_to_leave = true;
        match leave::leave_room(self.host, ticket, self.found.take()).await {
            Ok(departure) => {
                (self.left, self.left_unnoted) = (true, true);
                // A closed room is seen to be closed; agents must not be asked twice.
                if departure == Departure::AgentsAsked {
                    self.note_left(ticket).await;
                }
            }
            Err(failure) => self.log_not_left(ticket, &failure),
        }
    }

    /// Stores that the room was left, where that does not end all: [`FactKind::Finished`] says it too.
    async fn note_left(&mut self, ticket: &Ticket) {
        if self.left_unnoted
            && let Err(failure) = ticket.add(self.host, FactKind::RoomLeft).await
        {
            self.left = false;
            self.log_not_left(ticket, &failure);
        }
        self.left_unnoted = false;
    }

    fn log_not_left(&self, ticket: &Ticket, failure: &Failure) {
        let room = ticket.room.as_str();
        self.host.log(Level::Warn, format!("room {room} is still to be closed: {failure}"));
    }

    pub(crate) async fn send(&mut self, snapshot: &RoomSnapshot, entry: &Entry) -> Result<Flow, Failure> {
        let room = &snapshot.ticket.room;
        if let Some(turn) =
            self.acquire_lease(entry.entry_ref(room), &entry.progress, self.has_news(snapshot, entry)).await?
        {
            if turn == Flow::Stop {
                notice::announce_outage(self.host, snapshot, entry).await?;
            }
            return Ok(turn);
        }
        let held_at = self.host.now();
        let Some(entry) = self.as_it_is_now(snapshot, entry).await? else { return Ok(Flow::Again) };
        let entry = &*entry;
        // Looking took so long that the lease may not last.
        let has_read = self.room_read.as_ref().is_some_and(|read| read.at > held_at);
        if has_read && self.host.now().saturating_sub(held_at) > REVIEW_MS {
            return Ok(Flow::Again);
        }
        let outgoing = match self.message(&snapshot.ticket, entry).await {
            Ok(outgoing) => outgoing,
            Err(undelivered) => return self.put_off(snapshot, entry, undelivered).await,
        };
        let sent_at = self.host.now();
        if !may_try(self.host, &snapshot.ticket).await {
            if retry_policy::is_expired(sent_at.saturating_sub(entry.owed_since())) {
                return self.give_up(&snapshot.ticket, entry, messages::EXPIRED.into()).await;
            }
            notice::announce_outage(self.host, snapshot, entry).await?;
            return Ok(Flow::Stop);
        }
        let reply = outgoing.send(self.host).await;
        self.settle(snapshot, entry, sent_at, reply).await
    }

    pub(crate) async fn message<'t>(&self, ticket: &'t Ticket, entry: &'t Entry) -> Result<Outgoing<'t>, NotSendable> {
        let carriers = self.carriers(ticket);
        let binding = carriers.first().ok_or(NotSendable::NotConnected)?;
        Outgoing::message(self.host, ticket, binding, entry).await
    }

    /// The tickets that a message can carry, newest first: any of the room's reaches the contact, and the newest may
    /// be one that RapidPro never stored.
    pub(crate) fn carriers<'t>(&self, ticket: &'t Ticket) -> Vec<&'t Binding> {
        ticket.bindings.iter().rev().filter(|binding| !self.unknown.contains(&binding.ticket)).collect()
    }

    async fn send_close(&mut self, snapshot: &RoomSnapshot, binding: &Binding) -> Result<Flow, Failure> {
        let (ticket, progress) = (&snapshot.ticket, &snapshot.outbox.close);
        let closed_at = ticket.closed_at().unwrap_or_default();
        let entry_ref = snapshot.outbox.close_ref(&ticket.room, closed_at);
        if let Some(turn) = self.acquire_lease(entry_ref, progress, false).await? {
            return Ok(turn);
        }
        let outgoing = match Outgoing::close(self.host, ticket, binding, progress).await {
            Ok(outgoing) => outgoing,
            // The RapidPro that knew the contact is no more.
            Err(NotSendable::NotConnected) if ticket.is_replaced() => return self.note_told(ticket, binding).await,
            Err(NotSendable::NotConnected) => return self.not_connected(entry_ref).await,
            Err(NotSendable::Unreadable(failure)) => return Err(failure),
        };
        let sent_at = self.host.now();
        if !may_try(self.host, ticket).await {
            return Ok(Flow::Stop);
        }
        let reply = outgoing.send(self.host).await;
        let attempt = self.attempt(close_kind(ticket, binding), progress, closed_at, binding.at, sent_at);
        match self.decide(ticket, CLOSE, attempt, &reply).await {
            Verdict::Delivered => self.close_taken(ticket, binding).await,
            // The policy gives up no close; were it to, the next attempt would still be in the time index.
            Verdict::GiveUp { .. } | Verdict::Unfetched | Verdict::UnknownTicket => Ok(Flow::Stop),
            Verdict::Retry { delay_ms, scope } => {
                self.log_failure(ticket, CLOSE, &reply);
                self.wait(entry_ref, delay_ms, scope, Told::default()).await?;
                Ok(Flow::Stop)
            }
        }
    }

    /// RapidPro has taken a close. Where that was the last thing to be done, as the store has it now, one record says both.
    async fn close_taken(&mut self, ticket: &Ticket, binding: &Binding) -> Result<Flow, Failure> {
        let now = match ticket.is_finished() || ticket.pending_closes().len() > 1 {
            true => None,
            // Whatever keeps it from being read: that RapidPro has taken the close must be stored.
            false => RoomSnapshot::read(self.host, &ticket.room).await.ok().flatten(),
        };
        if !now.is_some_and(|now| self.is_last(&now, binding)) {
            return self.note_told(ticket, binding).await;
        }
        match ticket.add(self.host, FactKind::told_last(binding)).await {
            Ok(()) => Ok(Flow::Stop),
            // The day's index of what has ended may be what cannot be stored.
            Err(_) => self.note_told(ticket, binding).await,
        }
    }

    /// Whether nothing is left to be done for a room once this close is noted.
    fn is_last(&self, snapshot: &RoomSnapshot, binding: &Binding) -> bool {
        let RoomSnapshot { ticket, outbox } = snapshot;
        let is_compared = self.reconciled_open == Some(false) && outbox.pending.is_empty();
        let is_left = self.left || !ticket.is_to_be_left();
        is_compared && is_left && !ticket.is_finished() && ticket.pending_closes() == [binding]
    }

    async fn note_told(&self, ticket: &Ticket, binding: &Binding) -> Result<Flow, Failure> {
        with_retries(|| ticket.add(self.host, FactKind::told(binding))).await?;
        Ok(Flow::Again)
    }
}

/// What a ticket's close is to the policy.
pub(crate) fn close_kind(ticket: &Ticket, binding: &Binding) -> Kind {
    // A RapidPro that was set up anew does not know the tickets of the one before.
    let superseded = ticket.latest_binding() != Some(binding) || ticket.is_replaced();
    Kind::Close { superseded, shared: ticket.bindings.len() > 1 }
}
