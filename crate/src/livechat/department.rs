//! Which department a ticket goes to.

use crate::config::connection;
use crate::runtime::failure::Cause;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;

/// Where tickets go that name no department. A setting that is wrong must not keep them from being opened.
pub(crate) async fn default_department(host: &Host, workspace: &str) -> Option<String> {
    let found = async {
        let named = connection::line(host, workspace).await?.department;
        if named.is_empty() {
            return Ok(None);
        }
        match host.find_department(named).await? {
            Some(found) => Ok(Some(found.id)),
            None => Err(Cause::Refused("Rocket.Chat does not know it".to_owned()).into()),
        }
    };
    found.await.unwrap_or_else(|failure: Failure| {
        host.log(Level::Error, format!("the ticket goes without the default department of the settings: {failure}"));
        None
    })
}
