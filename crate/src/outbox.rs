//! What is on its way from a room to RapidPro.
//!
//! Like a ticket's facts, an entry, every attempt at it and its end are [`Line`]s of their own, stored with the
//! room, and the outbox is what they add up to. One is rewritten: the end of a message that RapidPro took
//! takes the place of its beginning, which nobody needs any more, since every message of a room reads them all.

use std::cmp::Reverse;

use serde_json::Value;

use crate::calendar::DUE;
use crate::host::{Effect, Failure, Host};
use crate::json;
use crate::ticket::NodeId;
use crate::ticket::{RoomId, room_association};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

const VERSION: u8 = 1;

/// For how long an entry belongs to the node that wrote it down or took it over, in milliseconds: longer
/// than an attempt can take.
pub const LEASE_MS: u64 = 40_000;

/// The id of an entry: a message's, or [`CLOSE`].
pub type EntryId = String;

/// The entry id under which attempts at the room's closes are kept.
pub const CLOSE: &str = "close";
/// The entry id under which attempts at showing the room's history are kept.
pub const HISTORY: &str = "history";

/// By which the lines are found that give a message up, or have it tried again.
pub const GIVEN_UP: &str = "given-up";

/// One line of a room's outbox, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Line {
    v: u8,
    at: u64,
    room: RoomId,
    entry: EntryId,
    batch: u64,
    line: LineKind,
}

/// What a line says.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LineKind {
    /// Something is to be sent.
    Written {
        /// What.
        message: Message,
        /// Who sends it first.
        node: NodeId,
        /// Until when nobody else may.
        until: u64,
    },
    /// A node has taken it over.
    Claimed {
        /// Which.
        node: NodeId,
        /// Until when nobody else may.
        until: u64,
    },
    /// An attempt failed.
    Failed {
        /// Whose.
        node: NodeId,
        /// When to try again.
        next: u64,
        /// Whether the trouble is not this ticket's own, so that its end ends the waiting.
        outage: bool,
        /// Whether RapidPro could not fetch the files: from now on they are links in the text.
        #[serde(default)]
        unfetched: bool,
    },
    /// The agents have been told that RapidPro does not answer.
    Announced,
    /// It is over: RapidPro has it, or never will.
    Settled {
        /// Why RapidPro never will, in words.
        given_up: Option<String>,
    },
    /// Somebody wants it tried once more: it was given up or, of a history, shown.
    Retried,
}

/// A message that somebody on Rocket.Chat's side wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Message {
    /// When it was written, by Rocket.Chat's clock.
    pub written_at: u64,
    /// Who wrote it, by name.
    #[serde(default)]
    pub author: String,
    /// The text; may be empty where there are files.
    pub text: String,
    /// The files.
    #[serde(default)]
    pub files: Vec<File>,
}

/// A file that somebody on Rocket.Chat's side sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct File {
    /// Rocket.Chat's id.
    pub id: String,
    /// As the agent's device named it.
    pub name: String,
    /// The MIME type.
    pub mime: String,
    /// In bytes.
    pub size: u64,
}

/// An entry, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The message's id.
    pub id: EntryId,
    /// What it says.
    pub message: Message,
    /// When it was written down.
    pub taken_up_at: u64,
    /// The batches on which its lines are: more than one where it was taken up twice.
    pub batches: Vec<u64>,
    /// How far it has come.
    pub progress: Progress,
}

/// How far an entry, or the close, has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many attempts failed.
    pub failures: u32,
    /// When it may be tried again.
    pub next: u64,
    /// Whether the trouble is not this ticket's own, so that its end ends the waiting.
    pub outage: bool,
    /// Whether the files are to be links in the text.
    pub unfetched: bool,
    /// Whether the agents were told of the trouble.
    pub announced: bool,
    /// When somebody last had it tried once more; 0 where nobody did.
    pub retried_at: u64,
    last_at: u64,
    settled: Option<End>,
    claims: Vec<(u64, NodeId, u64)>,
}

impl Progress {
    /// Whether it is over.
    pub fn is_settled(&self) -> bool {
        self.settled.is_some()
    }

    /// Whether somebody has begun with it, and it is not over.
    pub fn is_under_way(&self) -> bool {
        self.last_at > 0 && !self.is_settled()
    }

