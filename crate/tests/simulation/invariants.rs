//! The promises (docs/guarantees.md#promises) as rules that are checked at every webhook, and at the end.

use rapidpro_tickets_core::ids::{Contact, ContactToken, RoomId};
use rapidpro_tickets_core::outbound::retry_policy::{STUCK_ATTEMPTS, STUCK_MS};
use rapidpro_tickets_core::store::outbox::Outbox;
use rapidpro_tickets_core::store::outbox_record::LEASE_MS;
use rapidpro_tickets_core::store::time_index::DUE;
use rapidpro_tickets_core::store::{inbox, keys, ticket};
use serde_json::Value;

use crate::ledger::{AgentsMessage, Arrival, Attempt, Entry, Ledger, RoomLedger};
use crate::node::OpRef;
use crate::rapidpro::{State, token_of};
use crate::rocketchat::{Maker, Room};
use crate::scenario::Rest;
use crate::world::World;

/// How long a webhook can take, as far as the app waits for it (delivery.rs).
const ATTEMPT_MS: u64 = 25_000;
/// How long a message is tried (policy.rs).
const MESSAGE_AGE_MAX_MS: u64 = 3 * 24 * 60 * 60_000;
/// How often the app tries to store what came of an attempt (delivery.rs).
const WRITE_TRIES: u32 = 3;
/// How much later than a later one's a message's event may come, so that the order is still kept (reorder.rs).
const PATIENCE_MS: u64 = 30;

/// More attempts than this at one entry by one ticket within a second are of an app that does not wait after a failure:
/// RapidPro may be back.
const ATTEMPTS_A_SECOND_MAX: usize = 8;
/// By how much the nodes' clocks may be apart for the time index to be relied on: less than the sweep's margin (sweep.rs),
/// less the lease by which a line is entered in advance.
const CLOCKS_APART_MS: u64 = 80_000;
/// What goes within this time of being enqueued goes unread (review.rs), with some time for what is slow.
const FRESH_MS: u64 = 20_000;
/// How old at most what a run knows of a room's messages may be: what it has read counts for a while (review.rs), and
/// several calls may be slow.
const LOOKED_WITHIN_MS: u64 = 45_000;
/// Within which two nodes act in the same moment: as long as a step takes where nothing is slow.
const AT_ONCE_MS: u64 = 1_000;
/// The most contacts that a run has (scenario.rs).
const CONTACTS_MAX: usize = 3;

impl World {
    /// What a webhook is about, and for which ticket.
    pub fn entry_of(&mut self, op: OpRef, body: &Value) -> Option<(Entry, String)> {
        let ticket = body["ticketID"].as_str()?.to_owned();
        if body["type"] == "agent-message" {
            let text = Ledger::first_version(body["data"]["text"].as_str()?);
            return Some((Entry::Message(text.to_owned()), ticket));
        }
        let rooms = &self.ledger.rooms;
        let serves =
            |room: &&RoomId| rooms.get(*room).is_some_and(|room| room.bound.iter().any(|(id, _)| *id == ticket));
        let process = self.nodes[op.node].process.as_ref().filter(|process| process.id == op.process);
        // Whoever sent it may be gone by the time it gets there: then any room of the ticket's is as good.
        let read = process.and_then(|process| process.drives.get(&op.op)).map(|drive| &drive.read);
        let last_read =
            read.and_then(|read| read.iter().filter(|(room, _)| serves(room)).max_by_key(|(_, version)| **version));
        let room = last_read.map(|(room, _)| room).or_else(|| rooms.keys().find(serves))?.clone();
        Some((Entry::Close(room, ticket.clone()), ticket))
    }

