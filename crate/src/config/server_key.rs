//! The server's random key, from which visitor tokens and signatures of links are derived.

use serde::{Deserialize, Serialize};

use crate::runtime::cache::Cached;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;

const KEY_ASSOCIATION: &str = "visitor-key";

pub(crate) const VERSION: u8 = 1;

/// The server's key, as it was read.
#[derive(Debug, Default)]
pub struct KeyCache(pub(crate) Cached<KeyRecord>);

/// The key, as it is stored.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct KeyRecord {
    pub(crate) v: u8,
    pub(crate) at: u64,
    pub(crate) key: String,
    /// Whether contacts have had visitors of their own ever since. Version 1.0.0 made them by the token alone, and
    /// stores nothing here.
    #[serde(default)]
    pub(crate) by_person: bool,
}

/// The server's key; made when the app is installed, or at the first need. Two nodes may make one at once:
/// the first wins, and what a node has just made it does not rely on for longer than one operation.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing it.
pub async fn key(host: &Host) -> Result<String, Failure> {
    Ok(record(host).await?.key)
}

/// Whether no version has made visitors by the token alone for contacts whose UUID it was told.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing it.
pub(crate) async fn is_by_person(host: &Host) -> Result<bool, Failure> {
    Ok(record(host).await?.by_person)
}

async fn record(host: &Host) -> Result<KeyRecord, Failure> {
    if let Some(key) = host.cache::<KeyCache>().0.get(host.now()) {
        return Ok(key);
    }
    if let Some(key) = first_key(host).await? {
        host.cache::<KeyCache>().0.put(host.now(), key.clone());
        return Ok(key);
    }
    let key = host.random("visitor key", 32);
    let made = KeyRecord { v: VERSION, at: host.now(), key, by_person: true };
    host.create_record(vec![KEY_ASSOCIATION.into()], &made).await?;
    Ok(first_key(host).await?.unwrap_or(made))
}

async fn first_key(host: &Host) -> Result<Option<KeyRecord>, Failure> {
    let records: Vec<KeyRecord> = host.records(KEY_ASSOCIATION.into()).await?;
    Ok(records.into_iter().min_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key))))
}
