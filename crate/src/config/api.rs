//! RapidPro's API: its address, and whether it accepts the API tokens of the settings.

use crate::config::budget;
use crate::config::budget::Scope;
use crate::config::workspace_config::WorkspaceConfig;
use crate::runtime::cache::Recent;
use crate::runtime::host::Host;
use crate::text::digest::hash;
use crate::text::url::origin;
use crate::wire::rapidpro::ApiAnswer;

/// Where RapidPro's API is: the setting, or else where its webhooks go.
pub fn api_address(line: &WorkspaceConfig, callback: Option<&str>) -> Option<String> {
    if line.address.is_empty() { origin(callback?) } else { Some(line.address.clone()) }
}

/// Whether RapidPro has accepted API tokens, by a hash of each.
#[derive(Debug, Default)]
pub struct TokenVerdicts(pub(crate) Recent<String, bool, 50>);

/// Whether RapidPro accepts a workspace's API token, if this process has asked.
pub fn is_token_accepted(host: &Host, line: &WorkspaceConfig) -> Option<bool> {
    host.cache::<TokenVerdicts>().0.get(&key(line))
}

/// Keeps what an answer of RapidPro's API says of the token. Any website may answer 200.
pub fn record_answer(host: &Host, line: &WorkspaceConfig, answer: &ApiAnswer) {
    let is_accepted = answer.json().is_some_and(|page| page.is_object());
    if is_accepted || matches!(answer.status, 401 | 403) {
        host.cache::<TokenVerdicts>().0.put(key(line), is_accepted);
    }
}

/// Has a request to the API of a workspace, by its id, counted; answers the address of what is asked for.
///
/// # Errors
/// Where there have been as many as the app allows itself: when to ask again.
pub fn count_request(
    host: &Host,
    (workspace, line): (&str, &WorkspaceConfig),
    scope: Scope,
    resource: &str,
) -> Result<String, u64> {
    budget::take(host, workspace, scope)?;
    Ok(format!("{}/api/v2/{resource}", line.address))
}

/// Keeps what the answer to a counted request says of the token, and of how often the API may be asked.
pub fn heed_answer(host: &Host, (workspace, line): (&str, &WorkspaceConfig), scope: Scope, answer: &ApiAnswer) {
    record_answer(host, line, answer);
    if answer.status == 429 {
        budget::refused(host, workspace, scope, answer.retry_after_ms.unwrap_or_default());
    }
}

pub(crate) fn key(line: &WorkspaceConfig) -> String {
    hash(&[&line.name, &line.token, &line.address])
}