    /// Checks a webhook that is about to be sent; answers its number among the attempts.
    pub fn check_webhook(&mut self, op: OpRef, body: &Value) -> usize {
        let Some((entry, ticket)) = self.entry_of(op, body) else {
            self.violate("webhooks are about tickets", body.to_string());
            return 0;
        };
        let room = match &entry {
            Entry::Message(text) => self.ledger.agents_messages.get(text).map(|message| message.room.clone()),
            Entry::Close(room, _) => Some(room.clone()),
        };
        let Some(room) = room else {
            self.violate("only what staff wrote in a ticket's own room leaves", body.to_string());
            return 0;
        };
        let read = self.drive(op).and_then(|drive| drive.read.get(&room).copied()).unwrap_or_default();
        self.check_whose(&room, &ticket, body);
        self.check_news(op, &entry, &room, read);
        self.check_pace(&entry, &ticket);
        match &entry {
            Entry::Message(text) => {
                self.check_first(text, read);
                self.check_current(op, text, body["data"]["text"].as_str().unwrap_or_default());
            }
            Entry::Close(..) => self.check_last(&room, read),
        }
        let takes_up = self.drive(op).and_then(|drive| drive.takes_up.clone());
        let tried = self.ledger.attempts.contains_key(&entry);
        let attempt = Attempt {
            at_once: !tried && takes_up.is_some_and(|text| entry == Entry::Message(text)),
            ticket,
            process: op.process,
            at: self.time,
            clock: self.clock(op.node),
            applied: false,
            answered: false,
            taken: false,
        };
        let attempts = self.ledger.attempts.entry(entry).or_default();
        attempts.push(attempt);
        attempts.len() - 1
    }

    /// The room is the ticket's, and the ticket is the contact's.
    fn check_whose(&mut self, room: &RoomId, ticket: &str, body: &Value) {
        let contact = self.rapidpro.tickets.get(ticket).map(|ticket| ticket.contact);
        let shown = self.chat.room(room);
        let own = shown.is_some_and(|room| room.maker == Maker::ThisApp && room.contact == contact);
        let ledger = self.ledger.room(room);
        let before = ledger.bound_before.iter().any(|before| before == ticket);
        let bound = before || ledger.bound.iter().any(|(bound, _)| bound == ticket);
        let token = contact.is_some_and(|contact| body["visitor"]["token"] == token_of(contact));
        if !own || !bound || !token {
            self.violate("only what staff wrote in a ticket's own room leaves", format!("{body} of {}", room.as_str()));
        }
    }

    /// Nothing is sent that RapidPro is known to have, or that somebody else is sending. It may come twice only where
    /// the one could not know of the other.
    fn check_news(&mut self, op: OpRef, entry: &Entry, room: &RoomId, read: u64) {
        let (over, hurt, id) = match entry {
            Entry::Message(text) => {
                let message = &self.ledger.agents_messages[text];
                (message.settled, message.settling_hurt, message.id.clone())
            }
            Entry::Close(_, ticket) => {
                let room = self.ledger.room(room);
                (room.told.get(ticket).copied(), room.telling_hurt, "close".to_owned())
            }
        };
        // To a clock that is ahead what was just settled looks old enough to be forgotten.
        let forgotten = match entry {
            Entry::Message(text) => {
                !self.time_index_is_reliable()
                    || self.ledger.clock_set_at >= Some(self.ledger.agents_messages[text].stored_at)
            }
            Entry::Close(..) => false,
        };
        if over.is_some_and(|over| over <= read) {
            if !forgotten {
                self.violate(
                    "nothing is sent after its end was stored",
                    format!("{entry:?} by process {}", op.process),
                );
            }
            return;
        }
        let now = self.clock(op.node);
        let time = self.time;
        let attempts = self.ledger.attempts.get(entry).into_iter().flatten();
        let unknown = |attempt: &&Attempt| attempt.taken || (!attempt.answered && time - attempt.at < ATTEMPT_MS);
        let other = attempts.filter(unknown).find(|attempt| {
            let alive = self.nodes.iter().flat_map(|node| &node.process).any(|process| process.id == attempt.process);
            let claims = self.ledger.rooms.get(room).into_iter().flat_map(|room| &room.claims);
            let of = |process: u32| {
                claims.clone().filter(move |claim| claim.process == process).filter(|claim| claim.entry == id)
            };
            let claimed = of(attempt.process).any(|claim| claim.version <= read);
            let leased = now < attempt.clock + ATTEMPT_MS.min(LEASE_MS);
            let clocks_agree = self.nodes.iter().all(|node| node.clock_offset == self.nodes[0].clock_offset)
                && self.ledger.clock_set_at.is_none_or(|at| at < attempt.at);
            alive && hurt < WRITE_TRIES && claimed && leased && clocks_agree
        });
        if let Some(other) = other {
            let detail = format!("{entry:?} by process {} beside process {}", op.process, other.process);
            self.violate("one process at a time sends an entry", detail);
        }
    }

