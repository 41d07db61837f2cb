//! The livechat visitor that stands for a contact.
//!
//! Whoever knows a visitor's token can read the conversation through Rocket.Chat's public livechat API,
//! so it must not be derivable from anything that RapidPro shows.

use crate::config::server_key::key;
use crate::ids::Contact;
use crate::runtime::effect::NewVisitor;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::store::ticket;
use crate::store::ticket::Ticket;
use crate::text::digest::keyed_hash;
use crate::wire::rocketchat::Visitor;

/// The visitor of a contact, brought up to date or created. `person` is RapidPro's UUID of the contact, where it is
/// known, and `tickets` are all of the contact's token.
///
/// A visitor is created by token alone and only then given phone and e-mail: Rocket.Chat matches the
/// token first, so that nobody is merged with somebody else who shares them.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading or storing.
pub async fn ensure(
    host: &Host,
    contact: &Contact,
    person: Option<&str>,
    tickets: &[Ticket],
    details: Details<'_>,
) -> Result<Visitor, Failure> {
    let (token, known) = find(host, contact, person, tickets).await?;
    let name = details.name.map(str::to_owned);
    if known.is_none() {
        let bare = NewVisitor { token: token.clone(), name: name.clone(), email: None, phone: None };
        host.register_visitor(bare).await?;
    }
    let wants_update = known.as_ref().is_some_and(|known| name.is_some() && known.name != name);
    if wants_update || details.email.is_some() || details.phone.is_some() {
        let full = NewVisitor {
            token: token.clone(),
            name,
            email: details.email.map(str::to_owned),
            phone: details.phone.map(str::to_owned),
        };
        // The ticket matters more than what else is known of the contact.
        if let Err(failure) = host.register_visitor(full).await {
            host.log(Level::Warn, format!("a contact's name, e-mail and phone are not up to date: {failure}"));
        }
    }
    match known {
        Some(known) => Ok(Visitor { name: details.name.map(str::to_owned).or(known.name), ..known }),
        // It was just created: nothing else can hide it.
        None => match host.find_visitor(token).await? {
            Some(visitor) => Ok(visitor),
            None => Err(host.denied("livechat-visitor.read")),
        },
    }
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

/// The token of a contact's visitor, and the visitor, if there is one.
///
/// A contact whose UUID is known has a visitor of their own, whoever has their token next. Only where version 1.0.0
/// made one by the token alone, or RapidPro told no UUID, is it that one: as long as it is nobody else's.
async fn find(
    host: &Host,
    contact: &Contact,
    person: Option<&str>,
    tickets: &[Ticket],
) -> Result<(String, Option<Visitor>), Failure> {
    let key = key(host).await?;
    let of_token = keyed_hash(&key, &[&contact.workspace, contact.token.as_str()]);
    let last = ticket::of_person(tickets, person).into_iter().max_by_key(|ticket| ticket.opened_at());
    let last = last.map(|ticket| ticket.visitor.token.clone());
    let Some(person) = person else {
        let token = last.unwrap_or(of_token);
        let known = host.find_visitor(token.clone()).await?;
        return Ok((token, known));
    };
    let of_person = keyed_hash(&key, &[&contact.workspace, contact.token.as_str(), &person.to_ascii_lowercase()]);
    let is_free = ticket::is_same(owner(tickets, &of_token), Some(person));
    if let Some(last) = last.filter(|last| *last != of_token || is_free) {
        return Ok((last.clone(), host.find_visitor(last).await?));
    }
    let mut known = host.find_visitors(vec![of_person.clone(), of_token.clone()]).await?.into_iter();
    let (own, shared) = (known.next().flatten(), known.next().flatten());
    match shared.filter(|_| own.is_none() && is_free) {
        Some(shared) => Ok((of_token, Some(shared))),
        None => Ok((of_person, own)),
    }
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
