//! What the contact and the bot said before the ticket: fetched from RapidPro's API, and shown to the agents.
//!
//! It is posted as the visitor, so that it counts as nobody's answer and is forwarded to nobody. A room gets it
//! once: attempts stand with the room's outbox, a claim that is written and read back keeps other nodes away, and
//! what an attempt that nobody finished has posted is found in the room.

use serde_json::Value;

use crate::attachment::{self, ContactMedia};
use crate::connection::Line;
use crate::desk::Desk;
use crate::host::{ApiAnswer, Cause, Failure, Host};
use crate::language;
use crate::missed::ReconcileNeeded;
use crate::operation::{End, Level};
use crate::outbox::{self, LEASE_MS, LineKind};
use crate::ticket::{self, Past, RoomId, RoomState, Ticket};
use crate::trigger::{Haste, Job};
use crate::words::{self, Language, Phrase, Text};
use crate::{connection, harmless, notice, settings, settings_check, timestamp};

/// How long after the ticket the bot's last words may still come, in milliseconds: RapidPro stores what a flow said
/// once the flow has paused.
const SETTLING_MS: u64 = 2_000;
/// How long after its opening a room is given a history, in milliseconds.
const AGE_MAX_MS: u64 = 30 * 60_000;
/// The first delay before another attempt, in milliseconds; each is four times the one before.
const RETRY_MS: u64 = 15_000;
const RETRY_DOUBLINGS_MAX: u32 = 6;
/// How long RapidPro may take for a page, in milliseconds. All pages must fit into the lease of a claim.
const TIMEOUT_MS: u64 = 8_000;
const PAGES_MAX: usize = 3;
/// How much of one message is shown, in characters.
const TEXT_LENGTH_MAX: usize = 2_000;
/// How long one of the room's messages becomes, in bytes, and how many there are at most.
const POST_LENGTH_MAX: usize = 4_000;
const POSTS_MAX: usize = 6;

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
        return Ok(words::NO_TICKET_HERE);
    };
    let workspace = desk.ticket.contact.workspace.clone();
    let is_known = desk.ticket.first().is_some_and(|binding| binding.past.is_some());
    if !is_known || connection::line(host, &workspace).await?.token.is_empty() {
        return Ok(words::NO_HISTORY);
    }
    let history = &desk.outbox.history;
    // Whoever is fetching it need not begin anew.
    if history.is_settled() || history.claims(&host.process().node, host.now()) == (None, None) {
        add(host, &desk, LineKind::Retried).await?;
    }
    jobs.push(Job::ShowHistory { room: room.clone(), workspace });
    Ok(words::HISTORY_COMES)
}

/// Where the history of a room is to be found that still lacks it.
fn past_to_show(desk: &Desk) -> Option<&Past> {
    let past = desk.ticket.first()?.past.as_ref();
    past.filter(|_| desk.ticket.is_open() && !desk.outbox.history.is_settled())
}

