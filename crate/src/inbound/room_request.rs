//! The body of a request for a room.

use serde_json::{Map, Value};

use crate::ids::{ContactToken, TicketId};
use crate::livechat::visitor;
use crate::livechat::visitor::Details;
use crate::request::caller::Caller;
use crate::request::fields::Fields;
use crate::request::refusal::Refusal;
use crate::runtime::host::Host;
use crate::runtime::json;
use crate::runtime::outcome::Level;
use crate::store::ticket::{Binding, HistorySource};
use crate::text::timestamp;

/// What RapidPro asks for.
#[derive(Debug)]
pub(crate) struct RoomRequest<'a> {
    pub(crate) binding: Binding,
    pub(crate) token: ContactToken,
    pub(crate) details: Details<'a>,
    pub(crate) department: Option<&'a str>,
    pub(crate) custom_fields: Vec<(&'a str, &'a str)>,
    priority: Option<&'a Value>,
}

impl<'a> RoomRequest<'a> {
    pub(crate) fn read(host: &Host, caller: &Caller, fields: &Fields<'a>) -> Result<Self, Refusal> {
        let visitor = fields.object("visitor")?;
        let since = match fields.optional_text("sessionStart")? {
            Some(start) => Some(
                timestamp::parse(start)
                    .ok_or_else(|| fields.wrong("sessionStart", "a time such as `2020-07-17T10:28-03:00`"))?,
            ),
            None => None,
        };
        let past = match visitor.get("contactUUID") {
            Some(_) => Some(HistorySource { contact: visitor.uuid("contactUUID")?.to_owned(), since }),
            None => None,
        };
        let priority = fields.get("priority");
        if priority.is_some_and(|priority| priority.is_array() || priority.is_object()) {
            return Err(fields.wrong("priority", "a string, a number or a boolean"));
        }
        // Released clients misspell the field.
        let department = visitor.optional_text("department")?.or(visitor.optional_text("deparment")?);
        let custom_fields = match visitor.optional_object("customFields")? {
            Some(custom_fields) => custom_fields.texts()?,
            None => Vec::new(),
        };
        Ok(Self {
            binding: Binding {
                ticket: TicketId(fields.uuid("ticketID")?.to_owned()),
                connection: caller.connection(),
                at: host.now(),
                past,
                opened: None,
                is_provisional: false,
            },
            token: ContactToken(visitor.text("token")?.to_owned()),
            details: Details {
                name: visitor.optional_text("name")?.filter(|name| !name.trim().is_empty()),
                email: well_formed(host, &visitor, "email", visitor::is_email)?,
                phone: well_formed(host, &visitor, "phone", visitor::is_phone)?,
            },
            department: department.filter(|department| !department.is_empty()),
            custom_fields,
            priority,
        })
    }

    /// What is asked for by what was read of a ticket in RapidPro's API.
    pub(crate) fn of_read(binding: Binding, details: Details<'a>, department: Option<&'a str>) -> Self {
        let token = ContactToken(binding.person().unwrap_or_default().to_owned());
        Self { binding, token, details, department, custom_fields: Vec::new(), priority: None }
    }

    /// The contact's UUID in RapidPro, as far as it is known.
    pub(crate) fn person(&self) -> Option<&str> {
        self.binding.person()
    }

    /// What servers that can keep on the room, and what fills omnichannel fields of these names.
    pub(crate) fn room_fields(&self) -> Map<String, Value> {
        json::object(vec![
            ("rapidproTicket", Some(self.binding.ticket.as_str().into())),
            ("rapidproContact", self.binding.past.as_ref().map(|past| past.contact.as_str().into())),
            ("priority", self.priority.cloned()),
        ])
    }
}

/// A malformed e-mail or phone must not keep the ticket from being opened: it is dropped.
fn well_formed<'a>(
    host: &Host,
    visitor: &Fields<'a>,
    name: &str,
    is_well_formed: fn(&str) -> bool,
) -> Result<Option<&'a str>, Refusal> {
    let text = visitor.optional_text(name)?.filter(|text| !text.is_empty());
    let kept = text.filter(|text| is_well_formed(text));
    if text.is_some() && kept.is_none() {
        host.log(Level::Warn, format!("dropped a malformed `visitor.{name}`"));
    }
    Ok(kept)
}