    /// RapidPro is not asked again and again without a pause.
    fn check_pace(&mut self, entry: &Entry, ticket: &str) {
        let attempts = self.ledger.attempts.get(entry).into_iter().flatten();
        if attempts.filter(|attempt| attempt.ticket == ticket && self.time - attempt.at < 1_000).count()
            > ATTEMPTS_A_SECOND_MAX
        {
            self.violate("what failed waits", format!("{entry:?}"));
        }
    }

    /// What has waited is sent as its author left it, and not at all where it was deleted; what its operation could not
    /// look at goes as it was.
    fn check_current(&mut self, op: OpRef, text: &str, sent: &str) {
        let long_ago = self.time.saturating_sub(LOOKED_WITHIN_MS);
        let message = &self.ledger.agents_messages[text];
        let has_waited = message.written_at.is_some_and(|written| written + FRESH_MS < self.time);
        let is_blind = self.nodes[op.node].process.as_ref().and_then(|process| process.drives.get(&op.op));
        let is_blind = is_blind.is_none_or(|drive| drive.blind);
        if !has_waited || is_blind || self.ledger.clock_set_at.is_some() {
            return;
        }
        let is_deleted = message.deleted_at.is_some_and(|at| at < long_ago);
        let mut outdated = message.versions.iter().skip(1).filter(|(_, since)| *since < long_ago);
        let is_outdated = outdated.next_back().is_some_and(|(version, _)| {
            let of = |text: &str| message.versions.iter().position(|(version, _)| version == text);
            of(sent) < of(version)
        });
        if is_deleted {
            self.violate("what was deleted while it waited is not sent", text.to_owned());
        } else if is_outdated {
            self.violate("what was corrected while it waited goes as corrected", format!("{sent} of {text}"));
        }
    }

    /// What was enqueued earlier goes first, unless a node whose clock is far ahead took it off the books.
    fn check_first(&mut self, text: &str, read: u64) {
        let messages = &self.ledger.agents_messages;
        let this = &messages[text];
        let association = keys::room_association(&this.room);
        let stands =
            |id: &str| self.time_index_is_reliable() || self.store.of(&association).any(|line| line["entry"] == id);
        let before = |other: &AgentsMessage| {
            other.room == this.room
                && other.created_at < this.created_at
                && other.written.is_some_and(|written| written <= read)
                && other.settled.is_none()
                && !other.given_up
                && other.applied == 0
                && stands(&other.id)
        };
        let before = |(text, other): &(&String, &AgentsMessage)| before(other) && !self.may_be_passed(text);
        if let Some((first, _)) = messages.iter().find(before) {
            let detail = format!("{text} before {first}");
            self.violate("what was enqueued earlier goes first", detail);
        }
    }