async fn begin(host: &Host, room: &RoomId, line: &Line) -> Result<(), Failure> {
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

async fn attempt(host: &Host, desk: &Desk, past: &Past, line: &Line, until: u64) -> Result<(), Failure> {
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
async fn claim(host: &Host, desk: &Desk) -> Result<Option<u64>, Failure> {
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

async fn settle(host: &Host, desk: &Desk, given_up: Option<String>) -> Result<(), Failure> {
    add(host, desk, LineKind::Settled { given_up }).await
}

async fn add(host: &Host, desk: &Desk, line: LineKind) -> Result<(), Failure> {
    let ticket = &desk.ticket;
    outbox::add(host, desk.outbox.history_place(&ticket.room, ticket.opened_at()), line).await
}

/// Why RapidPro did not give the history.
struct Trouble {
    reason: Phrase,
    /// Whether it may well give it later, and from when on where it says so.
    passing: Option<u64>,
}

impl Trouble {
    fn of(answer: &ApiAnswer) -> Self {
        let ApiAnswer { status, retry_after_ms, .. } = answer;
        let reason = Phrase::new(words::HISTORY_ANSWERED, vec![("status", status.to_string())]);
        let passing = Some(retry_after_ms.unwrap_or_default());
        match status {
            401 | 403 => Self { reason: words::HISTORY_TOKEN_REFUSED.into(), passing: None },
            200 => Self { reason: words::MAKES_NO_SENSE.into(), passing },
            408 | 429 | 500.. => Self { reason, passing },
            _ => Self { reason, passing: None },
        }
    }
}

/// Asks RapidPro for the newest messages before the ticket, newest first, as its API writes them. What of it can be
/// read is read message by message, so that an odd one does not hide the others.
async fn fetch(host: &Host, ticket: &Ticket, past: &Past, line: &Line) -> Result<Result<Vec<Value>, Trouble>, Failure> {
    let settings = settings::all(host).await?;
    let most = settings.history_messages();
    let mut address = address(host, ticket, line).await?;
    address.push_str("/api/v2/messages.json?");
    let opened_at = ticket.opened_at();
    let since =
        past.since.unwrap_or_else(|| opened_at.saturating_sub(settings.history_hours().saturating_mul(60 * 60_000)));
    let mut query = format!("contact={}&after={}&before=", past.contact, timestamp::text(since));
    query.push_str(&timestamp::text(opened_at));
    let token = line.api_token();
    let mut messages = Vec::new();
    for _ in 0..PAGES_MAX {
        let answer = match host.read_api(format!("{address}{query}"), &token, TIMEOUT_MS).await {
            Ok(answer) => answer,
            Err(failure) => {
                host.log(Level::Warn, format!("RapidPro's API does not answer: {failure}"));
                return Ok(Err(Trouble { reason: words::DOES_NOT_ANSWER.into(), passing: Some(0) }));
            }
        };
        settings_check::note(host, line, &answer);
        let Some((page, next)) = page_of(&answer) else { return Ok(Err(Trouble::of(&answer))) };
        // RapidPro may know better than to obey `before`.
        messages.extend(page.into_iter().filter(|message| written_at(message).is_some_and(|at| at <= opened_at)));
        match next {
            Some(next) if messages.len() < most => query = next,
            _ => break,
        }
    }
    messages.truncate(most);
    Ok(Ok(messages))
}

/// Where RapidPro's API is.
async fn address(host: &Host, ticket: &Ticket, line: &Line) -> Result<String, Failure> {
    let connection = match ticket.first() {
        Some(binding) => connection::find(host, &ticket.contact.workspace, &binding.connection).await?,
        None => None,
    };
    let address = api_address(line, connection.as_ref().map(|connection| connection.url.as_str()));
    address.ok_or_else(|| Cause::Refused("RapidPro is not connected".to_owned()).into())
}

/// Where RapidPro's API is: the setting, or else where its webhooks go.
pub fn api_address(line: &Line, callback: Option<&str>) -> Option<String> {
    if line.address.is_empty() { origin(callback?) } else { Some(line.address.clone()) }
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    Some(format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?))
}

/// A page's messages, and what asks for the next page.
fn page_of(answer: &ApiAnswer) -> Option<(Vec<Value>, Option<String>)> {
    let page = answer.json()?;
    let next = next_query(text(&page, "next")).map(str::to_owned);
    Some((page.get("results")?.as_array()?.clone(), next))
}

/// What asks for the next page. Nothing else is taken from the link to it: whatever host an answer names there, the
/// token goes to none but RapidPro's.
fn next_query(next: &str) -> Option<&str> {
    let (_, query) = next.split_once('?')?;
    query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#').then_some(query)
}

fn written_at(message: &Value) -> Option<u64> {
    timestamp::parse(text(message, "created_on"))
}

/// A field as text; empty where it is none.
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The history as the room's messages, oldest first.
async fn posts(host: &Host, ticket: &Ticket, messages: &[Value]) -> Result<Vec<String>, Failure> {
    let name = ticket.visitor.name.as_deref().unwrap_or_default();
    let contact = harmless::one_line(name);
    let language = language::of_server(host).await;
    let contact = if contact.is_empty() { words::CONTACT.in_language(language) } else { &contact };
    let said: Vec<(u64, String)> =
        messages.iter().rev().filter_map(|message| said(message, contact, language)).collect();
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let mut times = told_times(host, said.iter().map(|(at, _)| *at).collect()).await?;
    let time_zone = times.pop().unwrap_or_default();
    let heading = words::HISTORY.filled(language, &[("time_zone", &time_zone)]);
    let lines = times.iter().zip(&said).map(|(time, (_, said))| format!("{time} {said}"));
    Ok(pack(lines, &heading, words::MORE_HISTORY.in_language(language)))
}

/// A time zone that nobody knows must not keep the history from being shown.
async fn told_times(host: &Host, times: Vec<u64>) -> Result<Vec<String>, Failure> {
    let mut time_zone = settings::all(host).await?.time_zone().to_owned();
    loop {
        match host.tell_times(times.clone(), time_zone.clone()).await {
            Err(failure) if !time_zone.is_empty() => {
                host.log(Level::Error, format!("the time zone of the settings cannot be used: {failure}"));
                time_zone.clear();
            }
            told => return told,
        }
    }
}

/// When a message was made, and who said what. Every line of theirs but the first is quoted: none can pass for a
/// message of its own.
fn said(message: &Value, contact: &str, language: Language) -> Option<(u64, String)> {
    let mut words = text(message, "text").to_owned();
    for media in message.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let link = attachment::described(
            &ContactMedia { mime: text(media, "content_type"), url: text(media, "url") },
            language,
        );
        if !words.is_empty() && !link.is_empty() {
            words.push('\n');
        }
        words.push_str(&link);
    }
    if words.trim().is_empty() {
        return None;
    }
    if let Some((end, _)) = words.char_indices().nth(TEXT_LENGTH_MAX) {
        words.truncate(end);
        words.push('…');
    }
    let who = if text(message, "direction") == "in" { contact } else { "RapidPro" };
    let mut said = format!("*{who}*: {}", words.replace('\n', "\n> "));
    if text(message, "status") == "failed" {
        said.push(' ');
        said.push_str(words::UNSENT.in_language(language));
    }
    Some((written_at(message)?, harmless::without_calls(&said)))
}

/// Puts lines into as few messages as a reader can bear; the oldest go where there are too many.
fn pack(lines: impl Iterator<Item = String>, heading: &str, next_heading: &str) -> Vec<String> {
    let mut posts: Vec<String> = Vec::new();
    for line in lines {
        match posts.last_mut() {
            Some(post) if post.len() + line.len() < POST_LENGTH_MAX => {
                post.push('\n');
                post.push_str(&line);
            }
            _ => posts.push(line),
        }
    }
    let mut posts = posts.split_off(posts.len().saturating_sub(POSTS_MAX));
    let mut above = heading;
    for post in &mut posts {
        post.insert(0, '\n');
        post.insert_str(0, above);
        above = next_heading;
    }
    posts
}

/// Posts what an earlier attempt has not posted, as long as the room is open and the claim holds.
async fn post(host: &Host, ticket: &Ticket, posts: &[String], until: u64) -> Result<(), Failure> {
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
        let room = match ticket::look(host, ticket).await? {
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
async fn put_off(host: &Host, desk: &Desk, trouble: Trouble, until: u64) -> Result<(), Failure> {
    let (ticket, failures, now) = (&desk.ticket, desk.outbox.history.failures, host.now());
    let room = &ticket.room;
    let in_log = trouble.reason.in_log();
    let passing = trouble.passing.filter(|_| !is_too_late(host, ticket));
    let Some(not_before) = passing else {
        host.log(Level::Error, format!("room {} gets no history from RapidPro: {in_log}", room.as_str()));
        let language = language::of_server(host).await;
        let reason = trouble.reason.in_language(language);
        post(host, ticket, &[words::HISTORY_FAILED.filled(language, &[("reason", &reason)])], until).await?;
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(message: Value) -> Option<String> {
        let mut message = message;
        message["created_on"] = json!("2020-07-17T10:28:09.123456Z");
        said(&message, "Ann", Language::English).map(|(_, said)| said)
    }

    #[test]
    fn who_said_what() {
        let media = json!([{ "content_type": "image/jpeg", "url": "https://host/a.jpg" }]);
        assert_eq!(told(json!({ "direction": "in", "text": "Hi" })).unwrap(), "*Ann*: Hi");
        let failed = json!({ "direction": "out", "text": "a\nb", "status": "failed", "attachments": null });
        assert_eq!(told(failed).unwrap(), "*RapidPro*: a\n> b _(not delivered)_");
        let captioned = json!({ "direction": "in", "text": "look", "attachments": media });
        assert_eq!(told(captioned).unwrap(), "*Ann*: look\n> a.jpg: https://host/a.jpg");
        let bare = json!({ "direction": "in", "text": "", "attachments": media });
        assert_eq!(told(bare).unwrap(), "*Ann*: a.jpg: https://host/a.jpg");
        assert_eq!(told(json!({ "direction": "in", "text": " " })), None);
    }

    #[test]
    fn long_histories_fill_several_messages_and_lose_their_beginning() {
        let lines = |count: usize| (0..count).map(|number| format!("{number} {}", "x".repeat(1_900)));
        let posts = pack(lines(3), "First", "Next");
        assert_eq!(posts.len(), 2);
        assert!(posts[0].starts_with("First\n0 x") && posts[0].contains("\n1 x"));
        assert!(posts[1].starts_with("Next\n2 x"));
        let posts = pack(lines(20), "First", "Next");
        assert_eq!(posts.len(), POSTS_MAX);
        assert!(posts[0].starts_with("First\n8 x") && posts[5].contains("\n19 x"));
        assert!(pack(lines(0), "First", "Next").is_empty());
    }

    #[test]
    fn only_the_query_of_the_next_page_counts() {
        assert_eq!(next_query("https://evil.example/x?cursor=a%3D&contact=b"), Some("cursor=a%3D&contact=b"));
        for odd in ["https://host/x", "?a b", "?a#b", "?a\nb", "?é"] {
            assert_eq!(next_query(odd), None, "{odd}");
        }
        assert_eq!(origin("http://host:8080/mr/x?y").as_deref(), Some("http://host:8080"));
        assert_eq!(origin("https://host").as_deref(), Some("https://host"));
    }
}
