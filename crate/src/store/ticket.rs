//! A ticket: which contact, which RapidPro ids, which room, and who has closed it.
//!
//! Rocket.Chat's persistence has no transactions and no compare-and-set, so nothing about a ticket is
//! ever rewritten: each change is a [`Fact`] of its own, and a ticket is what its facts add up to. Two
//! nodes that write at once both leave their fact, in whatever order; none is lost.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::ids::{ConnectionId, Contact, ContactToken, EntryId, NodeId, RoomId, TicketId};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::sort::sort_by;
use crate::store::keys::{contact_association, room_association};
use crate::store::outbox_record::LEASE_MS;
use crate::store::progress::Lease;
use crate::store::time_index::{DUE, ENDED, OPENED};
use crate::wire::rocketchat::{RoomVisitor, Visitor};

/// A contact's room, and which of its services is meant: most rooms serve a contact once. One that Rocket.Chat does not
/// let the app close may have to serve the contact's next ticket, since a visitor has at most one open room from
/// Rocket.Chat 8.3 on.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// The contact.
    pub contact: &'a Contact,
    /// The room.
    pub room: &'a RoomId,
    /// How often the room was adopted before.
    pub adopted: u32,
}

impl<'a> Service<'a> {
    /// That of a room which this app opened for the contact.
    pub fn first(contact: &'a Contact, room: &'a RoomId) -> Self {
        Self { contact, room, adopted: 0 }
    }

    /// Has the room serve a ticket.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing it.
    pub async fn bind(&self, host: &Host, visitor: &Visitor, binding: &Binding) -> Result<(), Failure> {
        self.bind_after(host, visitor, binding, None).await
    }

    /// Has the room serve a ticket that none of what was written in it before concerns.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing it.
    pub async fn bind_after(
        &self,
        host: &Host,
        visitor: &Visitor,
        binding: &Binding,
        written_before: Option<Vec<EntryId>>,
    ) -> Result<(), Failure> {
        let Binding { ticket, connection, past, opened, is_provisional, .. } = binding.clone();
        let (uuid, since) = past.map(|past| (past.contact, past.since)).unzip();
        let (visitor, since, provisional) = (visitor.clone(), since.flatten(), is_provisional.then_some(true));
        let fact = FactKind::Bound { ticket, connection, visitor, uuid, since, opened, provisional };
        self.store(host, fact, written_before).await
    }

    /// Adds a fact about the room. What has to be found by time is entered in a index first.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing it.
    pub async fn record(&self, host: &Host, kind: FactKind) -> Result<(), Failure> {
        self.store(host, kind, None).await
    }

    async fn store(&self, host: &Host, kind: FactKind, written_before: Option<Vec<EntryId>>) -> Result<(), Failure> {
        let (now, contact, room) = (host.now(), self.contact, self.room);
        let bucket = match &kind {
            FactKind::Bound { .. } => Some((OPENED, OPENED.bucket(now))),
            FactKind::Closed { .. } => Some((DUE, DUE.bucket(now))),
            FactKind::CloseDelivered { finished: None, .. } | FactKind::RoomLeft => None,
            FactKind::CloseDelivered { finished: Some(_), .. } | FactKind::Finished => Some((ENDED, ENDED.bucket(now))),
        };
        let mut associations = vec![contact_association(contact), room_association(room)];
        if let Some((index, bucket)) = bucket {
            index.ensure_listed(host, bucket).await?;
            associations.push(index.association(bucket));
        }
        let (workspace, token) = (contact.workspace.clone(), contact.token.clone());
        let adopted = Some(self.adopted).filter(|adopted| *adopted > 0);
        let fact =
            Fact { v: VERSION, at: now, workspace, contact: token, room: room.clone(), adopted, written_before, kind };
        host.create_record(associations, fact).await
    }
}

pub(crate) const VERSION: u8 = 1;

/// One thing that is known of a ticket, as it is stored.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fact {
    pub(crate) v: u8,
    pub(crate) at: u64,
    pub(crate) workspace: String,
    pub(crate) contact: ContactToken,
    pub(crate) room: RoomId,
    /// How often the room had been adopted, where it had.
    pub(crate) adopted: Option<u32>,
    /// The ids of what was written in the room before, where this is its adoption.
    pub(crate) written_before: Option<Vec<EntryId>>,
    #[serde(rename = "fact")]
    pub(crate) kind: FactKind,
}