    /// A close is sent only when the room is closed, not by RapidPro, and all that was written in it is over.
    fn check_last(&mut self, room: &RoomId, read: u64) {
        if self.chat.room(room).is_none_or(|room| room.open) {
            self.violate("only a closed room's close is sent", room.as_str().to_owned());
        }
        if self.ledger.room(room).ended.is_some_and(|ended| ended <= read) {
            self.violate("a close of RapidPro's is not echoed", room.as_str().to_owned());
        }
        let ledger = self.ledger.rooms.get(room);
        let left = |message: &AgentsMessage| {
            let unserved = ledger.is_some_and(|room| room.was_unserved(message.stored_at));
            let is_left = message.applied == 0 && message.settled.is_none() && !message.given_up;
            message.room == *room && !unserved && is_left && message.deleted_at.is_none()
        };
        let mut messages = self.ledger.agents_messages.iter();
        let left =
            messages.find(|(text, message)| left(message) && !self.may_be_passed(text)).map(|(text, _)| text.clone());
        if let Some(text) = left {
            self.violate("the close comes last", format!("{text} in {}", room.as_str()));
        }
    }

    /// Messages reach RapidPro in the order in which they were written, as long as one process hears of both in that
    /// order, none of its calls goes wrong meanwhile, and no clock is set. What is sent as it comes overtakes nothing
    /// that merely could not be recorded, either.
    pub fn check_order(&mut self, text: &str, (sender, at_once): (u32, bool)) {
        let Some(this) = self.ledger.agents_messages.get(text).filter(|message| message.applied == 0) else { return };
        let Arrival::Came { process, at, .. } = this.arrival else { return };
        let ordered =
            self.ledger.rooms.get(&this.room).is_none_or(|room| room.disordered_at.is_none_or(|since| since > at));
        let Some(alive) = self.nodes.iter().flat_map(|node| &node.process).find(|alive| alive.id == process) else {
            return;
        };
        let overtaken = self.ledger.agents_messages.iter().find(|(text, other)| {
            let Arrival::Came { process: others, at: came, hurts, unclear, bound } = other.arrival else {
                return false;
            };
            other.room == this.room
                && other.stored_at < this.stored_at
                && other.created_at < this.created_at
                && other.applied == 0
                && !other.given_up
                && other.deleted_at.is_none()
                && bound
                && !self.may_be_passed(text)
                // Events are put back in order by the room's count of messages, which a deletion lowers.
                && !self.ledger.agents_messages.values().any(|message| message.room == this.room && message.deleted_at.is_some())
                && ordered
                && others == process
                && sender == process
                && came <= at + PATIENCE_MS
                && (alive.hurts == hurts || at_once && alive.unclear == unclear)
                && self.ledger.clock_set_at.is_none_or(|at| at < other.stored_at)
        });
        if let Some((other, _)) = overtaken {
            let detail = format!("{text} before {other}");
            self.violate("messages arrive in the order in which they were written", detail);
        }
    }

    /// What the app has accepted and neither delivered nor told somebody about.
    pub fn owed(&self, rest: Rest) -> Option<(&'static str, String)> {
        let owed = self.owed_message(rest).or_else(|| self.owed_post());
        owed.or_else(|| self.owed_takeover())
            .or_else(|| self.owed_leave())
            .or_else(|| self.owed_close(rest))
            .or_else(|| self.owed_end(rest))
    }

    /// Whether the nodes' clocks have always been so close to each other that none took a page off the list on which
    /// another one was still writing.
    fn time_index_is_reliable(&self) -> bool {
        self.ledger.clocks_apart_ms <= CLOCKS_APART_MS
    }

    /// Whether the room was closed, and that event got lost: what nobody could notice shows when a process starts.
    fn is_close_unnoticed(&self, room: &RoomId, rest: Rest) -> bool {
        rest < Rest::Restarted && self.ledger.rooms.get(room).is_some_and(|room| room.close_dropped)
    }