    /// When and why it was given up.
    pub fn given_up(&self) -> Option<(u64, &str)> {
        match &self.settled {
            Some(End::GivenUp { at, reason }) => Some((*at, reason)),
            _ => None,
        }
    }

    /// Until when `node` may send it, and until when others may.
    pub fn claims(&self, node: &str, now: u64) -> (Option<u64>, Option<u64>) {
        let live = || self.claims.iter().filter(|(_, _, until)| now < *until);
        let last = |own: bool| live().filter(|(_, by, _)| (by == node) == own).map(|(_, _, until)| *until).max();
        (last(true), last(false))
    }

    fn add(&mut self, at: u64, kind: &LineKind) {
        self.last_at = self.last_at.max(at);
        match kind {
            LineKind::Written { node, until, .. } | LineKind::Claimed { node, until } => {
                self.claims.push((at, node.clone(), *until));
            }
            LineKind::Failed { node, next, outage, unfetched } => {
                self.failures = self.failures.saturating_add(1);
                (self.next, self.outage) = (*next, *outage);
                self.unfetched |= unfetched;
                // Whoever failed waits with everybody else; another may be at it, since this line may be late.
                self.claims.retain(|(claimed, by, _)| by != node || *claimed > at);
            }
            LineKind::Announced => self.announced = true,
            LineKind::Settled { given_up: None } => self.settled = Some(End::Delivered),
            LineKind::Settled { given_up: Some(reason) } => {
                self.settled.get_or_insert(End::GivenUp { at, reason: reason.clone() });
            }
            // What RapidPro has it must not get again.
            LineKind::Retried if self.settled != Some(End::Delivered) => {
                *self = Self { last_at: self.last_at, retried_at: at, ..Self::default() };
            }
            LineKind::Retried => {}
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Delivered,
    GivenUp { at: u64, reason: String },
}

/// An entry that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledEntry {
    /// The message's id.
    pub id: EntryId,
    /// The batches on which its lines are: more than one where it was taken up twice.
    pub batches: Vec<u64>,
    /// Whether RapidPro never took it.
    pub given_up: bool,
}

/// A room's outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outbox {
    /// What is still to be sent, in the order in which it was written.
    pub waiting: Vec<Entry>,
    /// What is over.
    pub settled: Vec<SettledEntry>,
    /// Of that, what RapidPro never took.
    pub given_up: Vec<Entry>,
    /// How far the close has come.
    pub close: Progress,
    /// How far showing the room's history has come.
    pub history: Progress,
}

impl Outbox {
    /// What the lines among a room's records add up to.
    pub fn of(records: &[Value]) -> Self {
        let mut lines: Vec<Line> = json::read_all(records);
        lines.sort_by(|a, b| (&a.entry, a.at).cmp(&(&b.entry, b.at)));
        let mut outbox = Self::default();
        for lines in lines.chunk_by(|a, b| a.entry == b.entry) {
            outbox.add(lines);
        }
        outbox.waiting.sort_by(|a, b| a.rank().cmp(&b.rank()));
        outbox
    }

    /// Adds one entry's lines, oldest first.
    fn add(&mut self, lines: &[Line]) {
        let Some(first) = lines.first() else { return };
        let mut progress = Progress::default();
        for line in lines {
            // A history can be shown again, and what is in the room already is not posted twice.
            if first.entry == HISTORY && line.line == LineKind::Retried {
                progress = Progress::default();
            }
            progress.add(line.at, &line.line);
        }
        match first.entry.as_str() {
            CLOSE => return self.close = progress,
            HISTORY => return self.history = progress,
            _ => {}
        }
        let written = lines.iter().find_map(|line| match &line.line {
            // Not when the line was stored, which is later.
            LineKind::Written { message, until, .. } => Some((message, until.saturating_sub(LEASE_MS))),
            _ => None,
        });
        let mut batches: Vec<u64> = lines.iter().map(|line| line.batch).collect();
        batches.sort_unstable();
        batches.dedup();
        let id = first.entry.clone();
        let (is_settled, given_up) = (progress.is_settled(), progress.given_up().is_some());
        if is_settled {
            self.settled.push(SettledEntry { id: id.clone(), batches: batches.clone(), given_up });
        }
        if let Some((message, taken_up_at)) = written {
            let list = if is_settled { &mut self.given_up } else { &mut self.waiting };
            if given_up || !is_settled {
                list.push(Entry { id, message: message.clone(), taken_up_at, batches, progress });
            }
        }
    }

