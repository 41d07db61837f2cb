//! Pages of RapidPro's API.

use serde_json::Value;

use crate::config::api;
use crate::config::budget::Scope;
use crate::config::workspace_config::WorkspaceConfig;
use crate::reading::Reading;
use crate::reading::trouble::{Stop, Trouble};
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::text::sanitize::storable;

/// How long RapidPro may take for a page, in milliseconds: a reading's lease must outlast it.
const TIMEOUT_MS: u64 = 8_000;

/// A page of a list.
pub(crate) struct Page {
    /// What it lists, the newest first.
    pub(crate) items: Vec<Value>,
    /// What asks for the next page, if there is one.
    pub(crate) cursor: Option<String>,
}

/// What RapidPro calls a workspace.
///
/// # Errors
/// What is wrong with its answer.
pub async fn workspace_name(host: &Host, line: &WorkspaceConfig, workspace: &str) -> Result<String, Trouble> {
    let url =
        api::count_request(host, (workspace, line), Scope::Other, "workspace.json").map_err(|_| Trouble::SPENT)?;
    let answer = host.read_api(url, &line.api_token(), TIMEOUT_MS).await.map_err(|_| Trouble::SILENT)?;
    api::heed_answer(host, (workspace, line), Scope::Other, &answer);
    let name = answer.json().and_then(|workspace| Some(workspace.get("name")?.as_str()?.to_owned()));
    name.ok_or_else(|| Trouble::of(&answer))
}

impl Reading<'_> {
    /// Reads a page: of `list`, `after` this cursor.
    pub(crate) async fn page(&mut self, scope: Scope, list: &str, cursor: Option<&str>) -> Result<Page, Stop> {
        self.hold().await?;
        let of = (self.workspace.as_str(), &self.line);
        let mut url =
            api::count_request(self.host, of, scope, list).map_err(|until| Stop::Api(Trouble::SPENT, Some(until)))?;
        if let Some(cursor) = cursor {
            url.push(if list.contains('?') { '&' } else { '?' });
            url.push_str("cursor=");
            url.push_str(cursor);
        }
        let Ok(answer) = self.host.read_api(url, &self.line.api_token(), TIMEOUT_MS).await else {
            return Err(Stop::Api(Trouble::SILENT, None));
        };
        api::heed_answer(self.host, of, scope, &answer);
        let retry_after = answer.retry_after_ms.map(|ms| self.host.now().saturating_add(ms));
        let page = answer.json().map(storable);
        let items = page.as_ref().and_then(|page| json::read(page.get("results")?));
        match items {
            Some(items) => {
                let next = page.as_ref().and_then(|page| page.get("next")?.as_str());
                Ok(Page { items, cursor: next.and_then(cursor_in).map(str::to_owned) })
            }
            None => Err(Stop::Api(Trouble::of(&answer), retry_after)),
        }
    }
}

/// The cursor in a link to the next page. Nothing else of the link is used: RapidPro builds it from whatever host it was
/// called by, and the token goes to none but the address of the settings.
fn cursor_in(next: &str) -> Option<&str> {
    let (_, query) = next.split_once('?')?;
    let cursor = query.split('&').find_map(|part| part.strip_prefix("cursor="))?;
    cursor.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#').then_some(cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cursor_of_the_next_page_is_used() {
        assert_eq!(cursor_in("https://evil.example/x?after=1&cursor=a%3D&z=2"), Some("a%3D"));
        for odd in ["https://host/x", "?cursor", "?cursor=a b", "?cursor=a#b", "?after=1", ""] {
            assert_eq!(cursor_in(odd), None, "{odd}");
        }
    }
}
