//! Departments, as people name them.

use crate::config::connection;
use crate::runtime::failure::{Cause, Failure};
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::wire::rocketchat::Department;

/// Finds a department that is in use by its id or name. Rocket.Chat compares names byte by byte, so the name is looked
/// up in each form in which devices write it, without the blanks around it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn find(host: &Host, name: &str) -> Result<Option<Department>, Failure> {
    let trimmed = without_blanks(name);
    let mut forms = vec![trimmed.to_owned()];
    if !trimmed.is_ascii() {
        forms.extend(host.normal_forms(trimmed.to_owned()).await?);
    }
    forms.push(name.to_owned());
    let mut tried: Vec<String> = Vec::new();
    for form in forms {
        if tried.contains(&form) {
            continue;
        }
        let found = host.find_department(form.clone()).await?;
        if let Some(found) = found.filter(Department::is_in_use) {
            return Ok(Some(found));
        }
        tried.push(form);
    }
    Ok(None)
}

/// A name without what nobody sees at its ends.
fn without_blanks(name: &str) -> &str {
    name.trim_matches(|char: char| char.is_whitespace() || matches!(char, '\u{200b}' | '\u{feff}'))
}

/// Where tickets go that name no department. A setting that is wrong must not keep them from being opened.
pub(crate) async fn default_department(host: &Host, workspace: &str) -> Option<String> {
    let found = async {
        let named = connection::line(host, workspace).await?.department;
        if named.is_empty() {
            return Ok(None);
        }
        match find(host, &named).await? {
            Some(found) => Ok(Some(found.id)),
            None => {
                Err(Cause::Refused("Rocket.Chat does not know it, or it is archived or disabled".to_owned()).into())
            }
        }
    };
    found.await.unwrap_or_else(|failure: Failure| {
        host.log(Level::Error, format!("the ticket goes without the default department of the settings: {failure}"));
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_name_are_none_of_it() {
        for name in ["Mental health", " Mental health", "\tMental health\u{a0}\u{200b}", "\u{feff}Mental health\n"] {
            assert_eq!(without_blanks(name), "Mental health");
        }
    }
}
