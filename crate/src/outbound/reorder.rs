//! Putting a room's messages back into the order in which they were written.
//!
//! Rocket.Chat fires the events of two messages that follow each other closely side by side, and the
//! second may get here first. Each event carries the room as it was then, with the number of its
//! messages; a number that runs ahead of the events says that one is still on its way. Only then is it
//! worth waiting for, and not for long, since messages of some kinds have no event at all.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::ids::RoomId;
use crate::wire::rocketchat::Message;

/// How long a message waits for one that was written before it, in milliseconds.
pub const GAP_WAIT_MS: u64 = 40;

/// How often it looks, in milliseconds.
pub const LOOK_EVERY_MS: u64 = 4;

/// The messages whose events have come and that are not enqueued yet, by room.
#[derive(Debug, Default)]
pub struct ReorderBuffer(pub(crate) RefCell<VecDeque<Room>>);

#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    /// How many messages the room had, by the events so far.
    counted: u64,
    /// How many of them are accounted for: had their event, or were waited for in vain.
    accounted: u64,
    /// In the order of their events.
    pub(crate) waiting: Vec<Message>,
}

impl ReorderBuffer {
    /// How many rooms are remembered; a forgotten one costs its next message a short wait.
    const ROOMS_MAX: usize = 500;

    /// A message's event has come, of whatever author.
    pub fn count(&self, message: &Message) {
        self.remember(&message.room.id);
        self.with(&message.room.id, |room| {
            let with_this_one = room.accounted.saturating_add(1);
            room.counted = room.counted.max(message.room.message_count.unwrap_or(with_this_one));
            room.accounted = with_this_one.min(room.counted);
        });
    }

    /// A message is to be enqueued.
    pub fn push(&self, message: Message) {
        let id = message.room.id.clone();
        self.with(&id, |room| room.waiting.push(message));
    }

    /// Whether a message that was written is still to come.
    pub fn has_gap(&self, room: &RoomId) -> bool {
        self.with(room, |room| room.accounted < room.counted).unwrap_or(false)
    }

    /// Waiting was in vain: what is missing has no event.
    pub fn stop_waiting(&self, room: &RoomId) {
        self.with(room, |room| room.accounted = room.counted);
    }

    /// Takes the room's oldest message that waits; of those of one millisecond, the one before which the room had fewer.
    pub fn take_oldest(&self, room: &RoomId) -> Option<Message> {
        let age = |message: &Message| (message.created_at, message.room.message_count);
        let take = |room: &mut Room| {
            let oldest = room.waiting.iter().enumerate().min_by_key(|(_, message)| age(message))?.0;
            Some(room.waiting.remove(oldest))
        };
        self.with(room, take).flatten()
    }

    pub(crate) fn remember(&self, id: &RoomId) {
        let mut rooms = self.0.borrow_mut();
        if rooms.iter().any(|room| room.id == *id) {
            return;
        }
        if rooms.len() >= Self::ROOMS_MAX
            && let Some(idle) = rooms.iter().position(|room| room.waiting.is_empty())
        {
            rooms.remove(idle);
        }
        rooms.push_back(Room { id: id.clone(), counted: 0, accounted: 0, waiting: Vec::new() });
    }

    pub(crate) fn with<T>(&self, id: &RoomId, act: impl FnOnce(&mut Room) -> T) -> Option<T> {
        self.0.borrow_mut().iter_mut().find(|room| room.id == *id).map(act)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::RoomId;
    use crate::wire::rocketchat::Message;

    fn message(id: &str, created_at: u64, message_count: u64) -> Message {
        let room = json!({ "id": "r", "messageCount": message_count });
        serde_json::from_value(json!({ "id": id, "createdAt": created_at, "room": room })).unwrap()
    }

    fn arrive(reorder: &ReorderBuffer, message: Message) {
        reorder.count(&message);
        reorder.push(message);
    }

    #[test]
    fn a_number_that_runs_ahead_of_the_events_says_that_one_is_missing() {
        let (reorder, room) = (ReorderBuffer::default(), RoomId("r".into()));
        reorder.count(&message("welcome", 1, 1));
        assert!(!reorder.has_gap(&room));
        arrive(&reorder, message("second", 3, 3));
        assert!(reorder.has_gap(&room));
        arrive(&reorder, message("first", 2, 3));
        assert!(!reorder.has_gap(&room));
        assert_eq!(reorder.take_oldest(&room).unwrap().id.as_deref(), Some("first"));
        assert_eq!(reorder.take_oldest(&room).unwrap().id.as_deref(), Some("second"));
        assert_eq!(reorder.take_oldest(&room), None);
    }

    #[test]
    fn of_two_written_in_one_millisecond_the_number_tells_the_first() {
        let (reorder, room) = (ReorderBuffer::default(), RoomId("r".into()));
        arrive(&reorder, message("second", 1, 2));
        arrive(&reorder, message("first", 1, 1));
        assert_eq!(reorder.take_oldest(&room).unwrap().id.as_deref(), Some("first"));
    }

    #[test]
    fn what_has_no_event_is_waited_for_once() {
        let (reorder, room) = (ReorderBuffer::default(), RoomId("r".into()));
        arrive(&reorder, message("m", 1, 7));
        assert!(reorder.has_gap(&room));
        reorder.stop_waiting(&room);
        arrive(&reorder, message("n", 2, 8));
        assert!(!reorder.has_gap(&room));
    }
}
