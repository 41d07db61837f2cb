//! What waits is looked at before it goes: its author may have deleted or corrected it meanwhile.
//!
//! Rocket.Chat's own list of the room's messages tells, read once a run. What it does not say for certain, such as
//! where the list may not be read, changes nothing: then a message goes as it was recorded.

use crate::livechat::notice;
use crate::outbound::run::{DeliveryRun, RoomRead};
use crate::outbound::{content, content_lookup};
use crate::runtime::failure::Failure;
use crate::runtime::outcome::Level;
use crate::store::outbox::Entry;
use crate::store::snapshot::RoomSnapshot;
use crate::wire::rocketchat::Message;

/// What goes this soon after it was enqueued goes unread, in milliseconds, unless RapidPro has failed to take it or the
/// room was read for another entry.
const FRESH_MS: u64 = 5_000;

/// How long what was read counts in one run, in milliseconds.
const READ_COUNTS_MS: u64 = 20_000;

/// The type that a deleted message has where Rocket.Chat keeps its trace.
const REMOVED: &str = "rm";

/// What is to become of an entry.
#[derive(Debug)]
enum Review {
    /// It goes, with what it says now.
    Goes(Box<Entry>),
    /// It was deleted before it was sent.
    Deleted,
    /// It was corrected, and nothing is left that could be sent.
    Emptied,
}

impl DeliveryRun<'_> {
    /// An entry with what it says now; `None` where nothing is left of it that could be sent: then it is over.
    pub(crate) async fn as_it_is_now(
        &mut self,
        snapshot: &RoomSnapshot,
        entry: &Entry,
    ) -> Result<Option<Box<Entry>>, Failure> {
        match self.review(snapshot, entry).await {
            Review::Goes(entry) => return Ok(Some(entry)),
            Review::Deleted => {}
            Review::Emptied => notice::nothing_to_send(self.host, &snapshot.ticket).await,
        }
        self.drop_entry(&snapshot.ticket, entry).await?;
        Ok(None)
    }

    /// Looks at an entry if it has waited.
    async fn review(&mut self, snapshot: &RoomSnapshot, entry: &Entry) -> Review {
        let now = self.host.now();
        let is_fresh = entry.progress.failures == 0 && now.saturating_sub(entry.enqueued_at) < FRESH_MS;
        if !is_fresh && self.room_read_for(entry, now).is_none() {
            self.read_room(snapshot).await;
        }
        let messages = self.room_read_for(entry, now).and_then(|read| read.messages.as_deref());
        let Some(messages) = messages else { return Review::Goes(Box::new(entry.clone())) };
        match messages.iter().find(|message| message.id.as_ref() == Some(&entry.id)) {
            None => Review::Deleted,
            Some(message) if message.kind.as_deref() == Some(REMOVED) => Review::Deleted,
            Some(message) if message.edited_at.is_some() => self.corrected(entry, message).await,
            Some(_) => Review::Goes(Box::new(entry.clone())),
        }
    }

    async fn corrected(&self, entry: &Entry, message: &Message) -> Review {
        let Some(content) = content::of(message, entry.message.written_at) else { return Review::Emptied };
        let (content, _) = content_lookup::looked_up(self.host, message, content).await;
        Review::Goes(Box::new(Entry { message: content, ..entry.clone() }))
    }

    /// What was read of the room, where that still counts for an entry: what was written after it is not in it, and
    /// was not deleted.
    fn room_read_for(&self, entry: &Entry, now: u64) -> Option<&RoomRead> {
        let read = self.room_read.as_ref()?;
        (now.abs_diff(read.at) < READ_COUNTS_MS && read.entries.contains(&entry.id)).then_some(read)
    }

    async fn read_room(&mut self, snapshot: &RoomSnapshot) {
        let messages = match self.list_messages(snapshot).await {
            Ok(messages) => messages,
            Err(failure) if failure.is_denied() => None,
            Err(failure) => {
                let room = snapshot.ticket.room.as_str();
                self.host.log(Level::Warn, format!("what waits in room {room} goes without a look at it: {failure}"));
                None
            }
        };
        let entries = snapshot.outbox.pending.iter().map(|entry| entry.id.clone()).collect();
        self.room_read = Some(RoomRead { at: self.host.now(), entries, messages });
    }

    /// An empty list is one of a room of which everything was deleted, or of a room that is gone: what was written there
    /// was not taken back.
    async fn list_messages(&self, snapshot: &RoomSnapshot) -> Result<Option<Vec<Message>>, Failure> {
        let room = &snapshot.ticket.room;
        let messages = self.host.messages(room.clone()).await?;
        let is_there = !messages.is_empty() || self.host.find_room(room.clone()).await?.is_some();
        Ok(is_there.then_some(messages))
    }
}
