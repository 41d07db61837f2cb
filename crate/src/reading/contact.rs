//! What RapidPro knows of a contact.

use serde_json::Value;

use crate::config::budget::Scope;
use crate::history::render::text;
use crate::livechat::visitor;
use crate::livechat::visitor::Details;
use crate::reading::Reading;
use crate::reading::trouble::Stop;

/// A contact's name, e-mail and phone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ContactDetails {
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// Fields in which workspaces keep what a URN does not tell, in the order in which they count.
const EMAIL_FIELDS: [&str; 3] = ["email", "e_mail", "email_address"];
const PHONE_FIELDS: [&str; 4] = ["phone", "phone_number", "telephone", "mobile"];

impl ContactDetails {
    /// What a contact's URNs and fields tell.
    pub(crate) fn of(contact: &Value) -> Self {
        let urns = || contact.get("urns").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let urn = |scheme: &str| {
            let path = |urn: &str| urn.strip_prefix(scheme)?.strip_prefix(':').map(str::to_owned);
            urns().find_map(path)
        };
        let fields = contact.get("fields").unwrap_or(&Value::Null);
        let field = |names: &[&str], is_good: fn(&str) -> bool| {
            names.iter().map(|name| text(fields, name).trim()).find(|value| is_good(value)).map(str::to_owned)
        };
        let plus = |digits: String| format!("+{}", digits.trim_start_matches('+'));
        let phone = urn("tel").or_else(|| urn("whatsapp").map(plus)).filter(|phone| visitor::is_phone(phone));
        let name = text(contact, "name").trim();
        Self {
            name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            email: urn("mailto")
                .filter(|email| visitor::is_email(email))
                .or_else(|| field(&EMAIL_FIELDS, visitor::is_email)),
            phone: phone.or_else(|| field(&PHONE_FIELDS, visitor::is_phone)),
        }
    }

    /// As visitors have them.
    pub(crate) fn details(&self) -> Details<'_> {
        Details { name: self.name.as_deref(), email: self.email.as_deref(), phone: self.phone.as_deref() }
    }
}

impl Reading<'_> {
    /// What RapidPro knows of a contact. Where it does not tell, the name that came with the ticket has to do.
    pub(crate) async fn contact(&mut self, uuid: &str, name: &str) -> Result<ContactDetails, Stop> {
        let bare =
            || ContactDetails { name: Some(name.to_owned()).filter(|name| !name.is_empty()), ..Default::default() };
        match self.page(Scope::Contacts, &format!("contacts.json?uuid={uuid}"), None).await {
            // A server that does not know the filter would answer with everybody.
            Ok(page) => {
                let contact = page.items.iter().find(|contact| text(contact, "uuid") == uuid);
                Ok(contact.map_or_else(bare, ContactDetails::of))
            }
            Err(Stop::Api(trouble, _)) if trouble.is_of_request() => Ok(bare()),
            Err(stop) => Err(stop),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn urns_tell_before_fields_and_nonsense_tells_nothing() {
        let of = |urns: Value, fields: Value| {
            let ContactDetails { email, phone, .. } = ContactDetails::of(&json!({ "urns": urns, "fields": fields }));
            [email.unwrap_or_default(), phone.unwrap_or_default()]
        };
        assert_eq!(
            of(json!(["whatsapp:250788", "mailto:a@b.org"]), json!({ "email": "c@d.org" })),
            ["a@b.org", "+250788"]
        );
        assert_eq!(of(json!(["tel:+250788", "whatsapp:1"]), json!({ "phone": "911" })), ["", "+250788"]);
        assert_eq!(of(json!(["telegram:77"]), json!({ "email": " c@d.org ", "phone": "911" })), ["c@d.org", "911"]);
        assert_eq!(of(json!(["tel:********", "mailto:x"]), json!({ "email": "x", "phone": null })), ["", ""]);
    }
}
