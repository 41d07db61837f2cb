//! That somebody wants everything tried now: an administrator, or RapidPro, which is back. Every node must hear of it.

use serde::{Deserialize, Serialize};

use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::keys::WISH;

const VERSION: u8 = 1;

/// The last wish.
#[derive(Debug, Deserialize, Serialize)]
struct Wish {
    v: u8,
    at: u64,
}

/// Stores that everything is wanted now.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn store(host: &Host) -> Result<(), Failure> {
    host.replace_record(vec![WISH.to_owned()], Wish { v: VERSION, at: host.now() }).await
}

/// When everything was last wanted; 0 where it never was.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn last(host: &Host) -> Result<u64, Failure> {
    let wishes: Vec<Wish> = host.records(WISH.to_owned()).await?;
    Ok(wishes.iter().map(|wish| wish.at).max().unwrap_or_default())
}