    fn owed_message(&self, rest: Rest) -> Option<(&'static str, String)> {
        for (text, message) in &self.ledger.agents_messages {
            let Some(room) = self.ledger.rooms.get(&message.room).filter(|room| !room.bound.is_empty()) else {
                continue;
            };
            // An event that got lost, or came before the room was known, shows when the room is compared, before its close at the latest.
            let unnoticed = match message.arrival {
                Arrival::Dropped | Arrival::Came { bound: false, .. } => true,
                Arrival::NobodyThere => room.bound_at.values().min().is_none_or(|bound| message.stored_at < *bound),
                Arrival::Coming | Arrival::Came { .. } => false,
            };
            let unknown = unnoticed && rest < Rest::RoomsClosed
                || self.is_close_unnoticed(&message.room, rest)
                || !self.time_index_is_reliable();
            let unserved = room.was_unserved(message.stored_at);
            // Nothing passes in its room that would tell that it is the message that fails; it keeps nothing from passing.
            let alone = self.rapidpro.is_poisoned_by(text) && (rest < Rest::RoomsClosed || room.ended.is_some());
            let too_late = unserved || room.ended_at.is_some_and(|ended| ended <= message.stored_at);
            if message.given_up {
                let age = self.clock(0).saturating_sub(message.created_at);
                if !self.was_told_of(text, message)
                    || !(message.refused
                        || self.is_stuck(text)
                        || self.ledger.clock_set_by_days
                        || age >= MESSAGE_AGE_MAX_MS)
                {
                    return Some(("what is given up is told to the agent", text.clone()));
                }
            // But for what its author has taken back before.
            } else if message.applied == 0 && message.deleted_at.is_none() && !unknown && !too_late && !alone {
                return Some(("what an agent writes reaches RapidPro", format!("{text}: {message:?}")));
            }
        }
        None
    }

    fn owed_post(&self) -> Option<(&'static str, String)> {
        if !self.time_index_is_reliable() {
            return None;
        }
        for (text, message) in &self.ledger.contacts_messages {
            let told = || message.accepted.iter().any(|id| self.ledger.was_told(id));
            if !message.accepted.is_empty() && message.posted.is_empty() && !told() {
                return Some(("what a contact writes reaches Rocket.Chat", format!("{text}: {message:?}")));
            }
        }
        None
    }

    fn owed_close(&self, rest: Rest) -> Option<(&'static str, String)> {
        if !self.time_index_is_reliable() {
            return None;
        }
        for (id, room) in &self.ledger.rooms {
            let closed = self.chat.room(id).is_some_and(|room| !room.open);
            let untold = |ticket: &&String| self.rapidpro.knows(ticket) && !room.told.contains_key(*ticket);
            let mut bound = room.bound.iter().map(|(ticket, _)| ticket);
            if closed
                && room.ended.is_none()
                && rest >= Rest::RoomsClosed
                && !self.is_close_unnoticed(id, rest)
                && let Some(ticket) = bound.find(untold)
            {
                return Some(("RapidPro is told of every close", format!("{ticket} in {}", id.as_str())));
            }
        }
        let left =
            self.rapidpro.tickets.iter().filter(|(_, ticket)| ticket.state == State::Open && rest >= Rest::RoomsClosed);
        for (ticket, _) in left {
            let serves = |bound: &(String, u64)| bound.0 == *ticket;
            let mut rooms = self.ledger.rooms.values().filter(|room| room.bound.iter().any(serves));
            // RapidPro's close ends all of a room's tickets; of a ticket that it did not know when it was told of the
            // close, and for which it had called `room` again since, nobody could think that it would still come.
            if !self.rapidpro.was_denied(ticket)
                && !rooms.any(|room| room.ended.is_some() || room.close_dropped && rest < Rest::Restarted)
            {
                return Some(("no ticket stays open when its room is closed", ticket.clone()));
            }
        }
        None
    }

    /// A ticket whose rooms have all lost against another one is served by that one.
    fn owed_takeover(&self) -> Option<(&'static str, String)> {
        let forsaken = |ticket: &str| {
            let serves = |room: &&RoomLedger| room.bound.iter().any(|(bound, _)| bound == ticket);
            let mut rooms = self.ledger.rooms.values().filter(serves).peekable();
            rooms.peek().is_some() && rooms.all(|room| room.gave_way)
        };
        let mut open = self.rapidpro.tickets.iter().filter(|(_, ticket)| ticket.state == State::Open);
        let (ticket, _) =
            open.find(|(id, ticket)| forsaken(id.as_str()) && !self.ledger.half_opened.contains(&ticket.contact))?;
        Some(("a room that gave way has its tickets taken over", ticket.clone()))
    }

