//! What this process knows to have missed.

use std::cell::Cell;

use crate::ids::RoomId;
use crate::runtime::cache::Recent;

/// Whether an event could not be stored, so that the rooms must be reconciled.
#[derive(Debug, Default)]
pub struct ReconcileNeeded(pub Cell<bool>);

/// The rooms of such events: what they bring next must not overtake it.
#[derive(Debug, Default)]
pub struct UnrecordedRooms(pub(crate) Recent<RoomId, (), 200>);

impl UnrecordedRooms {
    /// Remembers a room.
    pub fn insert(&self, room: &RoomId) {
        self.0.put(room.clone(), ());
    }

    /// Forgets a room; says whether it was remembered.
    pub fn remove(&self, room: &RoomId) -> bool {
        self.0.remove(room).is_some()
    }
}
