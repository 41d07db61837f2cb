//! What is read of tickets: rooms for those that are open, an end for those that are closed.

use crate::config::budget::Scope;
use crate::config::department;
use crate::ids::{ConnectionId, Contact, ContactToken, RoomId, TicketId};
use crate::inbound::room_request::RoomRequest;
use crate::inbound::{open_room, post_inbox};
use crate::reading::Reading;
use crate::reading::rings::is_wanted;
use crate::reading::told;
use crate::reading::told::{MESSAGES_BACK_MS, TICKETS_BACK_MS, is_seen, remember};
use crate::reading::trouble::Stop;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::outcome::Level;
use crate::sort::sort_by_key;
use crate::store::reading;
use crate::store::reading::{ReadTicket, Seen, ToldTicket, VERSION, Waiting};
use crate::store::ticket;
use crate::store::ticket::{Binding, ClosedBy, FactKind, HistorySource, Ticket};

pub(crate) const LIST: &str = "tickets.json";

/// More pages than these are no list of what has changed.
const PAGES_MAX: usize = 100;

/// The first delay before Rocket.Chat is asked for a room again, in milliseconds; each is twice the one before.
const RETRY_MS: u64 = 15_000;

const RETRY_DOUBLINGS_MAX: u32 = 4;

/// More tickets do not wait for rooms: where Rocket.Chat gives none for so many, somebody knows.
const WAITING_MAX: usize = 500;

/// What became of a ticket that is open in RapidPro.
enum Opened {
    /// It has a room, is to have none, or its close is on the way.
    Done,
    /// Rocket.Chat refuses.
    Refused(String),
}

