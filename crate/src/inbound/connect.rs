//! The endpoint `settings`: where webhooks go.

use crate::config::workspace;
use crate::request::caller::Caller;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::host::Host;
use crate::runtime::job::Job;
use crate::runtime::operation::End;
use crate::runtime::outcome::Level;
use crate::text::url::{authority, is_http_url};
use crate::wire::http::Response;

/// Answers where webhooks go.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn read(host: &Host, caller: &Caller) -> Result<End, Refusal> {
    let workspace = workspace::named(host, &caller.workspace).await?;
    let url = workspace.callback(&caller.connection());
    Ok(End::answer(Response::field(200, "webhook", serde_json::json!({ "url": url }))))
}

/// Sets where webhooks go.
///
/// # Errors
/// 400 where the address is missing or not one; whatever keeps Rocket.Chat from storing it.
pub async fn write(host: &Host, caller: Caller, body: &Fields<'_>) -> Result<End, Refusal> {
    let webhook = body.object("webhook")?;
    let url = webhook.text("url")?;
    if !is_http_url(url) {
        return Err(webhook.wrong("url", "an http or https URL with a host"));
    }
    workspace::connect(host, &caller.workspace, caller.connection(), url).await?;
    // Whoever knows the secret can have agents' messages sent elsewhere: that leaves a trace.
    host.log(Level::Info, format!("webhooks go to {} from now on", authority(url)));
    let follow_ups = vec![Job::Sweep { recovered: true }, Job::CheckSettings];
    Ok(End { follow_ups, ..End::answer(Response::of(204)) })
}
