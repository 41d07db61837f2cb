//! What RapidPro's API tells of tickets and messages, as far as it is understood.

use serde_json::Value;

use crate::history::render::{text, written_at};
use crate::store::reading::{Seen, ToldTicket};
use crate::text::timestamp;

/// How far a reading of tickets looks back, in milliseconds of RapidPro's clock: changes show when they are stored, which
/// is after they were made.
pub(crate) const TICKETS_BACK_MS: u64 = 5 * 60_000;

/// The same of messages, which show once they are handled.
pub(crate) const MESSAGES_BACK_MS: u64 = 10 * 60_000;

/// More than these are not remembered: what is forgotten is looked at again, and found to be known.
const SEEN_MAX: usize = 2_000;

/// A ticket; `None` where that makes no sense.
pub(crate) fn ticket(value: &Value) -> Option<ToldTicket> {
    let contact = value.get("contact")?;
    let topic = value.get("topic").unwrap_or(&Value::Null);
    let time = |name| timestamp::parse(text(value, name));
    let ticket = ToldTicket {
        uuid: text(value, "uuid").to_owned(),
        contact: text(contact, "uuid").to_owned(),
        name: text(contact, "name").to_owned(),
        topic: text(topic, "name").to_owned(),
        is_open: text(value, "status") == "open",
        opened: time("opened_on")?,
        modified: time("modified_on")?,
    };
    Some(ticket).filter(|ticket| !ticket.uuid.is_empty() && !ticket.contact.is_empty())
}

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct ToldMessage {
    /// Its `uuid`, or its `id` on servers without those.
    pub(crate) name: String,
    /// The contact's UUID.
    pub(crate) contact: String,
    /// When it was made, by RapidPro's clock.
    pub(crate) created: u64,
    pub(crate) is_incoming: bool,
    pub(crate) is_failed: bool,
    /// All of it.
    pub(crate) whole: Value,
}

/// A message; `None` where that makes no sense.
pub(crate) fn message(whole: Value) -> Option<ToldMessage> {
    let name = match (text(&whole, "uuid"), whole.get("id").and_then(Value::as_u64)) {
        ("", Some(id)) => id.to_string(),
        (uuid, _) => uuid.to_owned(),
    };
    let contact = text(whole.get("contact")?, "uuid").to_owned();
    let (is_incoming, is_failed) = (text(&whole, "direction") == "in", text(&whole, "status") == "failed");
    let created = written_at(&whole)?;
    let message = ToldMessage { name, contact, created, is_incoming, is_failed, whole };
    Some(message).filter(|message| !message.name.is_empty() && !message.contact.is_empty())
}

/// Whether it was seen.
pub(crate) fn is_seen(seen: &[Seen], name: &str) -> bool {
    seen.iter().any(|known| known.0 == name)
}

/// Remembers what was seen, and forgets what no reading comes across any more.
pub(crate) fn remember(seen: &mut Vec<Seen>, new: Vec<Seen>, since: u64) {
    seen.extend(new);
    seen.retain(|known| known.1 >= since);
    let too_many = seen.len().saturating_sub(SEEN_MAX);
    seen.drain(..too_many);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_told_is_understood_or_left_out() {
        let told = json!({
            "uuid": "t", "contact": { "uuid": "c", "name": null }, "status": "open", "topic": { "name": "Sales" },
            "opened_on": "2026-11-27T21:17:44.973792Z", "modified_on": "2026-11-27T21:17:45Z", "assignee": null,
        });
        let ticket = ticket(&told).unwrap();
        assert_eq!((ticket.topic.as_str(), ticket.name.as_str(), ticket.is_open), ("Sales", "", true));
        assert_eq!(ticket.modified - ticket.opened, 27);
        for odd in ["uuid", "contact", "opened_on", "modified_on"] {
            let mut told = told.clone();
            told[odd] = json!(null);
            assert_eq!(super::ticket(&told), None, "{odd}");
        }
    }

    #[test]
    fn messages_have_uuids_or_ids() {
        let told = |uuid: Value| {
            let contact = json!({ "uuid": "c" });
            let at = "2026-11-27T21:17:44.973792Z";
            message(json!({ "uuid": uuid, "id": 9, "contact": contact, "direction": "in", "created_on": at }))
        };
        assert_eq!(told(json!("m")).unwrap().name, "m");
        assert_eq!(told(Value::Null).unwrap().name, "9");
        assert!(message(json!({ "id": 9, "contact": { "uuid": "c" }, "created_on": "today" })).is_none());
    }

    #[test]
    fn what_is_too_old_to_be_read_again_is_forgotten() {
        let mut seen = vec![Seen("a".into(), 1), Seen("b".into(), 5)];
        remember(&mut seen, vec![Seen("c".into(), 9)], 5);
        assert!(!is_seen(&seen, "a") && is_seen(&seen, "b") && is_seen(&seen, "c"));
        remember(&mut seen, (0..3_000).map(|at| Seen(at.to_string(), 10)).collect(), 5);
        assert_eq!(seen.len(), SEEN_MAX);
    }
}
