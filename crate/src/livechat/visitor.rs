//! The livechat visitor that stands for a contact.
//!
//! Whoever knows a visitor's token can read the conversation through Rocket.Chat's public livechat API,
//! so it must not be derivable from anything that RapidPro shows.

use crate::config::server_key;
use crate::config::server_key::key;
use crate::ids::Contact;
use crate::runtime::effect::NewVisitor;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket;
use crate::store::ticket::Ticket;
use crate::text::digest::keyed_hash;
use crate::wire::rocketchat::{Room, Visitor};

/// The visitor of a contact, brought up to date or created, and their open rooms. `person` is RapidPro's UUID of the
/// contact, where it is known.
///
/// A visitor is registered by token and name alone and only then given phone and e-mail ([`complete`]): Rocket.Chat
/// matches the token first, so that nobody is merged with somebody else who shares them.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn register(
    host: &Host,
    contact: &Contact,
    person: Option<&str>,
    known: Known<'_>,
    details: Details<'_>,
) -> Result<(Visitor, Vec<Room>), Failure> {
    let (token, last) = find(host, contact, person, known).await?;
    let bare = NewVisitor { token: token.clone(), name: details.name.map(str::to_owned), email: None, phone: None };
    let (registered, open) = host.register_and_find_rooms(bare).await;
    let visitor = match registered {
        Ok(Some(visitor)) => visitor,
        // Engines before 1.44 answer an id only. It was just registered: nothing else can hide it.
        Ok(None) => match host.find_visitor(token).await? {
            Some(visitor) => visitor,
            None => return Err(host.denied("livechat-visitor.read")),
        },
        Err(failure) => {
            let Some(last) = last else { return Err(failure) };
            log_outdated(host, &failure);
            last.clone()
        }
    };
    Ok((visitor, open?))
}

/// Gives a visitor the contact's phone and e-mail, where there are any.
pub async fn complete(host: &Host, visitor: &Visitor, details: Details<'_>) {
    if let Some(full) = full(visitor, details)
        && let Err(failure) = host.register(full).await
    {
        log_outdated(host, &failure);
    }
}

/// [`complete`], and the visitor's open rooms, read beside it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading the rooms.
pub async fn complete_and_find_rooms(
    host: &Host,
    visitor: &Visitor,
    details: Details<'_>,
) -> Result<Vec<Room>, Failure> {
    let Some(full) = full(visitor, details) else { return host.find_open_rooms(&visitor.token).await };
    let (registered, open) = host.register_and_find_rooms(full).await;
    if let Err(failure) = registered {
        log_outdated(host, &failure);
    }
    open
}

/// What is to be registered of a visitor who has been registered by token and name.
fn full(visitor: &Visitor, Details { name, email, phone }: Details<'_>) -> Option<NewVisitor> {
    if email.is_none() && phone.is_none() {
        return None;
    }
    let [name, email, phone] = [name, email, phone].map(|detail| detail.map(str::to_owned));
    Some(NewVisitor { token: visitor.token.clone(), name, email, phone })
}

/// The ticket matters more than what else is known of the contact.
fn log_outdated(host: &Host, failure: &Failure) {
    host.log(Level::Warn, format!("a contact's name, e-mail and phone are not up to date: {failure}"));
}

/// What is known of the visitors that a contact's token has had.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// All tickets of the token.
    pub tickets: &'a [Ticket],
    /// Whether Rocket.Chat has the visitor of [`shared_token`].
    pub has_shared: bool,
}

/// What is known of a contact besides their token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Details<'a> {
    /// Their name.
    pub name: Option<&'a str>,
    /// A well-formed e-mail address.
    pub email: Option<&'a str>,
    /// A well-formed phone number.
    pub phone: Option<&'a str>,
}

/// The token of the visitor that version 1.0.0 may have made for a contact whose UUID is known, by the contact's token
/// alone; `None` where it cannot have. As long as it is nobody else's, it goes on as that contact's.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading the key.
pub async fn shared_token(host: &Host, contact: &Contact, person: Option<&str>) -> Result<Option<String>, Failure> {
    if person.is_none() || server_key::is_by_person(host).await? {
        return Ok(None);
    }
    Ok(Some(of_token(&key(host).await?, contact)))
}

fn of_token(key: &str, contact: &Contact) -> String {
    keyed_hash(key, &[&contact.workspace, contact.token.as_str()])
}

/// The token of a contact's visitor, and the visitor of their last ticket, if there is one.
///
/// A contact whose UUID is known has a visitor of their own, whoever has their token next. Only where version 1.0.0
/// made one by the token alone, or RapidPro told no UUID, is it that one: as long as it is nobody else's.
async fn find<'t>(
    host: &Host,
    contact: &Contact,
    person: Option<&str>,
    Known { tickets, has_shared }: Known<'t>,
) -> Result<(String, Option<&'t Visitor>), Failure> {
    let key = key(host).await?;
    let of_token = of_token(&key, contact);
    let last = ticket::of_person(tickets, person).into_iter().max_by_key(|ticket| ticket.opened_at());
    let last = last.map(|ticket| &ticket.visitor);
    let Some(person) = person else {
        return Ok((last.map_or(of_token, |last| last.token.clone()), last));
    };
    let is_free = ticket::is_same(owner(tickets, &of_token), Some(person));
    if let Some(last) = last.filter(|last| last.token != of_token || is_free) {
        return Ok((last.token.clone(), Some(last)));
    }
    if has_shared && is_free {
        return Ok((of_token, None));
    }
    Ok((keyed_hash(&key, &[&contact.workspace, contact.token.as_str(), &person.to_ascii_lowercase()]), None))
}

/// Whose a visitor is: of whoever was first served by them.
fn owner<'t>(tickets: &'t [Ticket], token: &str) -> Option<&'t str> {
    let of_visitor = |ticket: &&Ticket| ticket.visitor.token == token && ticket.person().is_some();
    tickets.iter().filter(of_visitor).min_by_key(|ticket| ticket.opened_at())?.person()
}

/// Whether Rocket.Chat will take this as an e-mail address (its own check is looser than RFC 5321).
pub fn is_email(text: &str) -> bool {
    let plain =
        !text.chars().any(|char| char.is_whitespace() || char.is_control() || matches!(char, ',' | ';' | '<' | '>'));
    let parts = text.rsplit_once('@');
    let whole = parts.is_some_and(|(local, domain)| {
        let labels = domain.split('.');
        let label_is_good = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|char| char.is_alphanumeric() || char == '-')
        };
        !local.is_empty() && !local.contains('@') && domain.contains('.') && labels.into_iter().all(label_is_good)
    });
    plain && whole && text.len() <= 254
}

/// Whether this is a phone number: digits (ITU-T E.164 allows 15) with the usual marks between them.
pub fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let marks = text.chars().all(|char| char.is_ascii_digit() || matches!(char, '+' | '-' | ' ' | '(' | ')' | '.'));
    marks && (3..=15).contains(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails() {
        for good in ["foo@bar.com", "a.b+c@sub.example.org", "o'neil@bücher.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "foo", "foo@", "@bar.com", "foo@bar", "a@b@c.d", "a b@c.de", "a@-b.de", "a@b..de"] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn phones() {
        for good in ["+12024561111", "(202) 456-1111", "911"] {
            assert!(is_phone(good), "{good}");
        }
        for bad in ["", "12", "call me", "+1202456111122223333", "+1202x4561111"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
