//! Fetching a history from RapidPro's API, page by page.

use serde_json::Value;

use crate::config::api::api_address;
use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{api, connection, settings};
use crate::history::render::{text, written_at};
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket::{HistorySource, Ticket};
use crate::text::i18n::Phrase;
use crate::text::{messages, timestamp};
use crate::wire::rapidpro::ApiAnswer;

/// How long RapidPro may take for a page, in milliseconds. All pages must fit into the lease of a claim.
pub(crate) const TIMEOUT_MS: u64 = 8_000;

pub(crate) const PAGES_MAX: usize = 3;

/// Why RapidPro did not give the history.
pub(crate) struct Unavailable {
    pub(crate) reason: Phrase,
    /// Whether it may well give it later, and from when on where it says so.
    pub(crate) passing: Option<u64>,
}

impl Unavailable {
    pub(crate) fn of(answer: &ApiAnswer) -> Self {
        let ApiAnswer { status, retry_after_ms, .. } = answer;
        let reason = Phrase::new(messages::HISTORY_ANSWERED, vec![("status", status.to_string())]);
        let passing = Some(retry_after_ms.unwrap_or_default());
        match status {
            401 | 403 => Self { reason: messages::HISTORY_TOKEN_REFUSED.into(), passing: None },
            200 => Self { reason: messages::MAKES_NO_SENSE.into(), passing },
            408 | 429 | 500.. => Self { reason, passing },
            _ => Self { reason, passing: None },
        }
    }
}

/// Asks RapidPro for the newest messages before the ticket, newest first, as its API writes them. What of it can be
/// read is read message by message, so that an odd one does not hide the others.
pub(crate) async fn fetch(
    host: &Host,
    ticket: &Ticket,
    past: &HistorySource,
    line: &WorkspaceConfig,
) -> Result<Result<Vec<Value>, Unavailable>, Failure> {
    let settings = settings::all(host).await?;
    let most = settings.history_messages();
    let mut address = address(host, ticket, line).await?;
    address.push_str("/api/v2/messages.json?");
    let opened_at = ticket.history_until();
    let since =
        past.since.unwrap_or_else(|| opened_at.saturating_sub(settings.history_hours().saturating_mul(60 * 60_000)));
    let mut query = format!("contact={}&after={}&before=", past.contact, timestamp::text(since));
    // RapidPro counts finer than this: what was written in the same millisecond was written before.
    query.push_str(&timestamp::text(opened_at.saturating_add(u64::from(ticket.is_read()))));
    let token = line.api_token();
    let mut messages = Vec::new();
    for _ in 0..PAGES_MAX {
        let answer = match host.read_api(format!("{address}{query}"), &token, TIMEOUT_MS).await {
            Ok(answer) => answer,
            Err(failure) => {
                host.log(Level::Warn, format!("RapidPro's API does not answer: {failure}"));
                return Ok(Err(Unavailable { reason: messages::DOES_NOT_ANSWER.into(), passing: Some(0) }));
            }
        };
        api::record_answer(host, line, &answer);
        let Some((page, next)) = page_of(&answer) else { return Ok(Err(Unavailable::of(&answer))) };
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
pub(crate) async fn address(host: &Host, ticket: &Ticket, line: &WorkspaceConfig) -> Result<String, Failure> {
    let connection = match ticket.first_binding() {
        Some(binding) => connection::find(host, &ticket.contact.workspace, &binding.connection).await?,
        None => None,
    };
    let address = api_address(line, connection.as_ref().map(|connection| connection.url.as_str()));
    address.ok_or_else(|| Cause::Refused("RapidPro is not connected".to_owned()).into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_query_of_the_next_page_counts() {
        assert_eq!(next_query("https://evil.example/x?cursor=a%3D&contact=b"), Some("cursor=a%3D&contact=b"));
        for odd in ["https://host/x", "?a b", "?a#b", "?a\nb", "?é"] {
            assert_eq!(next_query(odd), None, "{odd}");
        }
    }
}
