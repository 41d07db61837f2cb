//! Which secrets the settings name, whose they are, and where webhooks go with which of them.

use std::iter;

use crate::config::workspace::{MAIN, Workspace};
use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{settings, workspace};
use crate::ids::ConnectionId;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;

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
    let Some((workspace, WorkspaceConfig { name, secret, .. })) = configured(host, workspace).await? else {
        return Ok(None);
    };
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
pub async fn line(host: &Host, workspace: &str) -> Result<WorkspaceConfig, Failure> {
    Ok(configured(host, workspace).await?.map(|(_, line)| line).unwrap_or_default())
}

/// The workspace with this id, and what the settings say of it.
pub(crate) async fn configured(host: &Host, id: &str) -> Result<Option<(Workspace, WorkspaceConfig)>, Failure> {
    let settings = settings::all(host).await?;
    for line in iter::once(&settings.main_workspace()).chain(&settings.workspaces) {
        let workspace = workspace::named(host, &line.name).await?;
        if workspace.id == id {
            return Ok(Some((workspace, line.clone())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {

    use crate::config::workspace_config::WorkspaceConfig;
    use crate::request::caller::token_of;

    #[test]
    fn the_token_is_what_follows_the_scheme() {
        assert_eq!(token_of("Token abc"), Some("abc"));
        assert_eq!(token_of("token  abc "), Some("abc"));
        assert_eq!(token_of("Bearer abc"), None);
        assert_eq!(token_of("abc"), None);
    }

    #[test]
    fn a_line_names_a_workspace() {
        let (lines, rejected_lines) = WorkspaceConfig::read_all(
            "\n North ; secret = a=b ;department=Field; \r\nSouth;secret=c;token=d",
            &[""],
            &WorkspaceConfig::default(),
        );
        let north = WorkspaceConfig {
            name: "North".into(),
            secret: "a=b".into(),
            department: "Field".into(),
            ..WorkspaceConfig::default()
        };
        let south = WorkspaceConfig {
            name: "South".into(),
            secret: "c".into(),
            token: "d".into(),
            ..WorkspaceConfig::default()
        };
        assert_eq!(lines, [north, south]);
        assert!(rejected_lines.is_empty());
    }

    #[test]
    fn what_is_wrong_is_left_out() {
        let setting =
            "A;secret=s3\nB\nsecret=s4\nC; s5\nD; secret=s6; key=s7\nA; secret=s8\nE; secret=s3\nF; secret=main";
        let (lines, rejected_lines) = WorkspaceConfig::read_all(setting, &["main"], &WorkspaceConfig::default());
        assert_eq!(lines.len(), 1);
        assert_eq!(rejected_lines, [2, 3, 4, 5, 6, 7, 8]);
    }
}
