//! The RapidPro workspaces that this server is connected to.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::ids::ConnectionId;
use crate::runtime::cache::CachedByName;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::sort::sort_by_key;

const ASSOCIATION: &str = "workspace";

pub(crate) const VERSION: u8 = 1;

/// The workspace of the setting **App Secret**; those of **More workspaces** have names.
pub const MAIN: &str = "";

/// The workspaces' records, as they were a short while ago.
pub type WorkspaceCache = CachedByName<Workspace>;

/// A workspace: who it is, and where its webhooks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Made once at random; survives every change of secret and address.
    pub id: String,
    /// RapidPro's callback addresses, the newest first.
    callbacks: Vec<(ConnectionId, String)>,
}

/// What is stored: one record a change, never rewritten, so that nodes cannot overwrite each other.
#[skip_serializing_none]
#[derive(Debug, Clone, Deserialize, Serialize)]
struct Record {
    pub(crate) v: u8,
    pub(crate) id: String,
    pub(crate) connection: ConnectionId,
    pub(crate) callback: Option<String>,
    pub(crate) at: u64,
}

impl Workspace {
    /// Where webhooks of this connection go; while RapidPro has not told it, where those of the last one go.
    pub fn callback(&self, connection: &ConnectionId) -> Option<&str> {
        let told = self.callbacks.iter().find(|(id, _)| id == connection).or(self.callbacks.first());
        told.map(|(_, url)| url.as_str())
    }

    /// The first id wins, since two nodes may have made one at once; the newest callback is in force.
    fn of(mut records: Vec<Record>) -> Option<Self> {
        let id = records.iter().min_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)))?.id.clone();
        sort_by_key(&mut records, |record| std::cmp::Reverse(record.at));
        let callbacks = records.into_iter().filter_map(|record| Some((record.connection, record.callback?))).collect();
        Some(Self { id, callbacks })
    }
}

/// The workspace of this name; made at the first need.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn named(host: &Host, name: &str) -> Result<Workspace, Failure> {
    if let Some(workspace) = host.cache::<WorkspaceCache>().get(name, host.now()) {
        return Ok(workspace);
    }
    if let Some(workspace) = Workspace::of(host.records(association(name)).await?) {
        // Until RapidPro is connected each look counts: another node may just have been told the address.
        if !workspace.callbacks.is_empty() {
            host.cache::<WorkspaceCache>().put(name, host.now(), workspace.clone());
        }
        return Ok(workspace);
    }
    // Not relied on for longer than this operation: another node may be making one.
    let id = host.random("workspace", 16);
    store(host, name, Record { v: VERSION, id, connection: ConnectionId::default(), callback: None, at: host.now() })
        .await?;
    Workspace::of(host.records(association(name)).await?).ok_or_else(|| Cause::Unreadable.into())
}

/// Sets where the webhooks of a connection go from now on.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn connect(host: &Host, name: &str, connection: ConnectionId, callback: &str) -> Result<(), Failure> {
    host.cache::<WorkspaceCache>().forget();
    let id = named(host, name).await?.id;
    let callback = Some(callback.to_owned());
    store(host, name, Record { v: VERSION, id, connection, callback, at: host.now() }).await?;
    host.cache::<WorkspaceCache>().forget();
    Ok(())
}

async fn store(host: &Host, name: &str, record: Record) -> Result<(), Failure> {
    host.create_record(vec![association(name)], record).await
}

pub(crate) fn association(name: &str) -> String {
    if name == MAIN { ASSOCIATION.to_owned() } else { format!("{ASSOCIATION}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConnectionId;

    fn record(id: &str, secret: &str, callback: Option<&str>, at: u64) -> Record {
        Record {
            v: VERSION,
            id: id.into(),
            connection: ConnectionId::of(secret),
            callback: callback.map(Into::into),
            at,
        }
    }

    #[test]
    fn the_first_id_and_the_newest_callback_of_a_connection_win() {
        let workspace = Workspace::of(vec![
            record("b", "", None, 1),
            record("a", "s", Some("old"), 2),
            record("a", "s", Some("new"), 4),
            record("a", "t", Some("other"), 5),
            record("a", "", None, 6),
        ])
        .unwrap();
        assert_eq!(workspace.id, "b");
        assert_eq!(workspace.callback(&ConnectionId::of("s")), Some("new"));
        assert_eq!(workspace.callback(&ConnectionId::of("t")), Some("other"));
        assert_eq!(workspace.callback(&ConnectionId::of("unheard of")), Some("other"));
        assert_eq!(Workspace::of(Vec::new()), None);
    }
}
