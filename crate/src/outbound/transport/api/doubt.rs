//! Whether RapidPro has a message already: what was noted of it and, where an answer got lost, what RapidPro lists.

use serde_json::Value;

use crate::config::budget::Scope;
use crate::history::render::{text, written_at};
use crate::outbound::transport::api::answer;
use crate::outbound::transport::api::client::Client;
use crate::outbound::transport::api::parts::{Part, Place, stripped};
use crate::outbound::transport::reply::Reply;
use crate::store::ours;
use crate::store::outbox::Entry;
use crate::store::ticket::Ticket;
use crate::text::timestamp;

/// A message that RapidPro has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Its `uuid`, or its `id` where the server has no other.
    pub(crate) name: String,
    /// Whether RapidPro knows already that it cannot be sent.
    pub(crate) is_failed: bool,
    text: String,
    media: usize,
}

impl Sent {
    /// A message as the API tells it.
    pub(crate) fn of(message: &Value) -> Option<Self> {
        let name = match (text(message, "uuid"), message.get("id").and_then(Value::as_u64)) {
            ("", id) => id?.to_string(),
            (uuid, _) => uuid.to_owned(),
        };
        let media = message.get("attachments").and_then(Value::as_array).map_or(0, Vec::len);
        let is_failed = text(message, "status") == "failed";
        Some(Self { name, is_failed, text: stripped(text(message, "text")).to_owned(), media })
    }
}

/// What RapidPro has of an entry.
#[derive(Debug, Default)]
pub(crate) struct Doubt {
    /// How much of it, as far as it was noted.
    pub(crate) place: Place,
    /// What RapidPro may have made of the rest, the oldest first.
    candidates: Vec<Sent>,
}

impl Doubt {
    /// Finds out. What is sent for the first time needs no look.
    ///
    /// # Errors
    /// Where RapidPro or the store does not answer: then nothing may be sent.
    pub(crate) async fn about(
        client: &Client<'_>,
        contact: &str,
        ticket: &Ticket,
        entry: &Entry,
    ) -> Result<Self, Reply> {
        let (host, room) = (client.host, &ticket.room);
        let since = entry.progress.in_doubt_since(&host.process().node, host.now());
        if since.is_none() && entry.progress.failures == 0 && entry.progress.retried_at == 0 {
            return Ok(Self::default());
        }
        let noted = ours::of_room(host, room).await.map_err(|failure| Reply::none(&failure))?;
        let mut doubt = Self::default();
        for part in noted.iter().filter_map(|own| own.part.as_ref()).filter(|part| part.entry == entry.id) {
            let reached = Place { chars: count(part.chars), files: count(part.files) };
            doubt.place.chars = doubt.place.chars.max(reached.chars);
            doubt.place.files = doubt.place.files.max(reached.files);
        }
        if since.is_none() {
            return Ok(doubt);
        }
        // By RapidPro's clock, as far as it was told.
        let after = ticket.history_until();
        let list = format!("messages.json?contact={contact}&after={}", timestamp::text(after));
        let page = client.get(Scope::Messages, &list).await?;
        let listed = answer::fields(&page).and_then(|fields| Some(fields.get("results")?.as_array()?.clone()));
        let Some(listed) = listed else { return Err(answer::reply(&page)) };
        for message in listed.iter().filter(|message| may_be_ours(message, contact, after)) {
            let Some(sent) = Sent::of(message) else { continue };
            match noted.iter().find(|own| own.name == sent.name) {
                None => doubt.candidates.insert(0, sent),
                Some(own) if own.part.as_ref().is_some_and(|part| part.entry == entry.id) => {}
                // A room's entries go one after the other: what is older than another one's is not this one's.
                Some(_) => break,
            }
        }
        Ok(doubt)
    }

    /// The message that RapidPro has made of a part, if it has.
    pub(crate) fn take(&mut self, part: &Part<'_>) -> Option<Sent> {
        let is_it = |sent: &Sent| sent.text == part.text && sent.media == part.files.len();
        let index = self.candidates.iter().position(is_it)?;
        Some(self.candidates.remove(index))
    }
}

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Whether a message may have come by the API to this contact since then: flows and broadcasts say who they are. That
/// servers obey filters is not relied on.
fn may_be_ours(message: &Value, contact: &str, after: u64) -> bool {
    let is_none = |name: &str| message.get(name).is_none_or(Value::is_null);
    text(message, "direction") == "out"
        && message.get("contact").is_some_and(|named| text(named, "uuid") == contact)
        && written_at(message).is_some_and(|at| at >= after)
        && is_none("flow")
        && is_none("broadcast")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::outbound::transport::api::parts::next;

    fn message(changes: Value) -> Value {
        let mut message = json!({
            "uuid": "m", "contact": { "uuid": "c" }, "direction": "out", "status": "queued", "text": "hi", "flow": null,
            "attachments": [], "created_on": "2026-11-27T21:17:44.973792Z", "id": 9, "broadcast": null,
        });
        for (key, value) in changes.as_object().unwrap() {
            message[key] = value.clone();
        }
        message
    }

    #[test]
    fn what_flows_others_and_earlier_times_have_sent_is_not_ours() {
        let at = timestamp::parse("2026-11-27T21:17:44.973792Z").unwrap();
        assert!(may_be_ours(&message(json!({})), "c", at));
        for odd in [
            json!({ "direction": "in" }),
            json!({ "contact": { "uuid": "d" } }),
            json!({ "flow": { "uuid": "f" } }),
            json!({ "broadcast": 7 }),
            json!({ "created_on": "2026-11-27T21:17:44Z" }),
        ] {
            assert!(!may_be_ours(&message(odd.clone()), "c", at), "{odd}");
        }
    }

    #[test]
    fn each_message_is_taken_for_one_part_with_its_text_and_as_many_files() {
        let sent = |uuid: &str, media: usize| {
            let attachments = vec![json!({}); media];
            Sent::of(&message(json!({ "uuid": uuid, "text": " hi ", "attachments": attachments }))).unwrap()
        };
        let mut doubt = Doubt { place: Place::default(), candidates: vec![sent("a", 1), sent("b", 0), sent("c", 0)] };
        let part = next("hi\n", 0, Place::default(), 99).unwrap();
        let mut names = || doubt.take(&part).map(|sent| sent.name);
        assert_eq!([names(), names(), names()], [Some("b".into()), Some("c".into()), None]);
    }

    #[test]
    fn messages_have_uuids_or_ids() {
        assert_eq!(Sent::of(&message(json!({ "uuid": null, "status": "failed" }))).unwrap().name, "9");
        assert!(Sent::of(&message(json!({ "status": "failed" }))).unwrap().is_failed);
        assert_eq!(Sent::of(&json!({})), None);
    }
}
