//! Names of things: rooms, tickets, contacts, connections, processes, entries.

use serde::{Deserialize, Serialize};

use crate::text::digest::keyed_hash;

/// One of RapidPro's connections to a workspace, known by its secret, which itself is stored nowhere. RapidPro cannot
/// change a connection's secret or callback: connecting anew makes another one, and tickets stay with theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ConnectionId(pub(crate) String);

impl ConnectionId {
    /// The connection that uses this secret, as every version of the app names it.
    pub fn of(secret: &str) -> Self {
        Self(keyed_hash("connection", &[secret]))
    }

    /// That of what was read from RapidPro's API: no secret has its name, since those are hashes.
    pub fn api() -> Self {
        Self("api".to_owned())
    }

    /// Whether it is that of [`Self::api`].
    pub fn is_api(&self) -> bool {
        self.0 == "api"
    }
}

/// The id of an entry: a message's, or [`CLOSE`].
pub type EntryId = String;

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

text_newtype! {
    /// A room, as Rocket.Chat names it.
    RoomId
}

text_newtype! {
    /// A ticket, as RapidPro names it.
    TicketId
}

text_newtype! {
    /// A contact, as RapidPro names them.
    ContactToken
}

/// A process of the app: random, made anew at every start.
pub type NodeId = String;

/// A contact of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Contact {
    /// The workspace's id.
    pub workspace: String,
    /// RapidPro's token.
    pub token: ContactToken,
}

impl Contact {
    /// The queue of this process in which requests about the contact wait for each other.
    pub fn queue(&self) -> String {
        format!("contact/{}/{}", self.workspace, self.token.as_str())
    }
}
