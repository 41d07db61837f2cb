//! RapidPro, or rather its mailroom, as docs/reference/rapidpro.md describes it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::fault::Fault;

/// Where contacts' pictures are.
pub const MEDIA_HOST: &str = "media.example.org";

/// Every so many texts are poison.
const POISON_EVERY: u32 = 13;

/// What RapidPro does with a webhook instead of taking it.
pub const WEBHOOK_FAULTS: &[Fault] = &[
    Fault::Answers400,
    Fault::AnswersStoring,
    Fault::Answers401,
    Fault::AnswersNoTicketer,
    Fault::MaintenancePage,
    Fault::FirewallPage,
    Fault::RouterPage,
    Fault::AnswersDatabase,
    Fault::Answers429,
    Fault::Answers500,
    Fault::AnswersLogsError,
    Fault::Answers502Afterwards,
    Fault::Reset,
    Fault::ResetAfterwards,
    Fault::Silent,
    Fault::SilentAfterwards,
    Fault::AppliedLate,
    Fault::AnswersLate,
];

/// What RapidPro knows.
#[derive(Debug)]
pub struct RapidPro {
    pub tickets: BTreeMap<String, Ticket>,
    last_id: u64,
    /// Older ones let a contact have several open tickets.
    pub allows_several_tickets: bool,
    /// Whether there are messages that it never takes.
    pub has_poison: bool,
}

/// A ticket.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub contact: usize,
    pub state: State,
    /// Whether its close came before RapidPro knew of it.
    denied: bool,
}

/// How far a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// `room` was called; nobody but that call knows of it.
    Uncommitted,
    Open,
    /// By a close-room webhook.
    ClosedByWebhook,
    /// In RapidPro.
    ClosedHere,
}

/// What RapidPro does with a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Reaction {
    /// Whether it does its work now.
    pub applies: bool,
    /// Whether it does it when nobody waits any more.
    pub applies_late: bool,
    pub answer: Answer,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Status(u16, Value),
    /// The connection breaks.
    Reset,
    Nothing,
}

/// RapidPro's token for a contact: its number.
pub fn token_of(contact: usize) -> String {
    format!("{}", 10_000 + contact)
}

impl RapidPro {
    pub fn new(allows_several_tickets: bool) -> Self {
        Self { tickets: BTreeMap::new(), last_id: 0, allows_several_tickets, has_poison: false }
    }

    /// Whether it never takes this message, while it takes others.
    pub fn is_poisoned_by(&self, text: &str) -> bool {
        let number = text.trim_matches(|char: char| !char.is_ascii_digit()).parse::<u32>();
        self.has_poison && text.starts_with("to-contact") && number.is_ok_and(|number| number % POISON_EVERY == 0)
    }

    pub fn new_ticket(&mut self, contact: usize) -> String {
        self.last_id += 1;
        let id = format!("59d74b86-3e2f-4a93-aece-b05d{:08x}", self.last_id);
        self.tickets.insert(id.clone(), Ticket { contact, state: State::Uncommitted, denied: false });
        id
    }

    pub fn open_tickets(&self, contact: usize) -> Vec<String> {
        let of_contact = |ticket: &Ticket| ticket.contact == contact && ticket.state == State::Open;
        self.tickets.iter().filter(|(_, ticket)| of_contact(ticket)).map(|(id, _)| id.clone()).collect()
    }

    pub fn knows(&self, ticket: &str) -> bool {
        self.tickets.get(ticket).is_some_and(|ticket| ticket.state != State::Uncommitted)
    }

    pub fn was_denied(&self, ticket: &str) -> bool {
        self.tickets.get(ticket).is_some_and(|ticket| ticket.denied)
    }

    pub fn deny(&mut self, ticket: &str) {
        if let Some(ticket) = self.tickets.get_mut(ticket) {
            ticket.denied = true;
        }
    }

    pub fn set(&mut self, ticket: &str, state: State) {
        if let Some(ticket) = self.tickets.get_mut(ticket) {
            ticket.state = state;
        }
    }

    /// What becomes of a webhook about a ticket.
    pub fn react(&self, ticket: &str, fault: Option<Fault>) -> Reaction {
        let (applies, applies_late, answer) = match fault {
            Some(Fault::Answers401) => (false, false, status(401, "", "unauthorized")),
            Some(Fault::AnswersNoTicketer) => (false, false, status(404, "no such ticketer 0f", "")),
            Some(Fault::MaintenancePage) => (false, false, page(200)),
            Some(Fault::FirewallPage) => (false, false, page(403)),
            Some(Fault::RouterPage) => (false, false, page(404)),
            Some(Fault::Answers429) => (false, false, Answer::Status(429, json!({ "retryAfterMs": 90_000 }))),
            Some(Fault::Answers500) => (false, false, status(500, "database is down", "")),
            Some(Fault::Reset) => (false, false, Answer::Reset),
            Some(Fault::Silent) => (false, false, Answer::Nothing),
            _ if !self.knows(ticket) => (false, false, status(404, &format!("no such ticket {ticket}"), "")),
            Some(Fault::AnswersDatabase) => {
                (false, false, status(400, "error loading contact: pq: sorry, too many clients already", ""))
            }
            Some(Fault::Poison) => {
                let words = "error creating outgoing message: pq: invalid byte sequence for encoding \"UTF8\"";
                (false, false, status(400, words, ""))
            }
            Some(Fault::Answers400) => (false, false, status(400, "field 'type' is required", "")),
            Some(Fault::AnswersStoring) => (false, false, status(400, "error inserting outgoing message: x", "")),
            Some(Fault::AnswersLogsError) => (true, false, status(500, "error writing HTTP logs: x", "")),
            Some(Fault::Answers502Afterwards) => (true, false, status(502, "", "")),
            Some(Fault::ResetAfterwards) => (true, false, Answer::Reset),
            Some(Fault::SilentAfterwards) => (true, false, Answer::Nothing),
            Some(Fault::AppliedLate) => (false, true, Answer::Nothing),
            _ => (true, false, status(200, "", "handled")),
        };
        Reaction { applies, applies_late, answer }
    }
}

fn status(status: u16, error: &str, said: &str) -> Answer {
    let body = match (error, said) {
        ("", "") => String::new(),
        ("", said) => json!({ "status": said }).to_string(),
        (error, _) => json!({ "error": error }).to_string(),
    };
    Answer::Status(status, json!({ "body": body }))
}

/// Somebody else answers.
fn page(status: u16) -> Answer {
    Answer::Status(status, json!({ "body": "<html><body>error fetching ticket file: no such ticket</body></html>" }))
}
