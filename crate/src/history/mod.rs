//! What the contact and the bot said before the ticket: fetched from RapidPro's API, and shown to the agents.
//!
//! It is posted as the visitor, so that it counts as nobody's answer and is forwarded to nobody. A room gets it
//! once: attempts stand with the room's outbox, a claim that is written and read back keeps other nodes away, and
//! what an attempt that nobody finished has posted is found in the room.

pub mod fetch;
pub mod render;

use crate::config::connection;
use crate::config::language;
use crate::config::workspace_config::Line;
use crate::history::fetch::Trouble;
use crate::history::fetch::fetch;
use crate::history::render::posts;
use crate::ids::RoomId;
use crate::livechat::notice;
use crate::livechat::room;
use crate::livechat::room::RoomState;
use crate::runtime::failure::Cause;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Haste;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::missed::ReconcileNeeded;
use crate::store::outbox_record;
use crate::store::outbox_record::LEASE_MS;
use crate::store::outbox_record::LineKind;
use crate::store::snapshot::Desk;
use crate::store::ticket::Past;
use crate::store::ticket::Ticket;
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
pub fn due(host: &Host, desk: &Desk, haste: Haste) -> Option<Job> {
    let (progress, now) = (&desk.outbox.history, host.now());
    let wanted = if progress.is_under_way() {
        now >= progress.next && progress.claims(&host.process().node, now) == (None, None)
    } else {
        haste == Haste::Compare && !is_too_late(host, &desk.ticket)
    };
    let workspace = desk.ticket.contact.workspace.clone();
    (wanted && past_to_show(desk).is_some()).then(|| Job::ShowHistory { room: desk.ticket.room.clone(), workspace })
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
    let Some(desk) = Desk::read(host, room).await?.filter(|desk| desk.ticket.is_open()) else {
        return Ok(messages::NO_TICKET_HERE);
    };
    let workspace = desk.ticket.contact.workspace.clone();
    let is_known = desk.ticket.first().is_some_and(|binding| binding.past.is_some());
    if !is_known || connection::line(host, &workspace).await?.token.is_empty() {
        return Ok(messages::NO_HISTORY);
    }
    let history = &desk.outbox.history;
    // Whoever is fetching it need not begin anew.
    if history.is_settled() || history.claims(&host.process().node, host.now()) == (None, None) {
        add(host, &desk, LineKind::Retried).await?;
    }
    jobs.push(Job::ShowHistory { room: room.clone(), workspace });
    Ok(messages::HISTORY_COMES)
}

/// Where the history of a room is to be found that still lacks it.
fn past_to_show(desk: &Desk) -> Option<&Past> {
    let past = desk.ticket.first()?.past.as_ref();
    past.filter(|_| desk.ticket.is_open() && !desk.outbox.history.is_settled())
}

pub(crate) async fn begin(host: &Host, room: &RoomId, line: &Line) -> Result<(), Failure> {
    host.acquire(format!("history/{}", room.as_str())).await;
    let Some(desk) = Desk::read(host, room).await? else { return Ok(()) };
    let Some(past) = past_to_show(&desk).filter(|_| host.now() >= desk.outbox.history.next) else { return Ok(()) };
    host.sleep(desk.ticket.opened_at().saturating_add(SETTLING_MS).saturating_sub(host.now())).await;
    let Some(until) = claim(host, &desk).await? else { return Ok(()) };
    let attempt = attempt(host, &desk, past, line, until).await;
    // The claim stands in the calendar: the sweep comes by when it is over.
    if let Err(failure) = attempt {
        host.log(Level::Warn, format!("room {} lacks its history, Rocket.Chat refuses: {failure}", room.as_str()));
        if is_too_late(host, &desk.ticket) {
            return settle(host, &desk, Some(failure.to_string())).await;
        }
    }
    Ok(())
}

pub(crate) async fn attempt(host: &Host, desk: &Desk, past: &Past, line: &Line, until: u64) -> Result<(), Failure> {
    match fetch(host, &desk.ticket, past, line).await? {
        Ok(messages) => {
            let posts = posts(host, &desk.ticket, &messages).await?;
            post(host, &desk.ticket, &posts, until).await?;
            settle(host, desk, None).await
        }
        Err(trouble) => put_off(host, desk, trouble, until).await,
    }
}

fn is_too_late(host: &Host, ticket: &Ticket) -> bool {
    host.now().saturating_sub(ticket.opened_at()) >= AGE_MAX_MS
}

/// Sees to it that no other node shows the history meanwhile; answers until when. Whoever sees another's claim
/// beside its own leaves it to the sweep.
pub(crate) async fn claim(host: &Host, desk: &Desk) -> Result<Option<u64>, Failure> {
    let (node, ticket) = (&host.process().node, &desk.ticket);
    let until = host.now().saturating_add(LEASE_MS);
    let is_theirs = |desk: &Desk| desk.outbox.history.claims(node, host.now()).1.is_some();
    if is_theirs(desk) {
        return Ok(None);
    }
    add(host, desk, LineKind::Claimed { node: node.clone(), until }).await?;
    let claimed = Desk::read(host, &ticket.room).await?.filter(|desk| !is_theirs(desk));
    Ok(claimed.and_then(|desk| past_to_show(&desk).map(|_| until)))
}

pub(crate) async fn settle(host: &Host, desk: &Desk, given_up: Option<String>) -> Result<(), Failure> {
    add(host, desk, LineKind::Settled { given_up }).await
}

pub(crate) async fn add(host: &Host, desk: &Desk, line: LineKind) -> Result<(), Failure> {
    let ticket = &desk.ticket;
    outbox_record::add(host, desk.outbox.history_place(&ticket.room, ticket.opened_at()), line).await
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
        let room = match room::look(host, ticket).await? {
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
pub(crate) async fn put_off(host: &Host, desk: &Desk, trouble: Trouble, until: u64) -> Result<(), Failure> {
    let (ticket, failures, now) = (&desk.ticket, desk.outbox.history.failures, host.now());
    let room = &ticket.room;
    let in_log = trouble.reason.in_log();
    let passing = trouble.passing.filter(|_| !is_too_late(host, ticket));
    let Some(not_before) = passing else {
        host.log(Level::Error, format!("room {} gets no history from RapidPro: {in_log}", room.as_str()));
        let language = language::of_server(host).await;
        let reason = trouble.reason.in_language(language);
        post(host, ticket, &[messages::HISTORY_FAILED.filled(language, &[("reason", &reason)])], until).await?;
        return settle(host, desk, Some(in_log)).await;
    };
    host.log(Level::Warn, format!("room {} gets its history later, RapidPro did not give it: {in_log}", room.as_str()));
    let delay = (RETRY_MS << failures.saturating_mul(2).min(RETRY_DOUBLINGS_MAX)).max(not_before.min(AGE_MAX_MS));
    let next = now.saturating_add(delay);
    add(host, desk, LineKind::Failed { node: host.process().node.clone(), next, outage: false, unfetched: false })
        .await?;
    if failures == 0 {
        notice::history_is_late(host, room).await;
    }
    let workspace = ticket.contact.workspace.clone();
    host.schedule(Job::ShowHistory { room: room.clone(), workspace }, next).await;
    Ok(())
}
