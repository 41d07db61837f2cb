//! Write down, send, strike out: how what is written in a ticket's room, and its close, reach RapidPro.
//!
//! A room's entries go oldest first, one at a time: on this process a queue sees to that, between nodes
//! a claim that is written and read back. Whoever stops half-way leaves what the next one needs: every
//! entry stands in the calendar until it is settled.

use crate::history;
use crate::ids::RoomId;
use crate::livechat::leave;
use crate::livechat::notice;
use crate::outbound::outbox_writer::insist;
use crate::outbound::reconcile;
use crate::outbound::retry_policy;
use crate::outbound::retry_policy::Kind;
use crate::outbound::retry_policy::Verdict;
use crate::outbound::run::Courier;
use crate::outbound::run::Turn;
use crate::outbound::run::may_try;
use crate::outbound::run::sending_queue;
use crate::outbound::webhook::Undelivered;
use crate::outbound::webhook::Webhook;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Haste;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::delivered;
use crate::store::missed::ReconcileNeeded;
use crate::store::outbox::Entry;
use crate::store::outbox_record::CLOSE;
use crate::store::snapshot::Desk;
use crate::store::ticket::Binding;
use crate::store::ticket::FactKind;
use crate::store::ticket::Ticket;
use crate::text::messages;

/// After this many turns another operation goes on.
pub(crate) const TURNS_MAX: u32 = 1_000;

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

impl Courier<'_> {
    pub(crate) async fn work_off(&mut self, room: &RoomId) -> Result<(), Failure> {
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
    pub(crate) async fn turn(&mut self, desk: &Desk) -> Result<Turn, Failure> {
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
    pub(crate) async fn compare(&mut self, desk: &Desk) -> Result<bool, Failure> {
        let open = Some(desk.ticket.is_open());
        if self.compared_open == open {
            return Ok(false);
        }
        let closed = self.haste == Haste::Compare && reconcile::take_up_missed_close(self.host, &desk.ticket).await?;
        let written = reconcile::take_up_missed_messages(self.host, desk).await?;
        self.compared_open = open;
        Ok(closed || written)
    }

    pub(crate) async fn leave(&mut self, ticket: &Ticket) {
        self.tried_to_leave = true;
        let left = match leave::leave_room(self.host, ticket).await {
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

    pub(crate) async fn send(&mut self, desk: &Desk, entry: &Entry) -> Result<Turn, Failure> {
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
            if retry_policy::is_expired(sent_at.saturating_sub(entry.owed_since())) {
                return self.give_up(&desk.ticket, entry, &messages::EXPIRED.into()).await;
            }
            notice::announce_outage(self.host, desk, entry).await?;
            return Ok(Turn::Stop);
        }
        let answer = webhook.post(self.host).await;
        self.settle(&desk.ticket, entry, sent_at, answer).await
    }

    pub(crate) async fn message(&self, ticket: &Ticket, entry: &Entry) -> Result<Webhook, Undelivered> {
        let carriers = self.carriers(ticket);
        let binding = carriers.first().ok_or(Undelivered::NotConnected)?;
        Webhook::message(self.host, ticket, binding, entry).await
    }

    /// The tickets that a message can carry, newest first: any of the room's reaches the contact, and the newest may
    /// be one that RapidPro never stored.
    pub(crate) fn carriers<'t>(&self, ticket: &'t Ticket) -> Vec<&'t Binding> {
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

/// Nothing is left to be done for a room: what was on its way is removed, but for what RapidPro never took.
async fn finish(host: &Host, desk: &Desk) -> Result<(), Failure> {
    desk.ticket.add(host, FactKind::Finished).await?;
    delivered::forget_lines(host, desk).await
}
