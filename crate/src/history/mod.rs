//! What the contact and the bot said before the ticket: fetched from RapidPro's API, and shown to the agents.
//!
//! It is posted as the visitor, so that it counts as nobody's answer and is forwarded to nobody. A room gets it
//! once: attempts stand with the room's outbox, a claim that is written and read back keeps other nodes away, and
//! what an attempt that nobody finished has posted is found in the room.

pub mod fetch;
pub mod render;

use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{connection, language};
use crate::history::fetch::{Unavailable, fetch};
use crate::history::render::posts;
use crate::ids::RoomId;
use crate::livechat::room::RoomState;
use crate::livechat::{notice, room};
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::runtime::job::{DeliveryMode, Job};
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::missed::ReconcileNeeded;
use crate::store::outbox_record;
use crate::store::outbox_record::{LEASE_MS, OutboxEvent};
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::{HistorySource, Ticket};
use crate::text::i18n::Text;
use crate::text::messages;

/// How long after the ticket the bot's last words may still come, in milliseconds: RapidPro stores what a flow said
/// once the flow has paused.
pub(crate) const SETTLING_MS: u64 = 2_000;

/// How long after its opening a room is given a history, in milliseconds.
pub(crate) const AGE_MAX_MS: u64 = 30 * 60_000;

/// The first delay before another attempt, in milliseconds; each is four times the one before.
pub(crate) const RETRY_MS: u64 = 15_000;

const RETRY_DOUBLINGS_MAX: u32 = 6;

/// The job that a room needs whose history was begun and not finished or, where jobs may have been lost, never begun.
pub fn due(host: &Host, snapshot: &RoomSnapshot, mode: DeliveryMode) -> Option<Job> {
    let (progress, now) = (&snapshot.outbox.history, host.now());
    let wanted = if progress.is_under_way() {
        now >= progress.next && progress.leases(&host.process().node, now) == (None, None)
    } else {
        mode == DeliveryMode::Reconcile && !is_too_late(host, &snapshot.ticket)
    };
    let workspace = snapshot.ticket.contact.workspace.clone();
    (wanted && past_to_show(snapshot).is_some())
        .then(|| Job::ShowHistory { room: snapshot.ticket.room.clone(), workspace })
}

/// Shows a room its history, where the workspace has a token and it was not shown yet.
pub async fn show(host: &Host, room: &RoomId, workspace: &str) -> End {
    let shown = async {
        let line = connection::line(host, workspace).await?;
        if line.token.is_empty() { Ok(()) } else { begin(host, room, &line).await }
    };
    if let Err(failure) = shown.await {
        host.log(Level::Warn, format!("room {} has to wait for its history: {failure}", room.as_str()));
        host.cache::<ReconcileNeeded>().0.set(true);
    }
    End::default()
}

/// Has a room's history fetched once more, where that can be; answers what to say to whoever wants it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn again(host: &Host, room: &RoomId, jobs: &mut Vec<Job>) -> Result<Text, Failure> {
    let Some(snapshot) = RoomSnapshot::read(host, room).await?.filter(|snapshot| snapshot.ticket.is_open()) else {
        return Ok(messages::NO_TICKET_HERE);
    };
    let workspace = snapshot.ticket.contact.workspace.clone();
    let is_known = snapshot.ticket.first_binding().is_some_and(|binding| binding.past.is_some());
    if !is_known || connection::line(host, &workspace).await?.token.is_empty() {
        return Ok(messages::NO_HISTORY);
    }
    let history = &snapshot.outbox.history;
    // Whoever is fetching it need not begin anew.
    if history.is_settled() || history.leases(&host.process().node, host.now()) == (None, None) {
        add(host, &snapshot, OutboxEvent::Retried).await?;
    }
    jobs.push(Job::ShowHistory { room: room.clone(), workspace });
    Ok(messages::HISTORY_COMES)
}

/// Where the history of a room is to be found that still lacks it.
fn past_to_show(snapshot: &RoomSnapshot) -> Option<&HistorySource> {
    let past = snapshot.ticket.first_binding()?.past.as_ref();
    past.filter(|_| snapshot.ticket.is_open() && !snapshot.outbox.history.is_settled())
}

pub(crate) async fn begin(host: &Host, room: &RoomId, line: &WorkspaceConfig) -> Result<(), Failure> {
    host.acquire(format!("history/{}", room.as_str())).await;
    let Some(snapshot) = RoomSnapshot::read(host, room).await? else { return Ok(()) };
    let Some(past) = past_to_show(&snapshot).filter(|_| host.now() >= snapshot.outbox.history.next) else {
        return Ok(());
    };
    host.sleep(snapshot.ticket.opened_at().saturating_add(SETTLING_MS).saturating_sub(host.now())).await;
    let Some(until) = claim(host, &snapshot).await? else { return Ok(()) };
    let attempt = attempt(host, &snapshot, past, line, until).await;
    // The lease stands in the time index: the sweep comes by when it is over.
    if let Err(failure) = attempt {
        host.log(Level::Warn, format!("room {} lacks its history, Rocket.Chat refuses: {failure}", room.as_str()));
        if is_too_late(host, &snapshot.ticket) {
            return settle(host, &snapshot, Some(failure.to_string())).await;
        }
    }
    Ok(())
}