/// What a fact says.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FactKind {
    /// The room serves this ticket of RapidPro; the visitor is the one that the room is really open for.
    Bound {
        /// RapidPro's id.
        ticket: TicketId,
        /// The connection by which RapidPro named it.
        connection: ConnectionId,
        /// The visitor.
        visitor: Visitor,
        /// The contact's UUID in RapidPro.
        uuid: Option<String>,
        /// When the session that led to the ticket began.
        since: Option<u64>,
        /// By RapidPro's clock: what was written until then is history, what comes later is read from its API.
        /// Version 1.0.0 skips it.
        opened: Option<u64>,
        /// `true` where a flow has told of the ticket and RapidPro's API does not know it yet. Version 1.0.0 skips it.
        provisional: Option<bool>,
    },
    /// The room no longer serves the contact.
    Closed {
        /// Who ended it.
        by: ClosedBy,
        /// With which words, where somebody in Rocket.Chat did and they are known.
        comment: Option<String>,
        /// `true` where the contact's token came back with another person's UUID. Version 1.0.0 skips it.
        replaced: Option<bool>,
        /// Which process has taken it on to tell RapidPro, where one has. Version 1.0.0 skips it.
        lease: Option<CloseLease>,
    },
    /// RapidPro has taken the close of this ticket.
    #[serde(rename = "told")]
    CloseDelivered {
        /// RapidPro's id.
        ticket: TicketId,
        /// `true` where nothing is left to be done for the room, as by [`Self::Finished`]. Version 1.0.0 skips it
        /// and finishes the room once more.
        finished: Option<bool>,
    },
    /// The room of a ticket that has ended is closed, or the agents were asked to close it.
    #[serde(rename = "left")]
    RoomLeft,
    /// Nothing is left to be done for the room.
    Finished,
}

impl FactKind {
    /// That the room no longer serves the contact.
    pub fn closed(by: ClosedBy) -> Self {
        Self::Closed { by, comment: None, replaced: None, lease: None }
    }

    /// That somebody in Rocket.Chat closed the room, which this process is about to tell RapidPro.
    pub fn closed_in_rocket_chat(host: &Host, comment: Option<String>) -> Self {
        let lease = CloseLease { node: host.process().node.clone(), until: host.now().saturating_add(LEASE_MS) };
        Self::Closed { by: ClosedBy::RocketChat, comment, replaced: None, lease: Some(lease) }
    }

    /// That RapidPro has taken the close of this ticket.
    pub fn told(binding: &Binding) -> Self {
        Self::CloseDelivered { ticket: binding.ticket.clone(), finished: None }
    }

    /// The same, where that was the last thing to be done for the room.
    pub fn told_last(binding: &Binding) -> Self {
        Self::CloseDelivered { ticket: binding.ticket.clone(), finished: Some(true) }
    }

    /// That the contact's token is another person's now. RapidPro is owed the closes: it may know the tickets.
    pub fn replaced() -> Self {
        Self::Closed { by: ClosedBy::RocketChat, comment: None, replaced: Some(true), lease: None }
    }
}

/// Which process tells RapidPro of a close first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct CloseLease {
    /// Which.
    pub(crate) node: NodeId,
    /// Until when nobody else may.
    pub(crate) until: u64,
}

/// Where to find what a contact and the bot said before the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistorySource {
    /// The contact's UUID in RapidPro.
    pub contact: String,
    /// When the session that led to the ticket began.
    pub since: Option<u64>,
}

/// Who ended a room's service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ClosedBy {
    /// RapidPro: it needs no webhook.
    RapidPro,
    /// Somebody in Rocket.Chat: RapidPro is owed a webhook a ticket.
    RocketChat,
    /// This app: the room lost against another one that was opened at once and took its tickets over.
    #[serde(rename = "race")]
    Duplicate,
}

/// A ticket of RapidPro that a room serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// RapidPro's id.
    pub ticket: TicketId,
    /// The connection by which RapidPro named it.
    pub connection: ConnectionId,
    /// Since when the room serves it.
    pub at: u64,
    /// Where to find what was said before.
    pub past: Option<HistorySource>,
    /// Until when, by RapidPro's clock, what was written is history, where its API is read.
    pub opened: Option<u64>,
    /// Whether RapidPro's API does not know the ticket yet.
    pub is_provisional: bool,
}

