//! The sweep: comes by every minute, on whichever node, and picks up what is due.
//!
//! It does little itself. What it finds it hands on as jobs that run beside each other, so that no job of
//! the scheduler ever comes near the server's time limit.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::config::workspace::MAIN;
use crate::config::{server_key, settings, workspace};
use crate::ids::{Contact, RoomId};
use crate::maintenance::retention;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::due::DueItems;
use crate::store::keys::reminders_association;
use crate::store::missed::ReconcileNeeded;
use crate::store::snapshot::RoomSnapshot;
use crate::store::time_index::DUE;
use crate::store::{delivered, inbox, reading, wish};

pub(crate) const VERSION: u8 = 1;

const HEARTBEAT: &str = "heartbeat";

/// How often the server's scheduler starts a sweep, in milliseconds.
pub const INTERVAL_MS: u64 = 60_000;

/// A pause between two sweeps that is longer than this means that events may have been lost.
const GAP_MS: u64 = 150_000;

/// An event can get lost without any gap, so all rooms are compared this often, in milliseconds.
const COMPARE_EVERY_MS: u64 = 24 * 60 * 60_000;

/// So late, a reading's job is lost, or its node is, in milliseconds: nodes' clocks differ, and a reading takes time.
const READING_LOST_MS: u64 = 90_000;

/// How long after its end a bucket may still be written on: clocks of nodes differ, and calls take time.
pub(crate) const MARGIN_MS: u64 = 2 * 60_000;

/// The most jobs that one sweep hands on; the next one goes on where it stopped. All that waits is handed on where
/// RapidPro is back: nothing else would, before its time.
const JOBS_MAX: usize = 64;

/// What still waits when its bucket is retired is looked at again about this often.
const WAKE_EVERY_MINUTES: u64 = 10;

#[derive(Debug, Deserialize, Serialize)]
struct Heartbeat {
    pub(crate) v: u8,
    pub(crate) at: u64,
    /// When all rooms were last compared.
    #[serde(default)]
    pub(crate) compared: u64,
}

/// A reminder that somebody still waits for something.
#[skip_serializing_none]
#[derive(Debug, Deserialize, Serialize)]
struct Reminder {
    pub(crate) v: u8,
    pub(crate) room: Option<RoomId>,
    pub(crate) contact: Option<Contact>,
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
    server_key::key(host).await?;
    if recovered {
        everything_now(host).await;
    } else if notice_gap(host).await? {
        jobs.push(Job::Reconcile { bucket: None });
    }
    let mode = if recovered { DeliveryMode::AfterOutage } else { DeliveryMode::Due };
    for bucket in DUE.buckets(host).await? {
        if !recovered && (DUE.start(bucket) > host.now() || jobs.len() >= JOBS_MAX) {
            break;
        }
        let due_items = DueItems::on(&host.all_records(DUE.association(bucket)).await?);
        let rooms = due_items.rooms.iter().map(|room| Job::Deliver { room: room.clone(), mode });
        let contacts = due_items.contacts.iter().map(|contact| Job::Post { contact: contact.clone() });
        for job in rooms.chain(contacts) {
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
        // The sweep that comes every minute sees to that: now nothing is to wait for it.
        if !recovered && DUE.end(bucket).saturating_add(MARGIN_MS) < host.now() {
            drop_bucket(host, bucket, &due_items).await?;
        }
    }
    // After what is due: whatever keeps settings from being read must not keep that.
    restart_readings(host, recovered, jobs).await?;
    if recovered { Ok(()) } else { retention::erase_old_tickets(host).await }
}

/// Begins to read the APIs of workspaces that are connected that way, and goes on where the next reading's job was lost.
async fn restart_readings(host: &Host, now: bool, jobs: &mut Vec<Job>) -> Result<(), Failure> {
    for line in settings::all(host).await?.read_workspaces() {
        let workspace = workspace::named(host, &line.name).await?.id;
        let due = reading::state(host, &workspace).await?.next;
        if now || due.saturating_add(READING_LOST_MS) < host.now() {
            jobs.push(Job::Read { workspace, due });
        }
    }
    Ok(())
}

/// RapidPro may be back, or somebody says so: no circuit breaker's pause counts any more, on no node.
async fn everything_now(host: &Host) {
    host.cache::<CircuitBreakers>().lift();
    if let Err(failure) = wish::store(host).await {
        host.log(Level::Warn, format!("other nodes do not hear that everything is to be tried now: {failure}"));
    }
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

/// Takes a bucket off the list. Whoever still waits gets a reminder first; records of what is over shrink.
pub(crate) async fn drop_bucket(host: &Host, bucket: u64, due_items: &DueItems) -> Result<(), Failure> {
    for room in due_items.rooms.iter().chain(&due_items.settled_rooms) {
        let Some(snapshot) = RoomSnapshot::read(host, room).await? else { continue };
        if snapshot.is_busy() {
            remind(host, Reminder { v: VERSION, room: Some(room.clone()), contact: None }, room.as_str()).await?;
        } else if snapshot.ticket.is_finished() {
            // Every room that is finished stands with its close, or a reminder, on such a bucket once.
            let ids = due_items.closed_rooms.contains(room);
            delivered::purge_outbox(host, &snapshot, ids).await?;
        }
        if !snapshot.ticket.is_finished() {
            delivered::compact_bucket(host, &snapshot, bucket).await?;
        }
    }
    for contact in &due_items.contacts {
        if inbox::waits(host, contact).await? {
            let reminder = Reminder { v: VERSION, room: None, contact: Some(contact.clone()) };
            remind(host, reminder, contact.token.as_str()).await?;
        }
    }
    host.remove_records(reminders_association(bucket)).await?;
    DUE.drop_bucket(host, bucket).await
}

/// All reminders about one room fall on one bucket, so that they do not multiply; those about different
/// rooms are spread.
async fn remind(host: &Host, reminder: Reminder, whom: &str) -> Result<(), Failure> {
    let spread = whom.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let next = (DUE.bucket(host.now()) / WAKE_EVERY_MINUTES).saturating_add(1).saturating_mul(WAKE_EVERY_MINUTES);
    let bucket = next.saturating_add(spread % WAKE_EVERY_MINUTES);
    DUE.ensure_listed(host, bucket).await?;
    host.create_record(vec![DUE.association(bucket), reminders_association(bucket)], reminder).await
}
