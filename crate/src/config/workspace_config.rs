//! What the settings say of one RapidPro workspace.

use crate::text::url::is_http_url;

/// How a workspace is connected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Connection {
    /// By RapidPro's ticketing service: RapidPro calls, and takes webhooks.
    #[default]
    Ticketer,
    /// By RapidPro's API alone, for versions without ticketing services.
    Api,
}

impl Connection {
    /// What a setting says; `None` where it is neither.
    pub fn of(setting: &str) -> Option<Self> {
        match setting {
            "ticketer" => Some(Self::Ticketer),
            "api" => Some(Self::Api),
            _ => None,
        }
    }
}

/// A line of the setting **More workspaces**: `name; secret=…; token=…; department=…; address=…`, or
/// `name; connection=api; address=…; token=…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspaceConfig {
    /// How the admin calls the workspace.
    pub name: String,
    /// How it is connected.
    pub connection: Connection,
    /// Its secret; may be empty where it is connected by the API.
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
    /// `taken`, and no API one that is read already.
    pub fn read_all(setting: &str, taken: &[&str], main: &Self) -> (Vec<Self>, Vec<usize>) {
        let (mut lines, mut rejected_lines) = (Vec::<Self>::new(), Vec::new());
        let numbered = (1_usize..).zip(setting.lines().map(str::trim));
        for (number, text) in numbered.filter(|(_, text)| !text.is_empty()) {
            let is_new = |line: &Self| {
                let is_taken = !line.secret.is_empty() && taken.contains(&line.secret.as_str());
                let is_like = |other: &Self| other.name == line.name || other.is_same_workspace(line);
                !is_taken && !main.is_same_workspace(line) && !lines.iter().any(is_like)
            };
            match Self::read(text).filter(is_new) {
                Some(line) => lines.push(line),
                None => rejected_lines.push(number),
            }
        }
        (lines, rejected_lines)
    }

    /// Whether both are of one workspace of RapidPro: they have the same secret, or the same API is read for both.
    fn is_same_workspace(&self, other: &Self) -> bool {
        let same_secret = !self.secret.is_empty() && self.secret == other.secret;
        let both_read = self.is_read() && other.is_read();
        same_secret || both_read && self.address == other.address && self.token == other.token
    }

    /// Whether RapidPro's API is read for its tickets and messages.
    pub fn is_read(&self) -> bool {
        self.connection == Connection::Api && !self.address.is_empty() && !self.token.is_empty()
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let mut line = Self { name: parts.next().unwrap_or_default().to_owned(), ..Self::default() };
        for part in parts.filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            let place = match key.trim_end() {
                "connection" => {
                    line.connection = Connection::of(value.trim_start())?;
                    continue;
                }
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
        let is_complete = match line.connection {
            Connection::Ticketer => !line.secret.is_empty(),
            Connection::Api => line.is_read(),
        };
        Some(line).filter(|_| is_named && is_reachable && is_complete)
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

    #[test]
    fn a_line_may_say_that_its_api_is_read() {
        let line = WorkspaceConfig::read("A; connection = api; address=https://a.example.org/; token=t").unwrap();
        assert_eq!((line.connection, line.is_read(), line.secret.as_str()), (Connection::Api, true, ""));
        for incomplete in ["A; connection=api; token=t", "A; connection=api; address=https://a", "A; connection=x"] {
            assert_eq!(WorkspaceConfig::read(incomplete), None, "{incomplete}");
        }
        assert!(!WorkspaceConfig::read("A; connection=ticketer; secret=s").unwrap().is_read());
    }

    #[test]
    fn no_api_is_read_twice_and_no_secret_is_none() {
        let line = |name: &str, token: &str| format!("{name}; connection=api; address=https://a; token={token}\n");
        let setting = line("A", "1") + &line("B", "2") + &line("C", "1") + &line("D", "main");
        let main = WorkspaceConfig::read(&line("main", "main")).unwrap();
        let (lines, rejected) = WorkspaceConfig::read_all(&setting, &["", ""], &main);
        assert_eq!(lines.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(rejected, [3, 4]);
    }
}