impl Binding {
    /// The contact's UUID in RapidPro, as far as it is known.
    pub fn person(&self) -> Option<&str> {
        self.past.as_ref().map(|past| past.contact.as_str())
    }
}

/// What the facts of one room add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The contact.
    pub contact: Contact,
    /// The room.
    pub room: RoomId,
    /// The visitor that the room is open for.
    pub visitor: Visitor,
    /// RapidPro's tickets that were bound to the room, oldest first; never empty.
    pub bindings: Vec<Binding>,
    /// With which words the room was closed.
    pub comment: Option<String>,
    /// How often the room was adopted: it then held messages before it served these tickets.
    pub adopted: u32,
    /// The ids of what was written in the room before it was adopted.
    pub(crate) written_before: Vec<EntryId>,
    pub(crate) replaced: bool,
    pub(crate) closed: Vec<(ClosedBy, u64)>,
    pub(crate) leases: Vec<Lease>,
    pub(crate) told: Vec<TicketId>,
    pub(crate) left: bool,
    pub(crate) finished: bool,
}

impl Ticket {
    /// Whether the room still serves the contact, as far as the app was told.
    pub fn is_open(&self) -> bool {
        self.closed.is_empty()
    }

    /// Whether RapidPro, or the app itself, has ended it, so that no close is owed to RapidPro.
    pub fn is_ended(&self) -> bool {
        self.closed.iter().any(|(by, _)| *by != ClosedBy::RocketChat)
    }

    /// Whether another room, opened at once, has taken its tickets over.
    pub fn gave_way(&self) -> bool {
        self.closed.iter().any(|(by, _)| *by == ClosedBy::Duplicate)
    }

    /// Whether the contact's token came back with another person's UUID.
    pub fn is_replaced(&self) -> bool {
        self.replaced
    }

    /// Whether the ticket has ended and its room is still to be closed.
    pub fn is_to_be_left(&self) -> bool {
        (self.is_ended() || self.replaced) && !self.left && !self.finished
    }

    /// Whether this message is none of these tickets' business: it was in the room before that was adopted. Not told by
    /// its time, since it is by another clock.
    pub fn is_from_before(&self, message: &str) -> bool {
        self.written_before.iter().any(|id| id == message)
    }

    /// RapidPro's UUID of the contact, as far as it told one: the last one, since version 1.0.0 took two people who had
    /// one token for one.
    pub fn person(&self) -> Option<&str> {
        self.bindings.iter().rev().find_map(|binding| binding.person())
    }

    /// The room and its present service.
    pub fn service(&self) -> Service<'_> {
        Service { contact: &self.contact, room: &self.room, adopted: self.adopted }
    }

    /// Whether all was done that was known of, and what was on its way is removed. Where a binding is stored later
    /// than that, its close is still owed.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// When the room stopped serving the contact.
    pub fn closed_at(&self) -> Option<u64> {
        self.closed.first().map(|(_, at)| *at)
    }

    /// The binding that the room was opened for.
    pub fn first_binding(&self) -> Option<&Binding> {
        self.bindings.first()
    }

    /// When the room began to serve the contact.
    pub fn opened_at(&self) -> u64 {
        self.first_binding().map(|binding| binding.at).unwrap_or_default()
    }

    /// Whether the room was opened for what was read of RapidPro's API.
    pub fn is_read(&self) -> bool {
        self.first_binding().is_some_and(|binding| binding.opened.is_some())
    }

    /// Until when what was written belongs into the room's history: by RapidPro's clock, where that is known.
    pub fn history_until(&self) -> u64 {
        self.first_binding().and_then(|binding| binding.opened).unwrap_or_else(|| self.opened_at())
    }

    /// Whether the room serves, or served, this ticket.
    pub fn binding_of(&self, ticket: &TicketId) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.ticket == *ticket)
    }

    /// The tickets whose close RapidPro has still to be told, oldest first.
    pub fn pending_closes(&self) -> Vec<&Binding> {
        if self.is_open() || self.is_ended() {
            return Vec::new();
        }
        self.bindings.iter().filter(|binding| !self.told.contains(&binding.ticket)).collect()
    }

    /// The ticket whose id messages carry.
    pub fn latest_binding(&self) -> Option<&Binding> {
        self.bindings.last()
    }

    /// The visitor that the room is really open for, under the name that Rocket.Chat shows now. Where somebody gave the
    /// room another visitor, Rocket.Chat takes messages from that one only. The same visitor may have got another token
    /// since, but the room goes on under its own.
    pub fn visitor_shown(&self, shown: Option<&RoomVisitor>) -> Visitor {
        if let Some(RoomVisitor { id: Some(id), token: Some(token), username, name }) = shown
            && *id != self.visitor.id
        {
            let (id, token, username, name) = (id.clone(), token.clone(), username.clone(), name.clone());
            return Visitor { id, token, username, name, department: self.visitor.department.clone() };
        }
        let name = shown.and_then(|visitor| visitor.name.clone());
        Visitor { name: name.or_else(|| self.visitor.name.clone()), ..self.visitor.clone() }
    }

    /// Adds a fact about this ticket's room.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from storing it.
    pub async fn add(&self, host: &Host, kind: FactKind) -> Result<(), Failure> {
        self.service().record(host, kind).await
    }
}

