//! One record of a room's outbox, and how it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::ids::{EntryId, NodeId, RoomId};
use crate::runtime::effect::Effect;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::store::keys::{DEAD_LETTERS, batch_association, entry_association, outbox_association, room_association};
use crate::store::time_index::DUE;

pub(crate) const VERSION: u8 = 1;

/// For how long an entry belongs to the node that wrote it down or took it over, in milliseconds: longer
/// than an attempt can take.
pub const LEASE_MS: u64 = 40_000;

/// The entry id under which attempts at the room's closes are kept.
pub const CLOSE: &str = "close";

/// The entry id under which attempts at showing the room's history are kept.
pub const HISTORY: &str = "history";

/// One record of a room's outbox, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct OutboxRecord {
    pub(crate) v: u8,
    pub(crate) at: u64,
    pub(crate) room: RoomId,
    pub(crate) entry: EntryId,
    pub(crate) batch: u64,
    #[serde(rename = "line")]
    pub(crate) event: OutboxEvent,
}

/// What a record says.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OutboxEvent {
    /// Something is to be sent.
    #[serde(rename = "written")]
    Enqueued {
        /// What.
        message: Message,
        /// Who sends it first.
        node: NodeId,
        /// Until when nobody else may.
        until: u64,
    },
    /// A node has taken it over.
    #[serde(rename = "claimed")]
    Leased {
        /// Which.
        node: NodeId,
        /// Until when nobody else may.
        until: u64,
    },
    /// An attempt failed.
    #[serde(rename = "failed")]
    AttemptFailed {
        /// Whose.
        node: NodeId,
        /// When to try again.
        next: u64,
        /// Whether the trouble is not this ticket's own, so that its end ends the waiting.
        outage: bool,
        /// Whether RapidPro could not fetch the files: from now on they are links in the text.
        #[serde(default)]
        unfetched: bool,
        /// A digest of what RapidPro said, by which equal failures are told; version 1.0.0 stores none.
        said: Option<String>,
        /// When it was made, where RapidPro may have taken the message all the same; version 1.0.0 skips it.
        unsure: Option<u64>,
    },
    /// The agents have been told that RapidPro does not answer.
    #[serde(rename = "announced")]
    OutageAnnounced,
    /// It is over: RapidPro has it, or never will.
    Settled {
        /// Why RapidPro never will, in the words of the log: for version 1.0.0, and for whoever reads the store.
        given_up: Option<String>,
        /// The same for whoever tells people; version 1.0.0 stores none.
        reason: Option<Reason>,
    },
    /// Somebody wants it tried once more: it was given up or, of a history, shown.
    Retried,
}

/// Why something was given up: a code, with what is to be filled into its words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Reason {
    /// The code: a key of the texts.
    pub code: String,
    /// The values, by their names.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

/// A message that somebody on Rocket.Chat's side wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Message {
    /// When it was written, by Rocket.Chat's clock.
    pub written_at: u64,
    /// Who wrote it, by name.
    #[serde(default)]
    pub author: String,
    /// The text; may be empty where there are files.
    pub text: String,
    /// The files.
    #[serde(default)]
    pub files: Vec<File>,
}

/// A file that somebody on Rocket.Chat's side sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct File {
    /// Rocket.Chat's id.
    pub id: String,
    /// As the agent's device named it.
    pub name: String,
    /// The MIME type.
    pub mime: String,
    /// In bytes.
    pub size: u64,
}

/// The bucket of the time index in which an entry is looked at again, should its first attempt not settle
/// it. All records of an entry share a batch of that name, so that they can be removed together.
pub fn first_bucket(enqueued_at: u64) -> u64 {
    DUE.bucket(enqueued_at.saturating_add(LEASE_MS))
}

/// Where a record goes: which entry of which room it is about.
#[derive(Debug, Clone, Copy)]
pub struct EntryRef<'a> {
    /// The room.
    pub room: &'a RoomId,
    /// The entry's id.
    pub entry: &'a str,
    /// When it was enqueued.
    pub enqueued_at: u64,
    /// When its last record was stored: the next one counts as later, whatever became of the clock.
    pub last_at: u64,
}

/// Adds a record about an entry.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing it.
pub async fn append(host: &Host, entry_ref: EntryRef<'_>, kind: OutboxEvent) -> Result<(), Failure> {
    let effect = record_effect(host, entry_ref, kind).await?;
    host.one::<Value>(effect).await?;
    Ok(())
}

/// What adds a record about an entry. What needs to be looked at later is entered in the time index first;
/// the end of an entry is entered where its beginning is, so that whoever reads that bucket sees it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from storing the bucket.
pub async fn record_effect(host: &Host, entry_ref: EntryRef<'_>, kind: OutboxEvent) -> Result<Effect, Failure> {
    let EntryRef { room, entry, enqueued_at, last_at } = entry_ref;
    let batch = first_bucket(enqueued_at);
    let mut associations = vec![room_association(room), outbox_association(room)];
    // Other records must not go with those of the messages that were enqueued in the same minute.
    let is_of_message = entry != CLOSE && entry != HISTORY;
    if is_of_message {
        associations.push(batch_association(room, batch));
        associations.push(entry_association(room, entry));
    }
    if is_of_message && matches!(kind, OutboxEvent::Settled { given_up: Some(_), .. } | OutboxEvent::Retried) {
        associations.push(DEAD_LETTERS.to_owned());
    }
    let (bucket, is_over) = match &kind {
        OutboxEvent::Enqueued { .. } => (Some(batch), false),
        OutboxEvent::Leased { until, .. } => (Some(DUE.bucket(*until)), false),
        OutboxEvent::AttemptFailed { next, .. } => (Some(DUE.bucket(*next)), false),
        OutboxEvent::OutageAnnounced => (None, false),
        OutboxEvent::Settled { .. } => (Some(batch), true),
        OutboxEvent::Retried => (Some(DUE.bucket(host.now())), false),
    };
    if let Some(bucket) = bucket {
        if !is_over {
            DUE.ensure_listed(host, bucket).await?;
        }
        associations.push(DUE.association(bucket));
    }
    let at = host.now().max(last_at.saturating_add(1));
    let was_taken = is_of_message && matches!(kind, OutboxEvent::Settled { given_up: None, .. });
    let record = OutboxRecord { v: VERSION, at, room: room.clone(), entry: entry.to_owned(), batch, event: kind };
    let record = json::to_value(record);
    // Found by exactly what its beginning was stored with; should there be none, it is stored beside the others.
    Ok(match was_taken {
        true => Effect::ReplaceRecord { associations, record },
        false => Effect::CreateRecord { associations, record },
    })
}