    /// Whether the agents know of a message that was given up. In a closed room there may be nobody left to tell.
    fn was_told_of(&self, text: &str, message: &AgentsMessage) -> bool {
        let serves = self.is_open(&message.room) && self.ledger.rooms[&message.room].ended.is_none();
        let log = format!("the agents of room {} could not be told", message.room.as_str());
        self.ledger.was_told(text) || !serves && self.ledger.was_told(&log)
    }

    fn is_open(&self, room: &RoomId) -> bool {
        self.chat.room(room).is_some_and(|room| room.open)
    }

    /// Whether RapidPro has refused a message so often and for so long that others may pass it, and that it may be given
    /// up. Where a clock was set, minutes may be moments.
    fn is_stuck(&self, text: &str) -> bool {
        let attempts = self.ledger.attempts.get(&Entry::Message(text.to_owned())).map_or(&[][..], Vec::as_slice);
        let since = attempts.first().map_or(0, |first| self.time - first.at);
        attempts.len() >= STUCK_ATTEMPTS as usize && (since >= STUCK_MS || self.ledger.clock_set_at.is_some())
    }

    /// Whether later ones may pass a message: it is stuck, or it stands behind a stuck one and has had its try.
    fn may_be_passed(&self, text: &str) -> bool {
        let had_its_try = self.ledger.attempts.contains_key(&Entry::Message(text.to_owned()));
        let room = self.ledger.agents_messages.get(text).map(|message| &message.room);
        let mut same_room =
            self.ledger.agents_messages.iter().filter(|(_, other)| Some(&other.room) == room).map(|(text, _)| text);
        self.is_stuck(text) || had_its_try && same_room.any(|other| self.is_stuck(other))
    }

    /// Whether a message that RapidPro never takes may be all that a room waits for: also one that was given up, since an
    /// administrator may have it tried again.
    fn waits_for_poison(&self, room: &RoomId) -> bool {
        let mut messages = self.ledger.agents_messages.iter();
        messages.any(|(text, message)| message.room == *room && self.rapidpro.is_poisoned_by(text))
    }

    /// What is stored as over is: the agents know what was given up, and a room that is finished is closed, or somebody
    /// is asked to close it.
    pub fn check_end(&mut self, record: &Value) {
        let given_up = record.pointer("/line/settled/given_up").is_some_and(|reason| !reason.is_null());
        let mut messages = self.ledger.agents_messages.iter();
        if let Some((text, message)) = messages.find(|(_, message)| given_up && record["entry"] == message.id)
            && !self.was_told_of(text, message)
        {
            self.violate("nothing is given up before the agent is told", text.clone());
        }
        let id = RoomId(record["room"].as_str().unwrap_or_default().to_owned());
        let finished =
            record.get("fact").is_some_and(|fact| fact == "finished" || fact.pointer("/told/finished").is_some())
                && self.ledger.is_present(record);
        if finished && self.is_open(&id) && !self.ledger.room(&id).asked_to_close {
            self.violate("a room that is finished was left", id.0);
        }
    }

    /// An ended room is closed, or its agents are asked to close it.
    fn owed_leave(&self) -> Option<(&'static str, String)> {
        if !self.time_index_is_reliable() {
            return None;
        }
        let mut ended = self.ledger.rooms.iter().filter(|(_, room)| room.ended.is_some() && !room.bound.is_empty());
        let (id, _) = ended.find(|(id, room)| self.is_open(id) && !room.asked_to_close)?;
        Some(("an ended room is closed, or somebody is asked to", id.as_str().to_owned()))
    }

