//! Who calls: the secret of a request, compared with those of the settings.

use crate::config::settings::Settings;
use crate::config::workspace::MAIN;
use crate::config::{settings, workspace};
use crate::ids::{ConnectionId, Contact, ContactToken};
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::text::digest::same;

/// Who calls: a workspace, through one of its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The workspace's name.
    pub workspace: String,
    pub(crate) secret: String,
}

impl Caller {
    pub(crate) fn new(workspace: &str, secret: &str) -> Self {
        Self { workspace: workspace.to_owned(), secret: secret.to_owned() }
    }

    /// By the secret that it used.
    pub fn connection(&self) -> ConnectionId {
        ConnectionId::of(&self.secret)
    }

    /// The caller's contact with this token.
    ///
    /// # Errors
    /// Whatever keeps Rocket.Chat from reading or storing the workspace.
    pub async fn contact(&self, host: &Host, token: ContactToken) -> Result<Contact, Failure> {
        Ok(Contact { workspace: workspace::named(host, &self.workspace).await?.id, token })
    }
}

/// Finds out who calls by the header `Authorization: Token <secret>`.
///
/// # Errors
/// 401 with one message for a missing and a wrong token, another where no secret is configured.
pub async fn authenticate(host: &Host, authorization: Option<&str>) -> Result<Caller, Refusal> {
    let token = authorization.and_then(token_of).unwrap_or_default();
    let settings = settings::all(host).await?;
    let known = || secrets(&settings);
    if let Some((workspace, secret)) = known().find(|(_, secret)| same(token, secret)) {
        return Ok(Caller::new(workspace, secret));
    }
    Err(Refusal::Unauthorized(if known().next().is_none() {
        "no secret is configured yet: paste RapidPro's secret into the app's setting App Secret in Rocket.Chat"
    } else {
        "the header `Authorization: Token <secret>` is missing or does not carry the app's App Secret"
    }))
}

/// All secrets, with the workspace that each stands for.
pub(crate) fn secrets(settings: &Settings) -> impl Iterator<Item = (&str, &str)> {
    let main = [(MAIN, settings.secret()), (MAIN, settings.previous_secret())];
    let more = settings.workspaces.iter().map(|line| (line.name.as_str(), line.secret.as_str()));
    // Nobody may be let in by an empty one: workspaces that are connected by their API have none.
    main.into_iter().chain(more).filter(|(_, secret)| !secret.is_empty())
}

pub(crate) fn token_of(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("token").then(|| token.trim())
}
