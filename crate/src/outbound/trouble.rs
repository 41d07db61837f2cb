//! What keeps webhooks from RapidPro, in words for whoever looks after the app. It quotes nobody's page.

use crate::config::connection;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::outbound::transport::reply::{Meaning, Reply};
use crate::runtime::effect::Effect;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket::Ticket;
use crate::text::i18n::Phrase;
use crate::text::{messages, url};

/// How long an address may take to say where it redirects to, in milliseconds.
const REDIRECT_TIMEOUT_MS: u64 = 5_000;

/// Keeps what an attempt has shown of a workspace's RapidPro, and says it in the log where that is news.
pub(crate) async fn note(host: &Host, ticket: &Ticket, reply: &Reply) {
    let breaker = host.cache::<CircuitBreakers>().of(&ticket.contact.workspace);
    let trouble = match reply.meaning {
        Meaning::Handled | Meaning::Rejected | Meaning::UnknownTicket | Meaning::Unfetched | Meaning::Locked => None,
        Meaning::NoAnswer => Some(messages::TROUBLE_NO_ANSWER.into()),
        meaning => Some(match leads_to(host, ticket, reply).await {
            Some(address) => Phrase::new(messages::TROUBLE_REDIRECT, vec![("address", address)]),
            None => words(meaning, reply.status),
        }),
    };
    // RapidPro itself refuses the secret.
    let answers = trouble.is_none()
        || matches!(reply.meaning, Meaning::SecretRefused | Meaning::TokenRefused | Meaning::AddressUnknown);
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
        Meaning::TokenRefused => messages::API_ROLE,
        Meaning::Throttled => messages::API_THROTTLED,
        Meaning::Suspended => messages::TROUBLE_SUSPENDED,
        _ => messages::TROUBLE_STRANGER,
    };
    Phrase::new(text, vec![("status", status.to_string())])
}

/// Where the callback's address redirects to, where the answer may come of that. The server's client follows redirects
/// and tells nothing of them, so the address is asked once more, without the secret and without following.
async fn leads_to(host: &Host, ticket: &Ticket, reply: &Reply) -> Option<String> {
    let may_be = match reply.meaning {
        Meaning::MethodChanged | Meaning::SecretRefused | Meaning::AddressUnknown | Meaning::Barred => true,
        Meaning::Away => reply.status < 500,
        _ => false,
    };
    if !may_be {
        return None;
    }
    let connection = ticket.latest_binding().map(|binding| &binding.connection)?;
    let callback = connection::find(host, &ticket.contact.workspace, connection).await.ok()??.url;
    let found = match reply.location.clone() {
        Some(location) => Some(location),
        None => host.one(Effect::FindRedirect { url: callback, timeout_ms: REDIRECT_TIMEOUT_MS }).await.ok()?,
    };
    found.as_deref().and_then(url::without_secrets)
}
