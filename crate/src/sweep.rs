//! The sweep: comes by every minute, on whichever node, and picks up what is due.
//!
//! It does little itself. What it finds it hands on as jobs that run beside each other, so that no job of
//! the scheduler ever comes near the server's time limit.

use serde_json::Value;

use crate::calendar::{DUE, OPENED};
use crate::desk::Desk;
use crate::host::{Failure, Host};
use crate::json;
use crate::missed::ReconcileNeeded;
use crate::operation::{End, Level};
use crate::ticket::{Contact, RoomId};
use crate::trigger::{Haste, Job};
use crate::workspace::{self, MAIN};
use crate::{delivery, inbox, tidy, visitor};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

const VERSION: u8 = 1;
const HEARTBEAT: &str = "heartbeat";
/// How often the server's scheduler starts a sweep, in milliseconds.
pub const INTERVAL_MS: u64 = 60_000;
/// A pause between two sweeps that is longer than this means that events may have been lost.
const GAP_MS: u64 = 150_000;
/// An event can get lost without any gap, so all rooms are compared this often, in milliseconds.
const COMPARE_EVERY_MS: u64 = 24 * 60 * 60_000;
/// How long after its end a page may still be written on: clocks of nodes differ, and calls take time.
const MARGIN_MS: u64 = 2 * 60_000;
/// The most jobs that one sweep hands on; the next one goes on where it stopped. All that waits is handed on where
/// RapidPro is back: nothing else would, before its time.
const JOBS_MAX: usize = 64;
/// What still waits when its page is retired is looked at again about this often.
const WAKE_EVERY_MINUTES: u64 = 10;

#[derive(Debug, Deserialize, Serialize)]
struct Heartbeat {
    v: u8,
    at: u64,
    /// When all rooms were last compared.
    #[serde(default)]
    compared: u64,
}

/// A reminder that somebody still waits for something.
#[skip_serializing_none]
#[derive(Debug, Deserialize, Serialize)]
struct Reminder {
    v: u8,
    room: Option<RoomId>,
    contact: Option<Contact>,
}

/// Picks up what is due; everything that waits, where RapidPro is back.
pub async fn sweep(host: &Host, recovered: bool) -> End {
    let mut follow_ups = Vec::new();
    if let Err(failure) = pick_up(host, recovered, &mut follow_ups).await {
        host.log(Level::Warn, format!("the sweep stopped half-way and will be repeated: {failure}"));
    }
    End { response: None, follow_ups }
}

async fn pick_up(host: &Host, recovered: bool, jobs: &mut Vec<Job>) -> Result<(), Failure> {
    // Made early, while there is time for all nodes to agree on them.
    workspace::named(host, MAIN).await?;
    visitor::key(host).await?;
    if !recovered && notice_gap(host).await? {
        jobs.push(Job::Compare { page: None });
    }
    let haste = if recovered { Haste::Recovered } else { Haste::Due };
    for page in DUE.pages(host).await? {
        if !recovered && (DUE.start(page) > host.now() || jobs.len() >= JOBS_MAX) {
            break;
        }
        let errands = Errands::on(&host.all_records(DUE.association(page)).await?);
        let rooms = errands.rooms.iter().map(|room| Job::Deliver { room: room.clone(), haste });
        let contacts = errands.contacts.iter().map(|contact| Job::Post { contact: contact.clone() });
        for job in rooms.chain(contacts) {
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
        if DUE.end(page).saturating_add(MARGIN_MS) < host.now() {
            retire(host, page, &errands).await?;
        }
    }
    tidy::erase_old_tickets(host).await
}

/// Whether events may have been lost: no sweep came by for a while, this process knows of one, or nobody has
/// looked for a day.
async fn notice_gap(host: &Host) -> Result<bool, Failure> {
    let now = host.now();
    let heartbeats: Vec<Heartbeat> = host.records(HEARTBEAT.to_owned()).await?;
    let last = heartbeats.into_iter().max_by_key(|heartbeat| heartbeat.at);
    let gap = last.as_ref().is_some_and(|last| now.abs_diff(last.at) > GAP_MS);
    let compared = last.map_or(now, |last| last.compared);
    // Taken before the store is asked: what is missed meanwhile is the next sweep's.
    let missed = host.cache::<ReconcileNeeded>().0.take();
    let needed = missed || gap || now.abs_diff(compared) > COMPARE_EVERY_MS;
    let heartbeat = Heartbeat { v: VERSION, at: now, compared: if needed { now } else { compared } };
    let stored = host.replace_record(vec![HEARTBEAT.to_owned()], heartbeat).await;
    if missed && stored.is_err() {
        host.cache::<ReconcileNeeded>().0.set(true);
    }
    stored.map(|()| needed)
}

/// Takes a page off the list. Whoever still waits gets a reminder first; lines that are over shrink.
async fn retire(host: &Host, page: u64, errands: &Errands) -> Result<(), Failure> {
    for room in errands.rooms.iter().chain(&errands.settled_rooms) {
        let Some(desk) = Desk::read(host, room).await? else { continue };
        if desk.is_busy() {
            remind(host, Reminder { v: VERSION, room: Some(room.clone()), contact: None }, room.as_str()).await?;
        } else if desk.ticket.is_finished() {
            tidy::forget_lines(host, &desk).await?;
        }
        if !desk.ticket.is_finished() {
            tidy::shrink_batch(host, &desk, page).await?;
        }
    }
    for contact in &errands.contacts {
        if inbox::waits(host, contact).await? {
            let reminder = Reminder { v: VERSION, room: None, contact: Some(contact.clone()) };
            remind(host, reminder, contact.token.as_str()).await?;
        }
    }
    host.remove_records(reminders_association(page)).await?;
    DUE.retire(host, page).await
}

/// All reminders about one room fall on one page, so that they do not multiply; those about different
/// rooms are spread.
async fn remind(host: &Host, reminder: Reminder, whom: &str) -> Result<(), Failure> {
    let spread = whom.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let next = (DUE.page(host.now()) / WAKE_EVERY_MINUTES).saturating_add(1).saturating_mul(WAKE_EVERY_MINUTES);
    let page = next.saturating_add(spread % WAKE_EVERY_MINUTES);
    DUE.list(host, page).await?;
    host.create_record(vec![DUE.association(page), reminders_association(page)], reminder).await
}

fn reminders_association(page: u64) -> String {
    format!("reminders/{page}")
}

/// Who is to be looked after, as a page's records tell.
#[derive(Debug, Default)]
pub struct Errands {
    /// Rooms where something may be waiting.
    pub rooms: Vec<RoomId>,
    /// Rooms where everything on the page is over.
    settled_rooms: Vec<RoomId>,
    /// Contacts whose messages may be waiting.
    pub contacts: Vec<Contact>,
}

/// The part of a record that tells whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Errand {
    room: RoomId,
    entry: Option<String>,
    stage: Stage,
}