    /// Of a room that is over nothing is left to be done, where RapidPro knows any of its tickets.
    fn owed_end(&self, rest: Rest) -> Option<(&'static str, String)> {
        if !self.time_index_is_reliable() {
            return None;
        }
        let is_over = |id: &RoomId, room: &RoomLedger| {
            let known = room.bound.iter().any(|(ticket, _)| self.rapidpro.knows(ticket));
            let closed = self.chat.room(id).is_some_and(|room| !room.open) && rest >= Rest::RoomsClosed;
            let noticed = !self.is_close_unnoticed(id, rest);
            let is_ended = room.ended.is_some() && !self.waits_for_poison(id);
            !room.bound.is_empty() && (is_ended || (room.ended.is_none() && known && closed && noticed))
        };
        let mut over = self.ledger.rooms.iter().filter(|(id, room)| is_over(id, room));
        let (id, _) = over.find(|(_, room)| room.finished.is_none())?;
        Some(("a room that is over is finished", id.as_str().to_owned()))
    }

    /// A contact has one open room that serves them. Others are left only where nobody could know of them.
    pub fn check_rooms(&mut self) {
        for contact in 0..CONTACTS_MAX {
            let open = self.chat.rooms.iter().filter(|room| room.open && room.contact == Some(contact));
            let facts = |room: &&Room| self.ledger.rooms.get(&room.id);
            let is_bound = |room: &&Room| facts(room).is_some_and(|facts| !facts.bound.is_empty());
            let is_ended = |room: &&Room| facts(room).is_some_and(|facts| facts.ended.is_some());
            let (bound, unknown): (Vec<&Room>, Vec<&Room>) = open.partition(is_bound);
            let serving = bound.iter().filter(|room| !is_ended(room)).count();
            if serving > 1 && !self.ledger.half_opened.contains(&contact) {
                self.violate("a contact has one open room", format!("contact {contact} has {serving}"));
            } else if unknown.len() as u64 > self.ledger.stray_rooms + u64::from(serving == 0) {
                self.violate(
                    "a contact has one open room",
                    format!("contact {contact} has {} unknown ones", unknown.len()),
                );
            }
        }
    }

    /// Whatever waits stands in a bucket of the time index that the sweep will read.
    pub fn check_wake_ups(&mut self) {
        if !self.is_idle() || !self.time_index_is_reliable() {
            return;
        }
        let pages = self.store.of("due").filter_map(|listing| listing["page"].as_u64());
        let listed: Vec<Vec<Value>> =
            pages.map(|page| self.store.of(&DUE.association(page)).cloned().collect()).collect();
        let forgotten = self.ledger.rooms.keys().find(|room| {
            let records: Vec<Value> = self.store.of(&keys::room_association(room)).cloned().collect();
            let Some(ticket) = ticket::of_room(&records) else { return false };
            // A write that arrives very late may bring back what is over; that needs no waking.
            let over = |id: &str| {
                self.ledger.agents_messages.values().any(|message| message.id == id && message.settled.is_some())
            };
            let outbox = Outbox::of(&records);
            let waits = outbox.pending.iter().any(|entry| !over(&entry.id)) || !ticket.is_open();
            !ticket.is_finished() && waits && !listed.iter().any(|page| wakes(page, room))
        });
        if let Some(room) = forgotten.cloned() {
            self.violate("what waits has a wake-up", room.as_str().to_owned());
        }
        self.check_letters(&listed);
    }

    fn check_letters(&mut self, listed: &[Vec<Value>]) {
        let ids = self.store.of("workspace").filter_map(|record| record["id"].as_str());
        let Some(workspace) = ids.min().map(str::to_owned) else { return };
        for number in 0..CONTACTS_MAX {
            let contact = Contact { workspace: workspace.clone(), token: ContactToken(token_of(number)) };
            let records: Vec<Value> = self.store.of(&keys::contact_association(&contact)).cloned().collect();
            let waits = !inbox::entries(&records).is_empty();
            if waits && !listed.iter().any(|page| inbox::contacts_on(page).contains(&contact)) {
                self.violate("what waits has a wake-up", format!("contact {number}"));
            }
        }
    }

