//! The RapidPro workspace that this server is connected to.

use serde::{Deserialize, Serialize};

use crate::host::{Failure, Host};

const ASSOCIATION: &str = "workspace";
const VERSION: u8 = 1;

/// A workspace: who it is, and where its webhooks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Made once at random; survives every change of secret and address.
    pub id: String,
    /// RapidPro's callback address, once RapidPro has told it.
    pub callback: Option<String>,
}

/// What is stored: one record a change, never rewritten, so that nodes cannot overwrite each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    v: u8,
    id: String,
    callback: Option<String>,
    at: u64,
}

impl Workspace {
    /// The first id wins, since two nodes may have made one at once; the newest callback is in force.
    fn of(records: &[Record]) -> Option<Self> {
        let id = records.iter().min_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)))?.id.clone();
        let told = records.iter().filter(|record| record.callback.is_some());
        let callback = told.max_by_key(|record| record.at).and_then(|record| record.callback.clone());
        Some(Self { id, callback })
    }
}

/// The workspace; made at the first need.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn current(host: &Host) -> Result<Workspace, Failure> {
    if let Some(workspace) = host.memory().workspace.get(host.now()) {
        return Ok(workspace);
    }
    if let Some(workspace) = Workspace::of(&host.records(ASSOCIATION.into()).await?) {
        // Until RapidPro is connected each look counts: another node may just have been told the address.
        if workspace.callback.is_some() {
            host.memory().workspace.put(host.now(), workspace.clone());
        }
        return Ok(workspace);
    }
    // Not relied on for longer than this operation: another node may be making one.
    let made = Workspace { id: host.random("workspace", 16), callback: None };
    store(host, &made).await?;
    Ok(Workspace::of(&host.records(ASSOCIATION.into()).await?).unwrap_or(made))
}

/// Sets where webhooks go from now on.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn connect(host: &Host, callback: &str) -> Result<(), Failure> {
    host.memory().workspace.forget();
    let workspace = Workspace { callback: Some(callback.to_owned()), ..current(host).await? };
    store(host, &workspace).await?;
    host.memory().workspace.put(host.now(), workspace);
    Ok(())
}

async fn store(host: &Host, workspace: &Workspace) -> Result<(), Failure> {
    let Workspace { id, callback } = workspace.clone();
    let record = Record { v: VERSION, id, callback, at: host.now() };
    host.create_record(vec![ASSOCIATION.into()], &record).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, callback: Option<&str>, at: u64) -> Record {
        Record { v: VERSION, id: id.into(), callback: callback.map(Into::into), at }
    }

    #[test]
    fn the_first_id_and_the_newest_callback_win() {
        let records =
            [record("b", None, 1), record("a", Some("old"), 2), record("a", Some("new"), 4), record("a", None, 5)];
        let expected = Workspace { id: "b".into(), callback: Some("new".into()) };
        assert_eq!(Workspace::of(&records), Some(expected));
        assert_eq!(Workspace::of(&[]), None);
    }
}
