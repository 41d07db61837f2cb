//! What doorbells have told, until it is read: rooms of tickets that RapidPro has not stored yet, and messages that are
//! posted already.

use crate::config::budget::Scope;
use crate::ids::{Contact, TicketId};
use crate::livechat::notice;
use crate::reading::Reading;
use crate::reading::told;
use crate::reading::told::MESSAGES_BACK_MS;
use crate::reading::trouble::Stop;
use crate::runtime::failure::Failure;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::outcome::Level;
use crate::store::reading::Ring;
use crate::store::ticket::{ClosedBy, FactKind};
use crate::store::{reading, ticket};

/// How soon after a doorbell the API is read, in milliseconds, and how soon again while it does not show what the
/// doorbell told.
pub(crate) const HURRY_FIRST_MS: u64 = 1_000;

const HURRY_NEXT_MS: u64 = 3_000;

/// For how long it is read that often.
const HURRY_FOR_MS: u64 = 15_000;

/// How long RapidPro may take to store a ticket, in milliseconds.
const PROVISIONAL_MS: u64 = 10 * 60_000;

/// Whether tickets of a topic get rooms.
pub(crate) fn is_wanted(topics: &[&str], topic: &str) -> bool {
    topics.is_empty() || topics.iter().any(|wanted| wanted.eq_ignore_ascii_case(topic))
}

impl Reading<'_> {
    /// Reads what doorbells have told, and forgets what is read since.
    pub(crate) async fn read_rings(&mut self) -> Result<(), Failure> {
        self.rings = reading::rings(self.host, &self.workspace).await?;
        let now = self.host.now();
        for ring in self.rings.clone() {
            let age = now.saturating_sub(ring.at);
            let is_over = match (&ring.ticket, &ring.message) {
                (Some(_), _) => false,
                (None, _) => age > 2 * MESSAGES_BACK_MS,
            };
            if is_over {
                self.drop_ring(&ring).await?;
            }
        }
        Ok(())
    }

    async fn drop_ring(&mut self, ring: &Ring) -> Result<(), Failure> {
        reading::drop_ring(self.host, &self.workspace, ring).await?;
        self.rings.retain(|other| other != ring);
        Ok(())
    }

    /// How long to wait for the next reading, where something should show soon.
    pub(crate) fn hurry_ms(&self) -> Option<u64> {
        let now = self.host.now();
        let is_young = |ring: &&Ring| now.saturating_sub(ring.at) < HURRY_FOR_MS;
        self.rings.iter().filter(is_young).any(|ring| !ring.kept).then_some(HURRY_NEXT_MS)
    }

    /// A ticket of the contact is read: whatever else doorbells have told of their tickets was never stored.
    pub(crate) async fn confirmed(&mut self, contact: &Contact, id: &TicketId) -> Result<(), Failure> {
        let uuid = contact.token.as_str();
        let told: Vec<Ring> =
            self.rings.iter().filter(|ring| ring.ticket.is_some() && ring.contact == uuid).cloned().collect();
        if told.is_empty() {
            return Ok(());
        }
        self.void(contact, Some(id)).await?;
        for ring in told {
            self.drop_ring(&ring).await?;
        }
        Ok(())
    }

    /// RapidPro is owed no close of tickets that it never stored, all but this one. Answers the rooms that serve them.
    async fn void(&mut self, contact: &Contact, but: Option<&TicketId>) -> Result<Vec<ticket::Ticket>, Failure> {
        let mut tickets = ticket::read_of_contact(self.host, contact).await?;
        tickets.retain(|ticket| ticket.bindings.iter().any(|binding| binding.is_provisional));
        for ticket in &tickets {
            let provisional = ticket.bindings.iter().filter(|binding| binding.is_provisional);
            for binding in provisional.filter(|binding| Some(&binding.ticket) != but) {
                ticket.add(self.host, FactKind::told(binding)).await?;
            }
        }
        Ok(tickets)
    }

    /// Looks after tickets that RapidPro has not stored in time: the contact's open ticket takes their place, or their
    /// room ends.
    pub(crate) async fn settle_provisional(&mut self) -> Result<(), Stop> {
        let now = self.host.now();
        let late = |ring: &&Ring| ring.ticket.is_some() && now.saturating_sub(ring.at) > PROVISIONAL_MS;
        for ring in self.rings.iter().filter(late).cloned().collect::<Vec<_>>() {
            let list = format!("tickets.json?contact={}", ring.contact);
            let page = self.page(Scope::Other, &list, None).await?;
            let mut told = page.items.iter().filter_map(told::ticket);
            if let Some(open) = told.find(|ticket| ticket.is_open && ticket.contact == ring.contact) {
                self.open_or_wait(&open, 0, true).await?;
            } else {
                let contact = self.contact_of(&ring.contact);
                self.host.acquire(contact.queue()).await;
                let ended = self.never_opened(&contact).await;
                self.host.release(contact.queue()).await;
                ended?;
            }
            if self.rings.contains(&ring) {
                self.drop_ring(&ring).await?;
            }
        }
        Ok(())
    }

    async fn never_opened(&mut self, contact: &Contact) -> Result<(), Failure> {
        for ticket in self.void(contact, None).await? {
            let is_only_provisional = ticket.bindings.iter().all(|binding| binding.is_provisional);
            if is_only_provisional && ticket.is_open() {
                let room = ticket.room.as_str();
                self.host.log(Level::Warn, format!("room {room} ends: RapidPro has not stored its ticket"));
                notice::never_opened(self.host, &ticket).await;
                ticket.add(self.host, FactKind::closed(ClosedBy::RapidPro)).await?;
                self.jobs.push(Job::Deliver { room: ticket.room.clone(), mode: DeliveryMode::Ended });
            }
        }
        Ok(())
    }
}