impl Reading<'_> {
    /// Reads which tickets have changed, the newest first, and works them off, the oldest first.
    pub(crate) async fn read_tickets(&mut self) -> Result<(), Stop> {
        let first = self.page(Scope::Other, LIST, None).await?;
        let mut tickets: Vec<ToldTicket> = first.items.iter().filter_map(told::ticket).collect();
        let newest = tickets.iter().map(|ticket| ticket.modified).max().unwrap_or_default();
        if !self.state.has_marks {
            // Whatever there is was there before.
            (self.state.tickets, self.state.connected) = (newest, newest);
            return Ok(());
        }
        let since = self.state.tickets.saturating_sub(TICKETS_BACK_MS);
        let (mut cursor, mut pages) = (first.cursor, 1);
        while let Some(next) = cursor.take().filter(|_| tickets.last().is_none_or(|last| last.modified >= since)) {
            if pages == PAGES_MAX {
                self.host.log(Level::Warn, "RapidPro's list of tickets does not end: what is older waits");
                break;
            }
            let page = self.page(Scope::Other, LIST, Some(&next)).await?;
            tickets.extend(page.items.iter().filter_map(told::ticket));
            (cursor, pages) = (page.cursor, pages + 1);
        }
        let seen = &self.state.seen_tickets;
        tickets.retain(|ticket| ticket.modified >= since && !is_seen(seen, &seen_name(ticket)));
        sort_by_key(&mut tickets, |ticket| ticket.modified);
        if self
            .known()
            .await?
            .iter()
            .any(|known| tickets.iter().any(|ticket| !ticket.is_open && ticket.uuid == known.ticket))
        {
            // What a contact wrote before the end belongs into the room that ends.
            self.read_messages().await?;
        }
        let mut new = Vec::new();
        let mut outcome = Ok(());
        for ticket in tickets {
            outcome = self.work_off(&ticket).await;
            if outcome.is_err() {
                break;
            }
            new.push(Seen(seen_name(&ticket), ticket.modified));
        }
        if outcome.is_ok() {
            self.state.tickets = self.state.tickets.max(newest);
        }
        remember(&mut self.state.seen_tickets, new, self.state.tickets.saturating_sub(TICKETS_BACK_MS));
        outcome
    }

    async fn work_off(&mut self, ticket: &ToldTicket) -> Result<(), Stop> {
        self.state.waiting.retain(|waiting| waiting.ticket.uuid != ticket.uuid);
        if ticket.is_open { self.open_or_wait(ticket, 0, false).await } else { Ok(self.end(ticket).await?) }
    }

    /// Tries once more to get rooms for tickets that Rocket.Chat has refused.
    pub(crate) async fn retry_waiting(&mut self) -> Result<(), Stop> {
        let now = self.host.now();
        let due: Vec<Waiting> = self.state.waiting.iter().filter(|waiting| waiting.next <= now).cloned().collect();
        for Waiting { ticket, tries, .. } in due {
            self.state.waiting.retain(|waiting| waiting.ticket.uuid != ticket.uuid);
            self.open_or_wait(&ticket, tries, true).await?;
        }
        Ok(())
    }

    /// Opens a room for a ticket, or has it wait for one. One that was open before the connection gets one only where
    /// `even_old` says so.
    pub(crate) async fn open_or_wait(&mut self, ticket: &ToldTicket, tries: u32, even_old: bool) -> Result<(), Stop> {
        let Opened::Refused(words) = self.open(ticket, even_old).await? else { return Ok(()) };
        let delay = RETRY_MS << tries.min(RETRY_DOUBLINGS_MAX);
        if tries == 0 {
            let uuid = &ticket.uuid;
            self.host.log(Level::Warn, format!("ticket {uuid} waits for a room, Rocket.Chat gives none: {words}"));
        }
        if self.state.waiting.len() < WAITING_MAX {
            let next = self.host.now().saturating_add(delay);
            self.state.waiting.push(Waiting { ticket: ticket.clone(), tries: tries.saturating_add(1), next });
        }
        Ok(())
    }

    /// The contact, as this app knows them: RapidPro's UUID is their token, too.
    pub(crate) fn contact_of(&self, uuid: &str) -> Contact {
        Contact { workspace: self.workspace.clone(), token: ContactToken(uuid.to_owned()) }
    }

    /// Opens a room for a ticket that has none and should.
    async fn open(&mut self, told: &ToldTicket, even_old: bool) -> Result<Opened, Stop> {
        if !is_wanted(&self.settings.topics(), &told.topic) {
            return Ok(Opened::Done);
        }
        let is_known = self.known().await?.iter().any(|known| known.ticket == told.uuid);
        let contact = self.contact_of(&told.contact);
        let id = TicketId(told.uuid.clone());
        let tickets = ticket::read_of_contact(self.host, &contact).await?;
        let is_of = |ticket: &Ticket, is_provisional| {
            ticket.binding_of(&id).is_some_and(|binding| binding.is_provisional == is_provisional)
        };
        if let Some(ticket) = tickets.iter().find(|ticket| is_of(ticket, true) && !ticket.is_open()) {
            // The room of a doorbell was closed before the ticket was read: RapidPro can be told now.
            let binding = self.binding(told);
            ticket.service().bind(self.host, &ticket.visitor, &binding).await?;
            self.confirmed(&contact, &id).await?;
            self.jobs.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Due });
            self.note_known(told, ticket.room.clone()).await?;
            return Ok(Opened::Done);
        }
        // A flow calls only for tickets that it has just opened, also before the first reading.
        let was_told = tickets.iter().any(|ticket| is_of(ticket, true));
        let is_old = told.opened <= self.state.connected && !even_old && !was_told;
        let mut rooms = tickets.iter().filter(|ticket| is_of(ticket, false));
        if let Some(ticket) = rooms.clone().find(|ticket| ticket.is_open()) {
            // What was stored before this process died.
            if !is_known {
                let room = ticket.room.clone();
                self.note_known(told, room).await?;
            }
            return Ok(Opened::Done);
        }
        if rooms.clone().any(|ticket| ticket.pending_closes().iter().any(|owed| owed.ticket == id)) {
            return Ok(Opened::Done);
        }
        let has_had_room = rooms.next().is_some();
        if is_old && !has_had_room {
            return Ok(Opened::Done);
        }
        self.host.acquire(contact.queue()).await;
        let opened = self.ask_for_room(&contact, told).await;
        self.host.release(contact.queue()).await;
        match opened? {
            Ok(room) => {
                self.note_known(told, room).await?;
                self.confirmed(&contact, &id).await?;
                Ok(Opened::Done)
            }
            Err(words) => Ok(Opened::Refused(words)),
        }
    }

    async fn ask_for_room(&mut self, contact: &Contact, told: &ToldTicket) -> Result<Result<RoomId, String>, Stop> {
        let host = self.host;
        let details = self.contact(&told.contact, &told.name).await?;
        let department = department_of(host, &told.topic).await;
        let binding = self.binding(told);
        let request = RoomRequest::of_read(binding, details.details(), department.as_deref());
        match open_room::open(host, contact, &request).await {
            Ok((room, follow_ups)) => {
                self.jobs.extend(follow_ups);
                Ok(Ok(room))
            }
            Err(refusal) => Ok(Err(refusal.words())),
        }
    }

    fn binding(&self, told: &ToldTicket) -> Binding {
        Binding {
            ticket: TicketId(told.uuid.clone()),
            connection: ConnectionId::api(),
            at: self.host.now(),
            past: Some(HistorySource { contact: told.contact.clone(), since: None }),
            opened: Some(self.history_until(told)),
            is_provisional: false,
        }
    }

    /// Messages are posted from the ticket's opening on, or from as far back as they are read: what is older is history.
    fn history_until(&self, told: &ToldTicket) -> u64 {
        told.opened.max(self.state.messages.saturating_sub(MESSAGES_BACK_MS))
    }

    async fn note_known(&mut self, told: &ToldTicket, room: RoomId) -> Result<(), Failure> {
        let (ticket, contact) = (told.uuid.clone(), told.contact.clone());
        let known = ReadTicket { v: VERSION, ticket, contact, room, since: self.history_until(told) };
        reading::add_ticket(self.host, &self.workspace, &known).await?;
        let all = self.known().await?;
        all.retain(|other| other.ticket != known.ticket);
        all.push(known);
        Ok(())
    }

    /// Ends the room of a ticket that RapidPro has closed. RapidPro is told nothing: it knows.
    async fn end(&mut self, told: &ToldTicket) -> Result<(), Failure> {
        if !self.known().await?.iter().any(|known| known.ticket == told.uuid) {
            return Ok(());
        }
        let (contact, id) = (self.contact_of(&told.contact), TicketId(told.uuid.clone()));
        let posting = Job::Post { contact: contact.clone() };
        if self.jobs.contains(&posting) {
            self.jobs.retain(|job| *job != posting);
            post_inbox::post_now(self.host, &contact, &mut self.jobs).await;
        }
        self.host.acquire(contact.queue()).await;
        let ended = self.end_rooms(&contact, &id).await;
        self.host.release(contact.queue()).await;
        ended?;
        reading::drop_ticket(self.host, &self.workspace, &told.uuid).await?;
        self.known().await?.retain(|known| known.ticket != told.uuid);
        Ok(())
    }

    async fn end_rooms(&mut self, contact: &Contact, id: &TicketId) -> Result<(), Failure> {
        for ticket in ticket::read_of_contact(self.host, contact).await? {
            // One that serves the contact's next ticket as well goes on.
            let is_last = ticket.latest_binding().is_some_and(|binding| binding.ticket == *id);
            if is_last && !ticket.is_ended() && !ticket.is_finished() {
                // Stored before the room is closed: its close event must find it, however soon it comes.
                ticket.add(self.host, FactKind::closed(ClosedBy::RapidPro)).await?;
                self.jobs.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Ended });
            }
        }
        Ok(())
    }
}

/// The department of a topic's name, if there is one.
pub(crate) async fn department_of(host: &Host, topic: &str) -> Option<String> {
    let found = if topic.is_empty() { None } else { department::find(host, topic).await.ok().flatten() };
    found.map(|department| department.id)
}

/// A ticket as it was at one time.
fn seen_name(ticket: &ToldTicket) -> String {
    format!("{}@{}", ticket.uuid, ticket.modified)
}
