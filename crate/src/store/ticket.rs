//! A ticket: which contact, which RapidPro ids, which room, and who has closed it.
//!
//! Rocket.Chat's persistence has no transactions and no compare-and-set, so nothing about a ticket is
//! ever rewritten: each change is a [`Fact`] of its own, and a ticket is what its facts add up to. Two
//! nodes that write at once both leave their fact, in whatever order; none is lost.

use crate::ids::ConnectionId;
use crate::ids::Contact;
use crate::ids::ContactToken;
use crate::ids::RoomId;
use crate::ids::TicketId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::sort::sort_by;
use crate::store::keys::room_association;
use crate::store::time_index::DUE;
use crate::store::time_index::ENDED;
use crate::store::time_index::OPENED;
use crate::wire::rocketchat::RoomVisitor;
use crate::wire::rocketchat::Visitor;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_with::skip_serializing_none;

pub(crate) async fn bind(
    host: &Host,
    contact: &Contact,
    room: &RoomId,
    visitor: &Visitor,
    binding: &Binding,
) -> Result<(), Failure> {
    let Binding { ticket, connection, past, .. } = binding.clone();
    let (uuid, since) = past.map(|past| (past.contact, past.since)).unzip();
    let fact = FactKind::Bound { ticket, connection, visitor: visitor.clone(), uuid, since: since.flatten() };
    record(host, contact, room, fact).await
}

pub(crate) const VERSION: u8 = 1;

/// One thing that is known of a ticket, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fact {
    pub(crate) v: u8,
    pub(crate) at: u64,
    pub(crate) workspace: String,
    pub(crate) contact: ContactToken,
    pub(crate) room: RoomId,
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
    },
    /// The room no longer serves the contact.
    Closed {
        /// Who ended it.
        by: ClosedBy,
        /// With which words, where somebody in Rocket.Chat did and they are known.
        comment: Option<String>,
    },
    /// RapidPro has taken the close of this ticket.
    #[serde(rename = "told")]
    CloseDelivered {
        /// RapidPro's id.
        ticket: TicketId,
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
        Self::Closed { by, comment: None }
    }
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
    pub(crate) closed: Vec<(ClosedBy, u64)>,
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

    /// Whether the ticket has ended and its room is still to be closed.
    pub fn is_to_be_left(&self) -> bool {
        self.is_ended() && !self.left
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
        record(host, &self.contact, &self.room, kind).await
    }
}

/// Adds a fact about a contact's room. What has to be found by time is entered in a index first.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn record(host: &Host, contact: &Contact, room: &RoomId, kind: FactKind) -> Result<(), Failure> {
    let now = host.now();
    let bucket = match &kind {
        FactKind::Bound { .. } => Some((OPENED, OPENED.bucket(now))),
        FactKind::Closed { .. } => Some((DUE, DUE.bucket(now))),
        FactKind::CloseDelivered { .. } | FactKind::RoomLeft => None,
        FactKind::Finished => Some((ENDED, ENDED.bucket(now))),
    };
    let mut associations = vec![contact.association(), room_association(room)];
    if let Some((index, bucket)) = bucket {
        index.ensure_listed(host, bucket).await?;
        associations.push(index.association(bucket));
    }
    let (workspace, token) = (contact.workspace.clone(), contact.token.clone());
    let fact = Fact { v: VERSION, at: now, workspace, contact: token, room: room.clone(), kind };
    host.create_record(associations, fact).await
}

/// The ticket among a room's records.
pub fn of_room(records: &[Value]) -> Option<Ticket> {
    of_contact(records).pop()
}

/// All tickets among a contact's records, by room id.
pub fn of_contact(records: &[Value]) -> Vec<Ticket> {
    let mut facts: Vec<Fact> = json::read_all(records);
    sort_by(&mut facts, |a, b| (&a.room, a.at).cmp(&(&b.room, b.at)));
    facts.chunk_by(|a, b| a.room == b.room).filter_map(ticket_of).collect()
}

/// A room without a binding is none of ours: its facts are what a crash left.
fn ticket_of(facts: &[Fact]) -> Option<Ticket> {
    let first = facts.first()?;
    let (mut visitor, mut known_comment) = (None, None);
    let (mut left, mut finished) = (false, false);
    let (mut bindings, mut closed, mut told): (Vec<Binding>, _, _) = (Vec::new(), Vec::new(), Vec::new());
    for fact in facts {
        match &fact.kind {
            FactKind::Bound { ticket, connection, visitor: bound_for, uuid, since } => {
                visitor.get_or_insert(bound_for);
                if !bindings.iter().any(|binding| binding.ticket == *ticket) {
                    let (ticket, connection) = (ticket.clone(), connection.clone());
                    let past = uuid.clone().map(|contact| HistorySource { contact, since: *since });
                    bindings.push(Binding { ticket, connection, at: fact.at, past });
                }
            }
            FactKind::Closed { by, comment } => {
                closed.push((*by, fact.at));
                known_comment = known_comment.or(comment.as_ref());
            }
            FactKind::CloseDelivered { ticket } => told.push(ticket.clone()),
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
        closed,
        told,
        left,
        finished,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConnectionId;
    use crate::ids::Contact;
    use crate::ids::ContactToken;
    use crate::ids::RoomId;
    use crate::ids::TicketId;
    use crate::runtime::json;
    use crate::wire::rocketchat::Visitor;
    use serde_json::Value;

    #[test]
    fn what_an_update_of_the_app_must_find_again() {
        let contact = Contact { workspace: "main".into(), token: ContactToken("10000".into()) };
        let association = "contact/35ec40167ac913f7f2e088808116f1032aef2ed1d1ab57caa4152a20e4de40fc";
        assert_eq!(contact.association(), association);
        let connection = ConnectionId::of("0123456789abcdef0123456789abcdef");
        assert_eq!(json::to_value(connection), "1f60b653c28fbd5a25d894637832224f0e21ed760412f5ca515759ed225a6468");
    }

    fn fact(at: u64, room: &str, kind: FactKind) -> Fact {
        let contact = ContactToken("10000".into());
        Fact { v: VERSION, at, workspace: "w".into(), contact, room: RoomId(room.into()), kind }
    }

    fn bound(ticket: &str) -> FactKind {
        let visitor = Visitor { id: "v".into(), token: "t".into(), ..Visitor::default() };
        let (ticket, connection) = (TicketId(ticket.into()), ConnectionId::default());
        FactKind::Bound { ticket, connection, visitor, uuid: None, since: None }
    }

    fn told(ticket: &str) -> FactKind {
        FactKind::CloseDelivered { ticket: TicketId(ticket.into()) }
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
}
