//! RapidPro's API, read for the tickets and messages of workspaces that are connected by it alone.
//!
//! A reading asks for what has changed since the last one and a while before: what is late shows then, and what was seen
//! is known by its name. One reading follows the other by a job that the last one schedules; where that gets lost, the
//! sweep begins anew. What is read comes to rooms as if RapidPro had called (`inbound`).

pub mod contact;
pub mod doorbell;
pub mod globals;
pub mod lease;
pub mod messages;
pub mod outgoing;
pub mod pages;
pub mod rings;
pub mod takeover;
pub mod tickets;
pub mod told;
pub mod trouble;

use std::rc::Rc;

use crate::config::settings::Settings;
use crate::config::workspace::MAIN;
use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{connection, settings};
use crate::reading::trouble::{Stop, Trouble};
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::store::reading;
use crate::store::reading::{Failing, ReadTicket, ReadingState, Ring, VERSION};
use crate::text::digest::hash;

/// The longest pause between two readings where RapidPro does not answer as it should and does not say how long it wants
/// to be left alone, in milliseconds.
const PAUSE_MAX_MS: u64 = 60_000;

/// The longest pause of all, in milliseconds.
const LEFT_ALONE_MAX_MS: u64 = 60 * 60_000;

/// One reading.
pub(crate) struct Reading<'a> {
    pub(crate) host: &'a Host,
    pub(crate) settings: Rc<Settings>,
    pub(crate) line: WorkspaceConfig,
    /// The workspace's id.
    pub(crate) workspace: String,
    pub(crate) state: ReadingState,
    /// The tickets that have rooms, once they are needed.
    pub(crate) known: Option<Vec<ReadTicket>>,
    /// What doorbells have told.
    pub(crate) rings: Vec<Ring>,
    /// Whether its messages are read already.
    pub(crate) has_messages: bool,
    /// When it began.
    pub(crate) began: u64,
    /// Until when this process may read.
    pub(crate) until: u64,
    /// What is to follow.
    pub(crate) jobs: Vec<Job>,
}

/// Reads a workspace's API, if this is the reading that was due then.
pub async fn read(host: &Host, workspace: &str, due: u64) -> End {
    let mut follow_ups = Vec::new();
    if host.try_acquire(format!("reading/{workspace}")).await
        && let Err(failure) = read_once(host, workspace, due, &mut follow_ups).await
    {
        host.log(Level::Warn, format!("a reading of RapidPro's API stopped half-way and is repeated: {failure}"));
    }
    End { response: None, follow_ups }
}

async fn read_once(host: &Host, workspace: &str, due: u64, jobs: &mut Vec<Job>) -> Result<(), Failure> {
    let line = connection::line(host, workspace).await?;
    if !line.is_read() {
        return Ok(());
    }
    if reading::state(host, workspace).await?.next != due {
        return Ok(());
    }
    let Some(until) = lease::take(host, workspace).await? else { return Ok(()) };
    // Again, since the last reading may have ended just before the lease was taken.
    let mut state = reading::state(host, workspace).await?;
    if state.next != due {
        return lease::release(host, workspace).await;
    }
    let source = hash(&[&line.address]);
    if state.source != source {
        state = ReadingState { v: VERSION, source, next: state.next, ..ReadingState::default() };
    }
    let (settings, began, workspace) = (settings::all(host).await?, host.now(), workspace.to_owned());
    let mut reading = Reading {
        host,
        settings,
        line,
        workspace,
        state,
        known: None,
        rings: Vec::new(),
        has_messages: false,
        began,
        until,
        jobs: std::mem::take(jobs),
    };
    let outcome = reading.all().await;
    let next = reading.conclude(outcome);
    *jobs = std::mem::take(&mut reading.jobs);
    let Reading { workspace, mut state, .. } = reading;
    state.next = next;
    reading::store(host, &workspace, &state).await?;
    lease::release(host, &workspace).await?;
    host.schedule(Job::Read { workspace, due: next }, next).await;
    Ok(())
}

impl Reading<'_> {
    /// Tickets before messages: what a contact writes needs its room.
    async fn all(&mut self) -> Result<(), Stop> {
        if self.state.name.is_empty() {
            let name = pages::workspace_name(self.host, &self.line, &self.workspace).await;
            self.state.name = name.map_err(|trouble| Stop::Api(trouble, None))?;
        }
        self.read_rings().await?;
        Box::pin(self.read_tickets()).await?;
        Box::pin(self.read_backlog()).await?;
        Box::pin(self.retry_waiting()).await?;
        Box::pin(self.settle_provisional()).await?;
        Box::pin(self.read_messages()).await?;
        self.state.has_marks = true;
        Box::pin(self.set_globals()).await;
        Ok(())
    }

    /// Notes how the reading ended; answers when the next one is due.
    fn conclude(&mut self, outcome: Result<(), Stop>) -> u64 {
        let (host, now, interval) = (self.host, self.host.now(), self.settings.reading_interval_ms());
        let name = if self.line.name == MAIN { "main" } else { &self.line.name };
        match outcome {
            Ok(()) => {
                if self.state.failing.take().is_some() || self.state.read_at == 0 {
                    host.log(Level::Info, format!("RapidPro's API is read for the workspace `{name}`"));
                }
                self.state.read_at = now;
                let interval = self.hurry_ms().unwrap_or(interval).min(interval);
                self.began.saturating_add(interval).max(now)
            }
            Err(Stop::Store(failure)) => {
                host.log(Level::Warn, format!("what was read for the workspace `{name}` waits: {failure}"));
                now.saturating_add(interval)
            }
            Err(Stop::Api(trouble, left_alone)) => {
                let before = self.state.failing.take();
                let same = before.as_ref().is_some_and(|before| before.why == trouble.key());
                if !same {
                    let words = trouble.phrase().in_log();
                    host.log(Level::Warn, format!("RapidPro's API cannot be read for the workspace `{name}`: {words}"));
                }
                let (since, count) = before.map_or((now, 0), |before| (before.since, before.count));
                let failing = failing(trouble, since, count.saturating_add(1));
                let pause = interval.saturating_mul(1 << count.min(5)).min(PAUSE_MAX_MS.max(interval));
                self.state.failing = Some(failing);
                let left_alone = left_alone.unwrap_or_default().min(now.saturating_add(LEFT_ALONE_MAX_MS));
                now.saturating_add(pause).max(left_alone)
            }
        }
    }

    /// The tickets that have rooms.
    pub(crate) async fn known(&mut self) -> Result<&mut Vec<ReadTicket>, Failure> {
        if self.known.is_none() {
            self.known = Some(reading::tickets(self.host, &self.workspace).await?);
        }
        Ok(self.known.get_or_insert_default())
    }
}

fn failing(trouble: Trouble, since: u64, count: u32) -> Failing {
    Failing { since, count, why: trouble.key().to_owned(), status: trouble.status }
}