    /// A contact's messages are posted in the order in which RapidPro handed them in, one after the other.
    pub fn check_order_of_posts(&mut self) {
        let posts: Vec<_> = self.ledger.contacts_messages.iter().collect();
        let swapped = posts.iter().flat_map(|a| posts.iter().map(move |b| (a, b))).find(|((_, a), (_, b))| {
            let follows = a.answered_at.is_some_and(|answered| answered < b.sent_at) && a.contact == b.contact;
            let in_order = match (a.posted.first(), b.posted.first()) {
                (Some((first_room, first)), Some((second_room, second))) => {
                    first_room != second_room || first <= second
                }
                _ => true,
            };
            let clock_set =
                self.ledger.clocks_apart_ms > 0 || self.ledger.clock_set_at.is_some_and(|at| at >= a.sent_at);
            follows && !in_order && !clock_set
        });
        if let Some(((first, _), (second, _))) = swapped {
            let detail = format!("{second} before {first}");
            self.violate("a contact's messages are posted in order", detail);
        }
    }

    /// A contact's message that RapidPro handed in once is posted once in a room, where one process posts, all of whose calls were
    /// answered but perhaps the posts.
    pub fn check_posted_once(&mut self) {
        let twice = self.ledger.contacts_messages.iter().find(|(_, message)| {
            let [(first_room, _), (second_room, again), ..] = message.posted.as_slice() else { return false };
            let hurt = self.ledger.hurt_at.iter().any(|at| (message.sent_at..=*again).contains(at));
            let clock_set = self.ledger.clock_set_at.is_some_and(|at| at >= message.sent_at);
            self.nodes.len() == 1 && first_room == second_room && !hurt && !clock_set && message.accepted.len() == 1
        });
        if let Some((text, _)) = twice {
            self.violate("a contact's message is posted once", text.clone());
        }
    }

    /// Where nothing went wrong, everything happened exactly once.
    pub fn check_once(&mut self) {
        let messages = self.ledger.agents_messages.iter();
        let twice = messages.filter(|(_, message)| message.applied > 1).map(|(text, _)| text.clone());
        let posts = self.ledger.contacts_messages.iter();
        let is_twice = |posted: &[(RoomId, u64)]| {
            posted.windows(2).any(|pair| {
                let [(room, first), (next_room, again)] = pair else { return false };
                // A file that was being copied while its room was closed is shown in the contact's next room too.
                let moved_on = room != next_room && self.chat.room(room).is_none_or(|room| !room.open);
                // docs/guarantees.md states that two nodes may post what waits in the same moment.
                let at_once = self.nodes.len() > 1 && again.abs_diff(*first) < AT_ONCE_MS;
                !moved_on && !at_once
            })
        };
        let posted_twice = posts.filter(|(_, message)| is_twice(&message.posted)).map(|(text, _)| text.clone());
        let closes = self.ledger.attempts.iter().filter(|(entry, attempts)| {
            matches!(entry, Entry::Close(..)) && attempts.iter().filter(|attempt| attempt.applied).count() > 1
        });
        let closed_twice = closes.map(|(entry, _)| format!("{entry:?}"));
        if let Some(detail) = twice.chain(posted_twice).chain(closed_twice).next() {
            self.violate("where nothing goes wrong, everything happens once", detail);
        }
    }
}

/// Whether a page sends the sweep to a room: it names the room with something that is not over.
fn wakes(page: &[Value], room: &RoomId) -> bool {
    let of_room = |record: &&Value| record["room"] == room.as_str();
    let is_over = |record: &Value| record.pointer("/line/settled").is_some();
    page.iter().filter(of_room).any(|record| {
        let same_entry = |other: &&Value| other.get("entry") == record.get("entry");
        !page.iter().filter(of_room).filter(same_entry).any(is_over)
    })
}