/// Those of a token's tickets that are one person's: whose UUID is `person`, or of whom none is known. Where the UUID
/// is not told, the person is the one whom RapidPro named last.
pub fn of_person<'t>(tickets: &'t [Ticket], person: Option<&str>) -> Vec<&'t Ticket> {
    let person = person.or_else(|| last_person(tickets));
    tickets.iter().filter(|ticket| is_same(ticket.person(), person)).collect()
}

/// Whom RapidPro named last of the people who have a token.
fn last_person(tickets: &[Ticket]) -> Option<&str> {
    let bindings = tickets.iter().flat_map(|ticket| &ticket.bindings);
    bindings.filter(|binding| binding.past.is_some()).max_by_key(|binding| binding.at)?.person()
}

/// Whether these are UUIDs of one person, as far as both are known.
pub fn is_same(a: Option<&str>, b: Option<&str>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// The ticket among a room's records.
pub fn of_room(records: &[Value]) -> Option<Ticket> {
    of_contact(records).pop()
}

/// Reads a contact's tickets, by room id.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn read_of_contact(host: &Host, contact: &Contact) -> Result<Vec<Ticket>, Failure> {
    Ok(of_contact(&host.all_records(contact_association(contact)).await?))
}

/// All tickets among a contact's records, by room id.
pub fn of_contact(records: &[Value]) -> Vec<Ticket> {
    let mut facts: Vec<Fact> = json::read_all(records);
    sort_by(&mut facts, |a, b| (&a.room, a.at).cmp(&(&b.room, b.at)));
    facts.chunk_by(|a, b| a.room == b.room).filter_map(ticket_of).collect()
}

