//! Which secrets the settings name, whose they are, and where webhooks go with which of them.

use std::iter;

use crate::auth::same;
use crate::host::{Failure, Host};
use crate::refusal::Refusal;
use crate::settings::{self, Settings};
use crate::ticket::{Contact, ContactToken};
use crate::workspace::{self, ConnectionId, MAIN, Workspace};

/// Who calls: a workspace, through one of its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The workspace's name.
    pub workspace: String,
    secret: String,
}

impl Caller {
    fn new(workspace: &str, secret: &str) -> Self {
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

/// Where webhooks go, and the secret that they carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// RapidPro's callback address.
    pub url: String,
    /// The secret.
    pub secret: String,
}

/// The connection by which a workspace named a ticket, or the workspace's present one where the secret of that is no
/// longer configured; `None` while RapidPro has not told its address, or where the workspace is no longer configured.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn find(host: &Host, workspace: &str, named_by: &ConnectionId) -> Result<Option<Connection>, Failure> {
    let Some((workspace, Line { name, secret, .. })) = configured(host, workspace).await? else { return Ok(None) };
    let settings = settings::all(host).await?;
    let (present, previous) = (ConnectionId::of(&secret), settings.previous_secret());
    let is_previous = name == MAIN && present != *named_by && ConnectionId::of(previous) == *named_by;
    let url = workspace.callback(if is_previous { named_by } else { &present });
    let secret = if is_previous { previous.to_owned() } else { secret };
    Ok(url.map(|url| Connection { url: url.to_owned(), secret }))
}

/// What the settings say of a workspace; nothing of one that is no longer configured.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn line(host: &Host, workspace: &str) -> Result<Line, Failure> {
    Ok(configured(host, workspace).await?.map(|(_, line)| line).unwrap_or_default())
}

/// The workspace with this id, and what the settings say of it.
async fn configured(host: &Host, id: &str) -> Result<Option<(Workspace, Line)>, Failure> {
    let settings = settings::all(host).await?;
    for line in iter::once(&settings.main_line()).chain(&settings.workspaces) {
        let workspace = workspace::named(host, &line.name).await?;
        if workspace.id == id {
            return Ok(Some((workspace, line.clone())));
        }
    }
    Ok(None)
}

/// All secrets, with the workspace that each stands for.
fn secrets(settings: &Settings) -> impl Iterator<Item = (&str, &str)> {
    let main = [(MAIN, settings.secret()), (MAIN, settings.previous_secret())];
    let main = main.into_iter().filter(|(_, secret)| !secret.is_empty());
    main.chain(settings.workspaces.iter().map(|line| (line.name.as_str(), line.secret.as_str())))
}

/// A line of the setting **More workspaces**: `name; secret=…; token=…; department=…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// How the admin calls the workspace.
    pub name: String,
    /// Its secret.
    pub secret: String,
    /// Its token for RapidPro's API; may be empty.
    pub token: String,
    /// Its default department; may be empty.
    pub department: String,
    /// Where its API is, if not where its webhooks go; only other settings can say that, of the main one.
    pub address: String,
}

impl Line {
    /// Reads the setting; answers also the numbers of the lines that cannot be used. No secret may be one of those
    /// `taken`.
    pub fn read_all(setting: &str, taken: &[&str]) -> (Vec<Self>, Vec<usize>) {
        let (mut lines, mut left_out) = (Vec::<Self>::new(), Vec::new());
        let numbered = (1_usize..).zip(setting.lines().map(str::trim));
        for (number, text) in numbered.filter(|(_, text)| !text.is_empty()) {
            let is_new = |line: &Self| {
                let is_like = |other: &Self| other.name == line.name || other.secret == line.secret;
                !taken.contains(&line.secret.as_str()) && !lines.iter().any(is_like)
            };
            match Self::read(text).filter(is_new) {
                Some(line) => lines.push(line),
                None => left_out.push(number),
            }
        }
        (lines, left_out)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let mut line = Self { name: parts.next().unwrap_or_default().to_owned(), ..Self::default() };
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            let place = match key.trim_end() {
                "secret" => &mut line.secret,
                "token" => &mut line.token,
                "department" => &mut line.department,
                _ => return None,
            };
            value.trim_start().clone_into(place);
        }
        let is_named = !line.name.is_empty() && !line.name.contains('=');
        Some(line).filter(|line| is_named && !line.secret.is_empty())
    }

    /// The token for RapidPro's API, as far as a header can hold it.
    pub fn api_token(&self) -> String {
        self.token.chars().filter(char::is_ascii_graphic).collect()
    }
}

fn token_of(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("token").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_what_follows_the_scheme() {
        assert_eq!(token_of("Token abc"), Some("abc"));
        assert_eq!(token_of("token  abc "), Some("abc"));
        assert_eq!(token_of("Bearer abc"), None);
        assert_eq!(token_of("abc"), None);
    }

    #[test]
    fn a_line_names_a_workspace() {
        let (lines, left_out) =
            Line::read_all("\n North ; secret = a=b ;department=Field; \r\nSouth;secret=c;token=d", &[""]);
        let north = Line { name: "North".into(), secret: "a=b".into(), department: "Field".into(), ..Line::default() };
        let south = Line { name: "South".into(), secret: "c".into(), token: "d".into(), ..Line::default() };
        assert_eq!(lines, [north, south]);
        assert!(left_out.is_empty());
    }

    #[test]
    fn what_is_wrong_is_left_out() {
        let setting =
            "A;secret=s3\nB\nsecret=s4\nC; s5\nD; secret=s6; key=s7\nA; secret=s8\nE; secret=s3\nF; secret=main";
        let (lines, left_out) = Line::read_all(setting, &["main"]);
        assert_eq!(lines.len(), 1);
        assert_eq!(left_out, [2, 3, 4, 5, 6, 7, 8]);
    }
}