/// Which line of an outbox it is, in the order in which the lines of one entry stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Something is to be done, or was tried.
    UnderWay,
    /// The entry is over.
    Settled,
    /// It begins anew.
    Retried,
}

impl Errand {
    /// Not by serde, which would read the message as well.
    fn read(record: &Value) -> Option<Self> {
        let room = json::read(record.get("room")?)?;
        let entry = record.get("entry").and_then(Value::as_str).map(str::to_owned);
        let line = record.get("line");
        let name = line.and_then(|line| line.as_str().or_else(|| line.as_object()?.keys().next().map(String::as_str)));
        let stage = match name {
            Some("settled") => Stage::Settled,
            Some("retried") => Stage::Retried,
            _ => Stage::UnderWay,
        };
        Some(Self { room, entry, stage })
    }
}

impl Errands {
    /// What a page's records tell.
    pub fn on(records: &[Value]) -> Self {
        let mut read: Vec<Errand> = records.iter().filter_map(Errand::read).collect();
        // What is the same entry's stands together then, its end last.
        read.sort();
        let mut errands = Self { contacts: inbox::contacts_on(records), ..Self::default() };
        for same_room in read.chunk_by(|a, b| a.room == b.room) {
            let mut entries = same_room.chunk_by(|a, b| a.entry == b.entry);
            let all_settled = entries.all(|entry| entry.last().is_some_and(|last| last.stage == Stage::Settled));
            let rooms = if all_settled { &mut errands.settled_rooms } else { &mut errands.rooms };
            rooms.extend(same_room.first().map(|errand| errand.room.clone()));
        }
        errands
    }
}

/// Compares the rooms of open tickets with what was taken up: of one page of the calendar of opened
/// tickets, or of all of them, a job each.
pub async fn compare(host: &Host, page: Option<u64>) -> End {
    if page.is_none() {
        host.cache::<ReconcileNeeded>().0.set(false);
    }
    let outcome = match page {
        None => OPENED.pages(host).await.map(|pages| {
            let job = |page| Job::Compare { page: Some(page) };
            pages.into_iter().map(job).collect()
        }),
        Some(page) => compare_page(host, page).await,
    };
    match outcome {
        Ok(follow_ups) => End { response: None, follow_ups },
        Err(failure) => {
            host.log(Level::Warn, format!("rooms could not be compared with what was taken up: {failure}"));
            host.cache::<ReconcileNeeded>().0.set(true);
            End::default()
        }
    }
}

async fn compare_page(host: &Host, page: u64) -> Result<Vec<Job>, Failure> {
    let mut follow_ups = Vec::new();
    let mut all_finished = true;
    for room in tidy::rooms_on(&host.all_records(OPENED.association(page)).await?) {
        match Desk::read(host, &room).await? {
            Some(desk) if !desk.ticket.is_finished() || desk.is_busy() => {
                all_finished = false;
                follow_ups.extend(delivery::deliver(host, &room, Haste::Compare).await.follow_ups);
            }
            Some(_) | None => {}
        }
    }
    if all_finished && OPENED.end(page).saturating_add(MARGIN_MS) < host.now() {
        OPENED.retire(host, page).await?;
    }
    Ok(follow_ups)
}
