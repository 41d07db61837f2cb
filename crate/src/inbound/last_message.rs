//! What contacts wrote last, and where.

use std::cell::Cell;

use serde_json::Value;

use crate::ids::RoomId;
use crate::runtime::cache::Recent;

/// What contacts wrote last, by their associations, since RapidPro forwards a message once for each of a contact's open
/// tickets.
#[derive(Debug, Default)]
pub struct LastMessages(Recent<String, LastMessage, 200>);

#[derive(Debug, Clone)]
struct LastMessage {
    pub(crate) said: Value,
    pub(crate) copies: usize,
    copies_max: usize,
    pub(crate) at: u64,
    pub(crate) id: String,
}

impl LastMessages {
    /// How soon copies of one message follow each other, in milliseconds: RapidPro sends the next as soon
    /// as it has the answer to the last.
    const COPY_WITHIN_MS: u64 = 1_500;

    /// The id of the message that this one repeats, if it is one of its copies.
    pub fn repeated(&self, contact: &str, said: &Value, now: u64) -> Option<String> {
        let last = self.0.get(contact)?;
        let follows = now.checked_sub(last.at).is_some_and(|pause| pause <= Self::COPY_WITHIN_MS);
        if last.said != *said || !follows || last.copies >= last.copies_max {
            return None;
        }
        let id = last.id.clone();
        self.0.put(contact.to_owned(), LastMessage { copies: last.copies + 1, at: now, ..last });
        Some(id)
    }

    /// A contact's message was posted under this id, and RapidPro may send `copies_max` copies of it: as many as there
    /// were tickets then, whatever is closed meanwhile.
    pub fn remember(&self, contact: String, said: Value, copies_max: usize, id: String, now: u64) {
        self.0.put(contact, LastMessage { said, copies: 1, copies_max, at: now, id });
    }
}

/// When this process last saw Rocket.Chat take a contact's message, if it ever did.
#[derive(Debug, Default)]
pub struct LastPost(pub(crate) Cell<Option<u64>>);

/// Where contacts wrote last, by their associations, since most write there again.
#[derive(Debug, Default)]
pub struct LastRooms(pub(crate) Recent<String, RoomId, 500>);

impl LastRooms {
    /// The room in which a contact wrote last.
    pub fn get(&self, contact: &str) -> Option<RoomId> {
        self.0.get(contact)
    }

    /// A contact wrote in this room.
    pub fn put(&self, contact: &str, room: &RoomId) {
        self.0.put(contact.to_owned(), room.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_as_many_copies_are_swallowed_as_there_are_tickets_and_only_at_once() {
        let last = LastMessages::default();
        assert_eq!(last.repeated("c", &"ok".into(), 0), None);
        last.remember("c".into(), "ok".into(), 1, "m0".into(), 0);
        assert_eq!(last.repeated("c", &"ok".into(), 10), None, "one ticket has no copies");
        last.remember("c".into(), "ok".into(), 2, "m1".into(), 0);
        assert_eq!(last.repeated("c", &"no".into(), 10), None);
        assert_eq!(last.repeated("d", &"ok".into(), 10), None);
        assert_eq!(last.repeated("c", &"ok".into(), 10), Some("m1".into()));
        assert_eq!(last.repeated("c", &"ok".into(), 20), None, "said again");
        last.remember("c".into(), "ok".into(), 2, "m2".into(), 20);
        assert_eq!(last.repeated("c", &"ok".into(), 5_000), None, "said again later");
    }
}
