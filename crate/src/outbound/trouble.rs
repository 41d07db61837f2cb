//! What keeps webhooks from RapidPro, in words for whoever looks after the app. It quotes nobody's page.

use crate::config::connection;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::outbound::mailroom::Meaning;
use crate::runtime::effect::Effect;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::text::{messages, url};
use crate::wire::rapidpro::WebhookAnswer;

/// How long an address may take to say where it redirects to, in milliseconds.
const REDIRECT_TIMEOUT_MS: u64 = 5_000;

/// Keeps what an attempt has shown of a workspace's RapidPro, and says it in the log where that is news.
pub(crate) async fn note(
    host: &Host,
    ticket: &Ticket,
    meaning: Option<Meaning>,
    answer: &Result<WebhookAnswer, Failure>,
) {
    let breaker = host.cache::<CircuitBreakers>().of(&ticket.contact.workspace);
    let trouble = match (meaning, answer) {
        (Some(Meaning::Handled | Meaning::Rejected | Meaning::UnknownTicket | Meaning::Unfetched), _) => None,
        (Some(meaning), Ok(answer)) => Some(match leads_to(host, ticket, meaning, answer).await {
            Some(address) => Phrase::new(messages::TROUBLE_REDIRECT, vec![("address", address)]),
            None => words(meaning, answer.status),
        }),
        _ => Some(messages::TROUBLE_NO_ANSWER.into()),
    };
    // Mailroom itself refuses the secret.
    let answers = trouble.is_none() || matches!(meaning, Some(Meaning::SecretRefused | Meaning::AddressUnknown));
    let in_log = trouble.as_ref().map(Phrase::in_log);
    if breaker.note(answers, trouble)
        && let Some(in_log) = in_log
    {
        host.log(Level::Warn, format!("webhooks do not reach RapidPro: {in_log}"));
    }
}

fn words(meaning: Meaning, status: u16) -> Phrase {
    let text = match meaning {
        Meaning::SecretRefused => messages::TROUBLE_SECRET,
        Meaning::AddressUnknown => messages::TROUBLE_ADDRESS,
        Meaning::MethodChanged => messages::TROUBLE_METHOD,
        Meaning::Failing => messages::TROUBLE_FAILING,
        _ => messages::TROUBLE_STRANGER,
    };
    Phrase::new(text, vec![("status", status.to_string())])
}

/// Where the callback's address redirects to, where the answer may come of that. The server's client follows redirects
/// and tells nothing of them, so the address is asked once more, without the secret and without following.
async fn leads_to(host: &Host, ticket: &Ticket, meaning: Meaning, answer: &WebhookAnswer) -> Option<String> {
    let may_be = match meaning {
        Meaning::MethodChanged | Meaning::SecretRefused | Meaning::AddressUnknown | Meaning::Barred => true,
        Meaning::Away => answer.status < 500,
        _ => false,
    };
    if !may_be {
        return None;
    }
    let connection = ticket.latest_binding().map(|binding| &binding.connection)?;
    let callback = connection::find(host, &ticket.contact.workspace, connection).await.ok()??.url;
    let found = match answer.location.clone() {
        Some(location) => Some(location),
        None => host.one(Effect::FindRedirect { url: callback, timeout_ms: REDIRECT_TIMEOUT_MS }).await.ok()?,
    };
    found.as_deref().and_then(url::without_secrets)
}