/// A room without a binding is none of ours: its facts are what a crash left. Of a room that was adopted only its last
/// service counts: what ended the one before may have been noted late.
fn ticket_of(facts: &[Fact]) -> Option<Ticket> {
    let first = facts.first()?;
    let adopted = facts.iter().filter_map(|fact| fact.adopted).max();
    let mut replaced_here = false;
    let (mut visitor, mut known_comment) = (None, None);
    let (mut left, mut finished) = (false, false);
    let mut leases = Vec::new();
    let (mut bindings, mut closed, mut told): (Vec<Binding>, _, _) = (Vec::new(), Vec::new(), Vec::new());
    for fact in facts.iter().filter(|fact| fact.adopted == adopted) {
        match &fact.kind {
            FactKind::Bound { ticket, connection, visitor: bound_for, uuid, since, opened, provisional } => {
                visitor.get_or_insert(bound_for);
                let (opened, is_provisional) = (*opened, *provisional == Some(true));
                if let Some(known) = bindings.iter_mut().find(|binding| binding.ticket == *ticket) {
                    known.opened = known.opened.or(opened);
                    known.is_provisional &= is_provisional;
                } else {
                    let (ticket, connection) = (ticket.clone(), connection.clone());
                    let past = uuid.clone().map(|contact| HistorySource { contact, since: *since });
                    bindings.push(Binding { ticket, connection, at: fact.at, past, opened, is_provisional });
                }
            }
            FactKind::Closed { by, comment, replaced, lease } => {
                closed.push((*by, fact.at));
                leases.extend(lease.iter().map(|lease| (fact.at, lease.node.clone(), lease.until)));
                replaced_here |= *replaced == Some(true);
                known_comment = known_comment.or(comment.as_ref());
            }
            FactKind::CloseDelivered { ticket, finished: is_last } => {
                told.push(ticket.clone());
                finished |= *is_last == Some(true);
            }
            FactKind::RoomLeft => left = true,
            FactKind::Finished => finished = true,
        }
    }
    Some(Ticket {
        contact: Contact { workspace: first.workspace.clone(), token: first.contact.clone() },
        room: first.room.clone(),
        visitor: visitor?.clone(),
        bindings,
        comment: known_comment.cloned(),
        adopted: adopted.unwrap_or_default(),
        written_before: facts.iter().filter_map(|fact| fact.written_before.as_ref()).flatten().cloned().collect(),
        replaced: replaced_here,
        closed,
        leases,
        told,
        left,
        finished,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::ids::{ConnectionId, Contact, ContactToken, RoomId, TicketId};
    use crate::runtime::json;
    use crate::wire::rocketchat::Visitor;

    #[test]
    fn what_an_update_of_the_app_must_find_again() {
        let contact = Contact { workspace: "main".into(), token: ContactToken("10000".into()) };
        let association = "contact/35ec40167ac913f7f2e088808116f1032aef2ed1d1ab57caa4152a20e4de40fc";
        assert_eq!(contact_association(&contact), association);
        let connection = ConnectionId::of("0123456789abcdef0123456789abcdef");
        assert_eq!(json::to_value(connection), "1f60b653c28fbd5a25d894637832224f0e21ed760412f5ca515759ed225a6468");
    }

    fn fact(at: u64, room: &str, kind: FactKind) -> Fact {
        let contact = ContactToken("10000".into());
        Fact {
            v: VERSION,
            at,
            workspace: "w".into(),
            contact,
            room: RoomId(room.into()),
            adopted: None,
            written_before: None,
            kind,
        }
    }

    fn bound(ticket: &str) -> FactKind {
        let visitor = Visitor { id: "v".into(), token: "t".into(), ..Visitor::default() };
        let (ticket, connection) = (TicketId(ticket.into()), ConnectionId::default());
        FactKind::Bound { ticket, connection, visitor, uuid: None, since: None, opened: None, provisional: None }
    }

    fn told(ticket: &str) -> FactKind {
        FactKind::CloseDelivered { ticket: TicketId(ticket.into()), finished: None }
    }

    fn pending_closes(facts: Vec<Fact>) -> Vec<String> {
        add_up(facts)[0].pending_closes().iter().map(|binding| binding.ticket.0.clone()).collect()
    }

    fn add_up(facts: Vec<Fact>) -> Vec<Ticket> {
        let records: Vec<Value> = facts.iter().map(json::to_value).collect();
        of_contact(&records)
    }

    #[test]
    fn ids_add_up_oldest_first_whatever_the_order_of_the_records() {
        let tickets = add_up(vec![fact(3, "r", bound("c")), fact(1, "r", bound("a")), fact(2, "r", bound("a"))]);
        let [ticket] = tickets.as_slice() else { panic!("{tickets:?}") };
        assert!(ticket.is_open());
        let bindings: Vec<_> = ticket.bindings.iter().map(|binding| (binding.ticket.as_str(), binding.at)).collect();
        assert_eq!(bindings, [("a", 1), ("c", 3)]);
        assert!(ticket.pending_closes().is_empty());
    }

    #[test]
    fn a_close_in_rocket_chat_is_owed_for_each_id_until_told() {
        let closed = FactKind::closed(ClosedBy::RocketChat);
        let mut facts =
            vec![fact(1, "r", bound("a")), fact(2, "r", bound("b")), fact(3, "r", closed), fact(4, "r", told("a"))];
        assert_eq!(pending_closes(facts.clone()), ["b"]);
        facts.push(fact(5, "r", FactKind::closed(ClosedBy::RapidPro)));
        assert!(pending_closes(facts).is_empty());
    }

    #[test]
    fn a_ticket_whose_binding_is_stored_late_is_owed_its_close_too() {
        let closed = FactKind::closed(ClosedBy::RocketChat);
        let mut facts = vec![
            fact(1, "r", bound("a")),
            fact(2, "r", closed),
            fact(3, "r", told("a")),
            fact(4, "r", FactKind::Finished),
        ];
        facts.push(fact(5, "r", bound("b")));
        assert_eq!(pending_closes(facts.clone()), ["b"]);
        facts.push(fact(6, "r", told("b")));
        assert!(pending_closes(facts).is_empty());
    }

    #[test]
    fn rooms_are_told_apart_and_one_without_a_binding_is_none() {
        let closed = FactKind::closed(ClosedBy::RocketChat);
        let tickets = add_up(vec![fact(1, "r2", bound("b")), fact(1, "r1", bound("a")), fact(2, "r3", closed)]);
        let rooms: Vec<&str> = tickets.iter().map(|ticket| ticket.room.as_str()).collect();
        assert_eq!(rooms, ["r1", "r2"]);
    }

    fn of_uuid(ticket: &str, uuid: &str) -> FactKind {
        match bound(ticket) {
            FactKind::Bound { ticket, connection, visitor, since, .. } => {
                let uuid = Some(uuid.into());
                FactKind::Bound { ticket, connection, visitor, uuid, since, opened: None, provisional: None }
            }
            other => other,
        }
    }

    #[test]
    fn a_tokens_tickets_are_told_apart_by_uuid_as_far_as_it_is_known() {
        let tickets = add_up(vec![
            fact(1, "ann", of_uuid("1", "A")),
            fact(3, "bob", of_uuid("2", "B")),
            fact(2, "who", bound("3")),
            // Version 1.0.0 had both in one room.
            fact(0, "mixed", of_uuid("4", "A")),
            fact(1, "mixed", of_uuid("5", "b")),
        ]);
        let rooms = |person| of_person(&tickets, person).iter().map(|ticket| ticket.room.0.clone()).collect::<Vec<_>>();
        assert_eq!(rooms(Some("A")), ["ann", "who"]);
        assert_eq!(rooms(Some("a")), ["ann", "who"]);
        assert_eq!(rooms(Some("b")), ["bob", "mixed", "who"]);
        assert_eq!(rooms(Some("C")), ["who"]);
        assert_eq!(rooms(None), ["bob", "mixed", "who"], "the person whom RapidPro named last");
        assert!(of_person(&[], None).is_empty());
    }

    #[test]
    fn a_replaced_ticket_owes_its_close_and_its_room_is_to_be_left() {
        let ticket = add_up(vec![fact(1, "r", bound("a")), fact(2, "r", FactKind::replaced())]).remove(0);
        assert!(ticket.is_to_be_left() && !ticket.is_ended() && !ticket.is_open());
        assert_eq!(ticket.pending_closes().len(), 1);
    }

    fn adopted(at: u64, times: u32, kind: FactKind) -> Fact {
        Fact { adopted: Some(times), ..fact(at, "r", kind) }
    }

    #[test]
    fn of_an_adopted_room_the_last_service_counts_whatever_is_noted_late() {
        let facts = vec![
            fact(1, "r", bound("a")),
            fact(5, "r", FactKind::closed(ClosedBy::RapidPro)),
            adopted(9, 1, bound("b")),
            adopted(9, 1, bound("c")),
            fact(10, "r", FactKind::RoomLeft),
        ];
        let ticket = add_up(facts.clone()).remove(0);
        assert!(ticket.is_open() && !ticket.is_finished() && !ticket.left);
        assert_eq!(ticket.bindings.len(), 2);
        let mut facts = facts;
        facts.push(fact(11, "r", FactKind::Finished));
        let ticket = add_up(facts.clone()).remove(0);
        assert!(ticket.is_open() && !ticket.is_finished());
        facts.push(adopted(12, 1, FactKind::closed(ClosedBy::RocketChat)));
        assert_eq!(pending_closes(facts), ["b", "c"]);
        let others = Fact { written_before: Some(vec!["m".into()]), ..adopted(9, 1, bound("b")) };
        let others = add_up(vec![others]).remove(0);
        assert!(others.is_from_before("m") && !others.is_from_before("n"), "a room that others made");
    }
}
