//! Putting a room's messages back into the order in which they were written.
//!
//! Rocket.Chat fires the events of two messages that follow each other closely side by side, and the
//! second may get here first. Each event carries the room as it was then, with the number of its
//! messages; a number that runs ahead of the events says that one is still on its way. Only then is it
//! worth waiting for, and not for long, since messages of some kinds have no event at all.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::ticket::RoomId;
use crate::wire::rocketchat::Message;

/// How long a message waits for one that was written before it, in milliseconds.
pub const PATIENCE_MS: u64 = 40;
/// How often it looks, in milliseconds.
pub const LOOK_EVERY_MS: u64 = 4;

/// The messages whose events have come and that are not taken up yet, by room.
#[derive(Debug, Default)]
pub struct Arrivals(RefCell<BTreeMap<RoomId, Room>>);

#[derive(Debug, Default)]
struct Room {
    /// How many messages the room had, by the events so far.
    counted: u64,
    /// How many of them are accounted for: had their event, or were waited for in vain.
    accounted: u64,
    waiting: BTreeMap<(u64, u64), Message>,
    arrived: u64,
}

impl Arrivals {
    /// How many rooms are remembered; a forgotten one costs its next message a short wait.
    const ROOMS_MAX: usize = 1_000;

    /// A message's event has come, of whatever author.
    pub fn count(&self, message: &Message) {
        let mut rooms = self.0.borrow_mut();
        if rooms.len() >= Self::ROOMS_MAX {
            rooms.retain(|_, room| !room.waiting.is_empty());
        }
        let room = rooms.entry(message.room.id.clone()).or_default();
        let with_this_one = room.accounted.saturating_add(1);
        room.counted = room.counted.max(message.room.message_count.unwrap_or(with_this_one));
        room.accounted = with_this_one.min(room.counted);
    }

    /// A message is to be taken up.
    pub fn wait(&self, message: Message, now: u64) {
        if let Some(room) = self.0.borrow_mut().get_mut(&message.room.id) {
            let rank = (message.created_at.unwrap_or(now), room.arrived);
            room.arrived = room.arrived.saturating_add(1);
            room.waiting.insert(rank, message);
        }
    }

    /// Whether a message that was written is still to come.
    pub fn is_one_missing(&self, room: &RoomId) -> bool {
        self.0.borrow().get(room).is_some_and(|room| room.accounted < room.counted)
    }

    /// Waiting was in vain: what is missing has no event.
    pub fn stop_waiting(&self, room: &RoomId) {
        if let Some(room) = self.0.borrow_mut().get_mut(room) {
            room.accounted = room.counted;
        }
    }

    /// Takes the room's oldest message that waits.
    pub fn take_oldest(&self, room: &RoomId) -> Option<Message> {
        self.0.borrow_mut().get_mut(room)?.waiting.pop_first().map(|(_, message)| message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(id: &str, created_at: u64, message_count: u64) -> Message {
        let room = json!({ "id": "r", "messageCount": message_count });
        serde_json::from_value(json!({ "id": id, "createdAt": created_at, "room": room })).unwrap()
    }

    fn arrive(arrivals: &Arrivals, message: Message) {
        arrivals.count(&message);
        arrivals.wait(message, 0);
    }

    #[test]
    fn a_number_that_runs_ahead_of_the_events_says_that_one_is_missing() {
        let (arrivals, room) = (Arrivals::default(), RoomId("r".into()));
        arrivals.count(&message("welcome", 1, 1));
        assert!(!arrivals.is_one_missing(&room));
        arrive(&arrivals, message("second", 3, 3));
        assert!(arrivals.is_one_missing(&room));
        arrive(&arrivals, message("first", 2, 3));
        assert!(!arrivals.is_one_missing(&room));
        assert_eq!(arrivals.take_oldest(&room).unwrap().id.as_deref(), Some("first"));
        assert_eq!(arrivals.take_oldest(&room).unwrap().id.as_deref(), Some("second"));
        assert_eq!(arrivals.take_oldest(&room), None);
    }

    #[test]
    fn what_has_no_event_is_waited_for_once() {
        let (arrivals, room) = (Arrivals::default(), RoomId("r".into()));
        arrive(&arrivals, message("m", 1, 7));
        assert!(arrivals.is_one_missing(&room));
        arrivals.stop_waiting(&room);
        arrive(&arrivals, message("n", 2, 8));
        assert!(!arrivals.is_one_missing(&room));
    }
}
