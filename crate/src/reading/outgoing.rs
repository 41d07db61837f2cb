//! What RapidPro has sent to a contact: ours, which must not come back, and its own, which agents should see.

use crate::config::language;
use crate::history::render;
use crate::ids::RoomId;
use crate::livechat::notice;
use crate::reading::Reading;
use crate::reading::told::ToldMessage;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::store::ours;
use crate::store::ours::OwnMessage;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::Ticket;
use crate::text::messages;

/// For how long a message may still turn out to be ours, in milliseconds of RapidPro's clock: as long as a message of the
/// room is on its way.
const UNDECIDED_MS: u64 = 2 * 60_000;

/// What this app has sent from a room, as far as it tells a message of ours from RapidPro's own.
pub(crate) struct SentHere {
    /// Whether anything is on its way. Read before `ours`: what was under way by then is either still so or noted.
    is_under_way: bool,
    ours: Vec<OwnMessage>,
}

impl SentHere {
    pub(crate) async fn read(host: &Host, room: &RoomId) -> Result<Self, Failure> {
        let snapshot = RoomSnapshot::read(host, room).await?;
        let is_under_way = snapshot.is_some_and(|room| !room.outbox.pending.is_empty());
        Ok(Self { is_under_way, ours: ours::of_room(host, room).await? })
    }
}

impl Reading<'_> {
    /// Shows a message of RapidPro's in the room, or that one of ours has failed. Says whether that is done with.
    pub(crate) async fn show_outgoing(&self, ticket: &Ticket, sent: &SentHere, message: &ToldMessage) -> bool {
        let (host, room) = (self.host, &ticket.room);
        if let Some(own) = sent.ours.iter().find(|own| own.name == message.name) {
            if message.is_failed && !own.is_told {
                notice::not_delivered(host, ticket, render::text(&message.whole, "text")).await;
            }
            return true;
        }
        let is_young = self.state.messages.max(message.created).saturating_sub(message.created) < UNDECIDED_MS;
        if is_young && sent.is_under_way {
            return false;
        }
        if self.settings.shows_rapidpro_messages() {
            let language = language::of_server(host).await;
            let contact = messages::CONTACT.in_language(language);
            if let Some((_, said)) = render::said(&message.whole, contact, language) {
                notice::from_rapidpro(host, room, said).await;
            }
        }
        true
    }
}