    /// Where the lines about the close of a room go, that was closed at `closed_at`.
    pub fn close_place<'a>(&self, room: &'a RoomId, closed_at: u64) -> Place<'a> {
        Place { room, entry: CLOSE, taken_up_at: closed_at, last_at: self.close.last_at }
    }

    /// Where the lines about the history of a room go, that was opened at `opened_at`.
    pub fn history_place<'a>(&self, room: &'a RoomId, opened_at: u64) -> Place<'a> {
        Place { room, entry: HISTORY, taken_up_at: opened_at, last_at: self.history.last_at }
    }

    /// Whether an entry was ever taken up, as far as its lines are still there.
    pub fn knows(&self, id: &str) -> bool {
        self.settled.iter().any(|settled| settled.id == id) || self.waiting.iter().any(|entry| entry.id == id)
    }
}

impl Entry {
    /// Somebody's message, taken up at `now`.
    pub fn new(id: EntryId, message: Message, now: u64) -> Self {
        Self { id, message, taken_up_at: now, batches: Vec::new(), progress: Progress::default() }
    }

    /// Where its lines go.
    pub fn place<'a>(&'a self, room: &'a RoomId) -> Place<'a> {
        Place { room, entry: &self.id, taken_up_at: self.taken_up_at, last_at: self.progress.last_at }
    }

    /// Since when it has been owed: it starts anew where somebody has it tried once more.
    pub fn owed_since(&self) -> u64 {
        self.taken_up_at.max(self.progress.retried_at)
    }

    fn rank(&self) -> (u64, u64, &EntryId) {
        (self.message.written_at, self.taken_up_at, &self.id)
    }
}

/// The page of the calendar on which an entry is looked at again, should its first attempt not settle
/// it. All lines of an entry share a batch of that name, so that they can be removed together.
pub fn first_page(taken_up_at: u64) -> u64 {
    DUE.page(taken_up_at.saturating_add(LEASE_MS))
}

/// By which the lines of a room's entries with the same first page are found.
pub fn batch_association(room: &RoomId, first_page: u64) -> String {
    format!("batch/{}/{first_page}", room.as_str())
}

/// The rooms of the messages that were given up and not tried again, as the lines found by [`GIVEN_UP`] tell; those that
/// were stored last come first.
pub fn rooms_of_given_up(records: &[Value]) -> Vec<RoomId> {
    let mut lines: Vec<Line> = json::read_all(records);
    lines.sort_by(|a, b| (&a.room, &a.entry, a.at).cmp(&(&b.room, &b.entry, b.at)));
    let entries = lines.chunk_by(|a, b| a.room == b.room && a.entry == b.entry);
    let mut ends: Vec<&Line> = entries.filter_map(<[Line]>::last).collect();
    ends.retain(|end| end.line != LineKind::Retried);
    ends.sort_by_key(|end| Reverse(end.at));
    ends.into_iter().map(|end| end.room.clone()).collect()
}

/// By which all lines of a room are found, and nothing else of it.
pub fn lines_association(room: &RoomId) -> String {
    format!("lines/{}", room.as_str())
}

/// Where a line goes: which entry of which room it is about.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The room.
    pub room: &'a RoomId,
    /// The entry's id.
    pub entry: &'a str,
    /// When it was written down.
    pub taken_up_at: u64,
    /// When its last line was stored: the next one counts as later, whatever became of the clock.
    pub last_at: u64,
}

/// Adds a line about an entry.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn add(host: &Host, place: Place<'_>, kind: LineKind) -> Result<(), Failure> {
    let effect = line(host, place, kind).await?;
    host.one::<Value>(effect).await?;
    Ok(())
}

