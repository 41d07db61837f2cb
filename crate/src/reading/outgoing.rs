//! What RapidPro has sent to a contact: ours, which must not come back, and its own, which agents should see.

use crate::config::language;
use crate::history::render;
use crate::livechat::notice;
use crate::reading::Reading;
use crate::reading::told::ToldMessage;
use crate::runtime::failure::Failure;
use crate::store::ours;
use crate::store::snapshot::RoomSnapshot;
use crate::store::ticket::Ticket;
use crate::text::messages;

/// For how long a message may still turn out to be ours, in milliseconds of RapidPro's clock: as long as a message of the
/// room is on its way.
const UNDECIDED_MS: u64 = 2 * 60_000;

impl Reading<'_> {
    /// Shows a message of RapidPro's in the room, or that one of ours has failed. Says whether that is done with.
    pub(crate) async fn show_outgoing(&mut self, ticket: &Ticket, message: &ToldMessage) -> Result<bool, Failure> {
        let (host, room) = (self.host, &ticket.room);
        let own = ours::of_room(host, room).await?.into_iter().find(|own| own.name == message.name);
        if let Some(own) = own {
            if message.is_failed && !own.is_told {
                notice::not_delivered(host, ticket, render::text(&message.whole, "text")).await;
            }
            return Ok(true);
        }
        let is_young = self.state.messages.max(message.created).saturating_sub(message.created) < UNDECIDED_MS;
        if is_young && RoomSnapshot::read(host, room).await?.is_some_and(|room| !room.outbox.pending.is_empty()) {
            return Ok(false);
        }
        if !self.settings.shows_rapidpro_messages() {
            return Ok(true);
        }
        let language = language::of_server(host).await;
        let contact = messages::CONTACT.in_language(language);
        if let Some((_, said)) = render::said(&message.whole, contact, language) {
            notice::from_rapidpro(host, room, said).await;
        }
        Ok(true)
    }
}