pub(crate) async fn attempt(
    host: &Host,
    snapshot: &RoomSnapshot,
    past: &HistorySource,
    line: &WorkspaceConfig,
    until: u64,
) -> Result<(), Failure> {
    match fetch(host, &snapshot.ticket, past, line).await? {
        Ok(messages) => {
            let posts = posts(host, &snapshot.ticket, &messages).await?;
            post(host, &snapshot.ticket, &posts, until).await?;
            settle(host, snapshot, None).await
        }
        Err(unavailable) => put_off(host, snapshot, unavailable, until).await,
    }
}

fn is_too_late(host: &Host, ticket: &Ticket) -> bool {
    host.now().saturating_sub(ticket.opened_at()) >= AGE_MAX_MS
}

/// Sees to it that no other node shows the history meanwhile; answers until when. Whoever sees another's claim
/// beside its own leaves it to the sweep.
pub(crate) async fn claim(host: &Host, snapshot: &RoomSnapshot) -> Result<Option<u64>, Failure> {
    let (node, ticket) = (&host.process().node, &snapshot.ticket);
    let until = host.now().saturating_add(LEASE_MS);
    let is_theirs = |snapshot: &RoomSnapshot| snapshot.outbox.history.leases(node, host.now()).1.is_some();
    if is_theirs(snapshot) {
        return Ok(None);
    }
    add(host, snapshot, OutboxEvent::Leased { node: node.clone(), until }).await?;
    let claimed = RoomSnapshot::read(host, &ticket.room).await?.filter(|snapshot| !is_theirs(snapshot));
    Ok(claimed.and_then(|snapshot| past_to_show(&snapshot).map(|_| until)))
}

pub(crate) async fn settle(host: &Host, snapshot: &RoomSnapshot, given_up: Option<String>) -> Result<(), Failure> {
    add(host, snapshot, OutboxEvent::Settled { given_up, reason: None }).await
}

pub(crate) async fn add(host: &Host, snapshot: &RoomSnapshot, event: OutboxEvent) -> Result<(), Failure> {
    let ticket = &snapshot.ticket;
    outbox_record::append(host, snapshot.outbox.history_ref(&ticket.room, ticket.opened_at()), event).await
}

/// Posts what an earlier attempt has not posted, as long as the room is open and the claim holds.
pub(crate) async fn post(host: &Host, ticket: &Ticket, posts: &[String], until: u64) -> Result<(), Failure> {
    if posts.is_empty() {
        return Ok(());
    }
    let there = match host.messages(ticket.room.clone()).await {
        // Rather twice than never, where messages cannot be read.
        Err(failure) if failure.is_denied() => Vec::new(),
        there => there?,
    };
    let is_there =
        |post: &String| there.iter().any(|message| message.token.is_some() && message.text.as_ref() == Some(post));
    for post in posts.iter().filter(|post| !is_there(post)) {
        let room = match room::observe(host, ticket).await? {
            RoomState::Open(room) => room,
            RoomState::Closed => return Ok(()),
        };
        if host.now() >= until {
            return Err(Cause::TimedOut.into());
        }
        let visitor = ticket.visitor_shown(room.visitor.as_deref());
        host.post_message(room.id, visitor, post.clone(), Vec::new()).await?;
    }
    Ok(())
}

/// Notes when to try again or, where that is of no use, tells the agents that there will be no history.
pub(crate) async fn put_off(
    host: &Host,
    snapshot: &RoomSnapshot,
    unavailable: Unavailable,
    until: u64,
) -> Result<(), Failure> {
    let (ticket, failures, now) = (&snapshot.ticket, snapshot.outbox.history.failures, host.now());
    let room = &ticket.room;
    let in_log = unavailable.reason.in_log();
    let passing = unavailable.passing.filter(|_| !is_too_late(host, ticket));
    let Some(not_before) = passing else {
        host.log(Level::Error, format!("room {} gets no history from RapidPro: {in_log}", room.as_str()));
        let language = language::of_server(host).await;
        let reason = unavailable.reason.in_language(language);
        post(host, ticket, &[messages::HISTORY_FAILED.filled(language, &[("reason", &reason)])], until).await?;
        return settle(host, snapshot, Some(in_log)).await;
    };
    host.log(Level::Warn, format!("room {} gets its history later, RapidPro did not give it: {in_log}", room.as_str()));
    let delay = (RETRY_MS << failures.saturating_mul(2).min(RETRY_DOUBLINGS_MAX)).max(not_before.min(AGE_MAX_MS));
    let next = now.saturating_add(delay);
    let node = host.process().node.clone();
    add(
        host,
        snapshot,
        OutboxEvent::AttemptFailed { node, next, outage: false, unfetched: false, said: None, unsure: None },
    )
    .await?;
    if failures == 0 {
        notice::history_is_late(host, room).await;
    }
    let workspace = ticket.contact.workspace.clone();
    host.schedule(Job::ShowHistory { room: room.clone(), workspace }, next).await;
    Ok(())
}
