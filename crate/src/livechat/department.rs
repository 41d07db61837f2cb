//! Departments, as people name them.

use crate::config::connection;
use crate::runtime::failure::Cause;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::runtime::outcome::Level;
use crate::wire::rocketchat::Department;
use unicode_normalization::UnicodeNormalization;

/// Finds a department that is in use by its id or name. Rocket.Chat compares names byte by byte, so the name is looked
/// up in each form in which devices write it, without the blanks around it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn find(host: &Host, name: &str) -> Result<Option<Department>, Failure> {
    for form in forms(name) {
        let found = host.find_department(form).await?;
        if let Some(found) = found.filter(Department::is_in_use) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The forms of a name that can differ to a server, the likeliest first.
fn forms(name: &str) -> Vec<String> {
    let trimmed = name.trim_matches(|char: char| char.is_whitespace() || matches!(char, '\u{200b}' | '\u{feff}'));
    let mut forms: Vec<String> = Vec::new();
    for form in [trimmed.nfc().collect(), trimmed.to_owned(), trimmed.nfd().collect(), name.to_owned()] {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
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
    fn a_name_has_as_many_forms_as_devices_write() {
        assert_eq!(forms("Health"), ["Health"]);
        assert_eq!(forms(" Sau\u{301}de\u{a0}"), ["Sa\u{fa}de", "Sau\u{301}de", " Sau\u{301}de\u{a0}"]);
        assert_eq!(forms("Sa\u{fa}de"), ["Sa\u{fa}de", "Sau\u{301}de"]);
        // Two marks in the order in which nobody's norm has them.
        assert_eq!(forms("Vie\u{302}\u{323}t"), ["Vi\u{1ec7}t", "Vie\u{302}\u{323}t", "Vie\u{323}\u{302}t"]);
    }
}
