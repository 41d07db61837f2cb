//! The address under which RapidPro reaches this server.

use crate::config::settings::all;
use crate::runtime::cache::Cached;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;

/// The address under which RapidPro reaches this server, as it was a short while ago.
#[derive(Debug, Default)]
pub struct AddressCache(pub Cached<String>);

/// The address under which RapidPro reaches this server, without a slash at its end: a setting, or else
/// the server's own.
///
/// # Errors
/// Whatever keeps Rocket.Chat from telling it.
pub async fn public_address(host: &Host) -> Result<String, Failure> {
    if let Some(address) = host.cache::<AddressCache>().0.get(host.now()) {
        return Ok(address);
    }
    let own = all(host).await?.address("public_address");
    let address = if own.is_empty() { site_url(host).await? } else { own };
    host.cache::<AddressCache>().0.put(host.now(), address.clone());
    Ok(address)
}

async fn site_url(host: &Host) -> Result<String, Failure> {
    let site = host.server_setting("Site_Url").await.map_err(|failure| match failure.cause() {
        // The engine's words for a setting that is not there or not to be read; this one is always there.
        Cause::Refused(words) if words.contains("unaccessible") => host.denied("server-setting.read"),
        _ => failure,
    })?;
    Ok(site.as_str().unwrap_or_default().trim_end_matches('/').to_owned())
}

/// The address of the app's endpoints.
///
/// # Errors
/// Whatever keeps Rocket.Chat from telling its own.
pub async fn app_url(host: &Host) -> Result<String, Failure> {
    Ok(below(&public_address(host).await?, host))
}

/// The address to paste into RapidPro, for people.
pub async fn app_address(host: &Host) -> String {
    let server = public_address(host).await.unwrap_or_else(|_| "<the address of this server>".to_owned());
    below(&server, host)
}

fn below(server: &str, host: &Host) -> String {
    format!("{server}/api/apps/public/{}", host.process().app_id)
}
