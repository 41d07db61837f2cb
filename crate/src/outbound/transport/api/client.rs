//! Requests to a workspace's API, for one attempt at one entry.

use std::cell::Cell;

use serde_json::Value;

use crate::config::api;
use crate::config::budget::Scope;
use crate::config::workspace_config::WorkspaceConfig;
use crate::outbound::retry_policy::WEBHOOK_TIMEOUT_MS;
use crate::outbound::run::ATTEMPT_MS;
use crate::outbound::transport::api::answer;
use crate::outbound::transport::reply::Reply;
use crate::runtime::effect::Effect;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::store::outbox_record;
use crate::store::outbox_record::{EntryRef, LEASE_MS, OutboxEvent};
use crate::store::progress::Progress;
use crate::wire::rapidpro::ApiAnswer;

/// A workspace's API, and the entry on whose behalf it is asked.
pub(crate) struct Client<'a> {
    pub(crate) host: &'a Host,
    line: &'a WorkspaceConfig,
    workspace: &'a str,
    entry: EntryRef<'a>,
    /// Until when nobody else sends the entry.
    until: Cell<Option<u64>>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(
        host: &'a Host,
        (workspace, line): (&'a str, &'a WorkspaceConfig),
        entry: EntryRef<'a>,
        progress: &Progress,
    ) -> Self {
        let until = Cell::new(progress.leases(&host.process().node, host.now()).0);
        Self { host, line, workspace, entry, until }
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Where there is no answer, or not of success.
    pub(crate) async fn get(&self, scope: Scope, list: &str) -> Result<ApiAnswer, Reply> {
        let url = self.begin(scope, list).await?;
        self.end(scope, self.host.read_api(url, &self.line.api_token(), WEBHOOK_TIMEOUT_MS).await)
    }

    /// Posts something. Where nobody knows whether RapidPro has done it, the reply says since when.
    ///
    /// # Errors
    /// Where there is no answer, or not of success.
    pub(crate) async fn post(&self, scope: Scope, resource: &str, body: Value) -> Result<ApiAnswer, Reply> {
        let url = self.begin(scope, resource).await?;
        let began = self.host.now();
        let answer = self.host.post_api(url, self.line.api_token(), body, WEBHOOK_TIMEOUT_MS).await;
        let is_unsure = match &answer {
            Ok(answer) => answer.status >= 500 || answer.status == 408,
            Err(failure) => !answer::was_not_sent(failure),
        };
        self.end(scope, answer).map_err(|reply| Reply { unsure: is_unsure.then_some(began), ..reply })
    }

    /// Uploads a stored file; `None` where Rocket.Chat does not hand it over.
    ///
    /// # Errors
    /// Where there is no answer, or not of success.
    pub(crate) async fn upload(
        &self,
        upload: &str,
        name: String,
        media_type: &str,
    ) -> Result<Option<ApiAnswer>, Reply> {
        let url = self.begin(Scope::Other, "media.json").await?;
        let answer: Result<Option<ApiAnswer>, Failure> = self
            .host
            .one(Effect::UploadMedia {
                url,
                token: self.line.api_token(),
                upload: upload.to_owned(),
                name,
                media_type: media_type.to_owned(),
                timeout_ms: WEBHOOK_TIMEOUT_MS,
            })
            .await;
        match answer.transpose() {
            Some(answer) => self.end(Scope::Other, answer).map(Some),
            None => Ok(None),
        }
    }

    /// Has a request counted, and sees to it that the entry's lease outlasts it; answers the address.
    async fn begin(&self, scope: Scope, resource: &str) -> Result<String, Reply> {
        let now = self.host.now();
        let url = api::count_request(self.host, (self.workspace, self.line), scope, resource)
            .map_err(|until| answer::spent(until.saturating_sub(now)))?;
        match self.until.get() {
            // Another node may have begun with it.
            Some(until) if now >= until => return Err(Reply::none(&Cause::TimedOut.into())),
            Some(until) if until.saturating_sub(now) >= ATTEMPT_MS => {}
            _ => {
                let until = now.saturating_add(LEASE_MS);
                let lease = OutboxEvent::Leased { node: self.host.process().node.clone(), until };
                outbox_record::append(self.host, self.entry, lease).await.map_err(|failure| Reply::none(&failure))?;
                self.until.set(Some(until));
            }
        }
        Ok(url)
    }

    fn end(&self, scope: Scope, answer: Result<ApiAnswer, Failure>) -> Result<ApiAnswer, Reply> {
        let answer = answer.map_err(|failure| Reply::none(&failure))?;
        api::heed_answer(self.host, (self.workspace, self.line), scope, &answer);
        match answer.status {
            200..=299 => Ok(answer),
            _ => Err(answer::reply(&answer)),
        }
    }
}