/// What adds a line about an entry. What needs to be looked at later is entered in the calendar first;
/// the end of an entry is entered where its beginning is, so that whoever reads that page sees it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing the calendar's page.
pub async fn line(host: &Host, place: Place<'_>, kind: LineKind) -> Result<Effect, Failure> {
    let Place { room, entry, taken_up_at, last_at } = place;
    let batch = first_page(taken_up_at);
    let mut associations = vec![room_association(room), lines_association(room)];
    // Other lines must not go with those of the messages that were taken up in the same minute.
    let is_of_message = entry != CLOSE && entry != HISTORY;
    if is_of_message {
        associations.push(batch_association(room, batch));
        associations.push(format!("entry/{}/{entry}", room.as_str()));
    }
    if is_of_message && matches!(kind, LineKind::Settled { given_up: Some(_) } | LineKind::Retried) {
        associations.push(GIVEN_UP.to_owned());
    }
    let (page, is_over) = match &kind {
        LineKind::Written { .. } => (Some(batch), false),
        LineKind::Claimed { until, .. } => (Some(DUE.page(*until)), false),
        LineKind::Failed { next, .. } => (Some(DUE.page(*next)), false),
        LineKind::Announced => (None, false),
        LineKind::Settled { .. } => (Some(batch), true),
        LineKind::Retried => (Some(DUE.page(host.now())), false),
    };
    if let Some(page) = page {
        if !is_over {
            DUE.list(host, page).await?;
        }
        associations.push(DUE.association(page));
    }
    let at = host.now().max(last_at.saturating_add(1));
    let was_taken = is_of_message && kind == LineKind::Settled { given_up: None };
    let line = Line { v: VERSION, at, room: room.clone(), entry: entry.to_owned(), batch, line: kind };
    let record = json::to_value(line);
    // Found by exactly what its beginning was stored with; should there be none, it is stored beside the others.
    Ok(match was_taken {
        true => Effect::ReplaceRecord { associations, record },
        false => Effect::CreateRecord { associations, record },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_tried_again_cancels_a_given_up_end_and_no_other() {
        let given_up = || LineKind::Settled { given_up: Some("why".into()) };
        let mut progress = Progress::default();
        progress.add(1, &LineKind::Failed { node: "a".into(), next: 9, outage: true, unfetched: true });
        progress.add(2, &given_up());
        assert_eq!(progress.given_up(), Some((2, "why")));
        progress.add(3, &LineKind::Retried);
        assert_eq!(progress, Progress { retried_at: 3, last_at: 3, ..Progress::default() });
        progress.add(4, &given_up());
        assert_eq!(progress.given_up(), Some((4, "why")));
        progress.add(5, &LineKind::Settled { given_up: None });
        progress.add(6, &LineKind::Retried);
        assert!(progress.is_settled() && progress.given_up().is_none());
    }

    #[test]
    fn rooms_of_what_was_given_up_last_come_first_and_those_tried_again_not_at_all() {
        let given_up = || LineKind::Settled { given_up: Some("why".into()) };
        let line = |at, room: &str, entry: &str, line| {
            json::to_value(Line { v: VERSION, at, room: RoomId(room.into()), entry: entry.into(), batch: 1, line })
        };
        let records = [
            line(5, "b", "m2", given_up()),
            line(1, "a", "m1", given_up()),
            line(4, "c", "m3", LineKind::Retried),
            line(2, "c", "m3", given_up()),
            line(3, "a", "m4", LineKind::Retried),
            line(6, "a", "m4", given_up()),
        ];
        let rooms: Vec<String> = rooms_of_given_up(&records).iter().map(|room| room.as_str().to_owned()).collect();
        assert_eq!(rooms, ["a", "b", "a"]);
    }

    #[test]
    fn a_failure_that_is_stored_late_leaves_the_other_nodes_claim() {
        let mut progress = Progress::default();
        let failed = |node: &str| LineKind::Failed { node: node.into(), next: 0, outage: true, unfetched: false };
        for (at, node) in [(1, "a"), (2, "b")] {
            progress.add(at, &LineKind::Claimed { node: node.into(), until: 100 });
        }
        progress.add(3, &failed("a"));
        assert_eq!(progress.claims("a", 3), (None, Some(100)));
        progress.add(4, &failed("b"));
        assert_eq!(progress.claims("a", 4), (None, None));
    }
}
