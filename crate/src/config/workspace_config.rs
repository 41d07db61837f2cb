//! What the settings say of one RapidPro workspace.

use crate::text::url::is_http_url;

/// A line of the setting **More workspaces**: `name; secret=…; token=…; department=…; address=…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceConfig {
    /// How the admin calls the workspace.
    pub name: String,
    /// Its secret.
    pub secret: String,
    /// Its token for RapidPro's API; may be empty.
    pub token: String,
    /// Its default department; may be empty.
    pub department: String,
    /// Where its API is, without a slash at its end; empty where that is where its webhooks go.
    pub address: String,
}

impl WorkspaceConfig {
    /// Reads the setting; answers also the numbers of the lines that cannot be used. No secret may be one of those
    /// `taken`.
    pub fn read_all(setting: &str, taken: &[&str]) -> (Vec<Self>, Vec<usize>) {
        let (mut lines, mut rejected_lines) = (Vec::<Self>::new(), Vec::new());
        let numbered = (1_usize..).zip(setting.lines().map(str::trim));
        for (number, text) in numbered.filter(|(_, text)| !text.is_empty()) {
            let is_new = |line: &Self| {
                let is_like = |other: &Self| other.name == line.name || other.secret == line.secret;
                !taken.contains(&line.secret.as_str()) && !lines.iter().any(is_like)
            };
            match Self::read(text).filter(is_new) {
                Some(line) => lines.push(line),
                None => rejected_lines.push(number),
            }
        }
        (lines, rejected_lines)
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let mut line = Self { name: parts.next().unwrap_or_default().to_owned(), ..Self::default() };
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            let place = match key.trim_end() {
                "secret" => &mut line.secret,
                "token" => &mut line.token,
                "department" => &mut line.department,
                "address" => &mut line.address,
                _ => return None,
            };
            value.trim_start().clone_into(place);
        }
        line.address.truncate(line.address.trim_end_matches('/').len());
        let is_named = !line.name.is_empty() && !line.name.contains('=');
        let is_reachable = line.address.is_empty() || is_http_url(&line.address);
        Some(line).filter(|line| is_named && is_reachable && !line.secret.is_empty())
    }

    /// The token for RapidPro's API, as far as a header can hold it.
    pub fn api_token(&self) -> String {
        self.token.chars().filter(char::is_ascii_graphic).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_say_where_the_api_is() {
        let address = |text: &str| WorkspaceConfig::read(text).map(|line| line.address);
        assert_eq!(
            address("A; secret=s; address = https://rapidpro.example.org/"),
            Some("https://rapidpro.example.org".into())
        );
        assert_eq!(address("A; secret=s; address="), Some(String::new()));
        assert_eq!(address("A; secret=s; address=rapidpro.example.org"), None);
    }
}
