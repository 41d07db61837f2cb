//! The endpoint `settings`, and the app's own settings.

use std::rc::Rc;

use serde_json::Value;

use crate::config::workspace::MAIN;
use crate::config::workspace_config::{Connection, WorkspaceConfig};
use crate::runtime::cache::Cached;
use crate::runtime::failure::Failure;
use crate::runtime::host::Host;
use crate::text::url::{host_of, is_http_url};

/// How many days ended tickets are kept where the setting does not say.
const RETENTION_DAYS: u64 = 30;

/// How far a history goes back where the setting does not say, in hours.
const HISTORY_HOURS: u64 = 24;

/// How many messages it has at most where the setting does not say.
const HISTORY_MESSAGES: u64 = 50;

/// How many seconds pass between two readings of an API where the setting does not say, and how many at least.
const READING_SECONDS: u64 = 10;

const READING_SECONDS_MIN: u64 = 5;

/// More is a slip of the finger: a million hours are a century.
const NUMBER_MAX: u64 = 1_000_000;

/// How an agent's name stands before what they write where the setting does not say.
const AGENT_NAME_FORM: &str = "*{name}*: ";

/// Whatever is read first, all are read, side by side: no feature adds a round trip of its own.
const IDS: [&str; 21] = [
    "app_secret",
    "previous_secret",
    "more_workspaces",
    "public_address",
    "default_department",
    "history_token",
    "rapidpro_address",
    "history_hours",
    "history_messages",
    "time_zone",
    "show_agent_names",
    "agent_name_form",
    "send_close_details",
    "copy_media",
    "media_hosts",
    "retention_days",
    "connection",
    "topics",
    "reading_interval",
    "show_rapidpro_messages",
    "take_over_open_tickets",
];

/// The app's settings as they were a short while ago.
#[derive(Debug, Default)]
pub struct Settings {
    pub(crate) values: Vec<Value>,
    /// The setting **More workspaces**.
    pub workspaces: Vec<WorkspaceConfig>,
    /// The numbers of the lines of that setting which cannot be used.
    pub rejected_lines: Vec<usize>,
}

/// The settings, as they were a short while ago.
pub type SettingsCache = Cached<Rc<Settings>>;

/// The app's settings.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn all(host: &Host) -> Result<Rc<Settings>, Failure> {
    if let Some(settings) = host.cache::<SettingsCache>().get(host.now()) {
        return Ok(settings);
    }
    let mut settings = Settings { values: host.settings(&IDS).await?, ..Settings::default() };
    let taken = [settings.secret(), settings.previous_secret()];
    let (workspaces, rejected_lines) =
        WorkspaceConfig::read_all(settings.raw("more_workspaces"), &taken, &settings.main_workspace());
    (settings.workspaces, settings.rejected_lines) = (workspaces, rejected_lines);
    let settings = Rc::new(settings);
    host.cache::<SettingsCache>().put(host.now(), Rc::clone(&settings));
    Ok(settings)
}

impl Settings {
    /// The setting **App Secret**; empty until somebody pastes it.
    pub fn secret(&self) -> &str {
        self.text("app_secret")
    }

    /// The setting **Previous secret**; may be empty.
    pub fn previous_secret(&self) -> &str {
        self.text("previous_secret")
    }

    /// The workspaces that the settings name, the main one first, unless only others are connected.
    pub fn lines(&self) -> Vec<WorkspaceConfig> {
        let (mut lines, main) = (self.workspaces.clone(), self.main_workspace());
        if lines.is_empty() || !main.secret.is_empty() || main.connection == Connection::Api {
            lines.insert(0, main);
        }
        lines
    }

    /// Those of them whose API is read.
    pub fn read_workspaces(&self) -> Vec<WorkspaceConfig> {
        let mut lines = self.lines();
        lines.retain(WorkspaceConfig::is_read);
        lines
    }

    /// The topics whose tickets get rooms; none where all do.
    pub fn topics(&self) -> Vec<&str> {
        self.raw("topics").lines().map(str::trim).filter(|topic| !topic.is_empty()).collect()
    }

    /// How long after the beginning of a reading the next one begins, in milliseconds.
    pub fn reading_interval_ms(&self) -> u64 {
        number(self.value("reading_interval")).unwrap_or(READING_SECONDS).max(READING_SECONDS_MIN).saturating_mul(1_000)
    }

    /// Whether agents see what RapidPro itself writes to a contact.
    pub fn shows_rapidpro_messages(&self) -> bool {
        let value = self.value("show_rapidpro_messages");
        value.is_null() || is_on(value)
    }

    /// Whether tickets that were open before the connection get rooms.
    pub fn takes_over_open_tickets(&self) -> bool {
        is_on(self.value("take_over_open_tickets"))
    }

    /// The settings that should hold a number and do not, and what is wrong with each.
    pub fn bad_numbers(&self) -> impl Iterator<Item = (&'static str, BadNumber)> {
        let wrong = |id| number(self.value(id)).err().filter(|_| !self.value(id).is_null()).map(|wrong| (id, wrong));
        ["history_hours", "history_messages", "retention_days", "reading_interval"].into_iter().filter_map(wrong)
    }

    /// What a setting holds that should hold an address and does not.
    pub fn bad_address(&self, id: &str) -> Option<&str> {
        let address = self.text(id);
        (!address.is_empty() && !is_http_url(address)).then_some(address)
    }

    /// What **More workspaces** would say of the workspace for which the other settings speak.
    pub fn main_workspace(&self) -> WorkspaceConfig {
        let text = |id| self.text(id).to_owned();
        WorkspaceConfig {
            name: MAIN.to_owned(),
            connection: Connection::of(self.text("connection")).unwrap_or_default(),
            secret: text("app_secret"),
            token: text("history_token"),
            department: text("default_department"),
            address: self.address("rapidpro_address"),
        }
    }

    /// How many hours before its opening the history of a ticket begins, where RapidPro does not say.
    pub fn history_hours(&self) -> u64 {
        number(self.value("history_hours")).unwrap_or(HISTORY_HOURS)
    }

    /// How many messages a history has at most.
    pub fn history_messages(&self) -> usize {
        let most = number(self.value("history_messages")).unwrap_or(HISTORY_MESSAGES);
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// How many days ended tickets are kept.
    pub fn retention_days(&self) -> u64 {
        number(self.value("retention_days")).unwrap_or(RETENTION_DAYS)
    }

    /// The time zone in which agents are told times; empty for the server's own.
    pub fn time_zone(&self) -> &str {
        self.text("time_zone")
    }

    /// Whether a close tells RapidPro more than that it happened.
    pub fn sends_close_details(&self) -> bool {
        is_on(self.value("send_close_details"))
    }

    /// How an agent's name stands before what they write, with `{name}` in its place; `None` where it does not.
    pub fn agent_name_form(&self) -> Option<&str> {
        let form = self.raw("agent_name_form");
        let form = if form.contains("{name}") { form } else { AGENT_NAME_FORM };
        is_on(self.value("show_agent_names")).then_some(form)
    }

    /// Whether the form of agents' names is one without a name.
    pub fn bad_name_form(&self) -> bool {
        let form = self.text("agent_name_form");
        !form.is_empty() && !form.contains("{name}")
    }

    /// The hosts from which contacts' media are copied into Rocket.Chat, also where the setting holds their
    /// addresses; none where that is not wanted.
    pub fn media_hosts(&self) -> Vec<String> {
        let list = if is_on(self.value("copy_media")) { self.raw("media_hosts") } else { "" };
        let names = list.split(|char: char| char.is_whitespace() || char == ',').filter(|name| !name.is_empty());
        names.map(|name| host_of(name).unwrap_or(name).to_ascii_lowercase()).collect()
    }

    /// An http(s) URL without a slash at its end; empty where the setting holds none.
    pub(crate) fn address(&self, id: &str) -> String {
        let address = self.text(id).trim_end_matches('/');
        if is_http_url(address) { address.to_owned() } else { String::new() }
    }

    /// Without the blanks that pasting adds.
    pub(crate) fn text(&self, id: &str) -> &str {
        self.raw(id).trim()
    }

    fn raw(&self, id: &str) -> &str {
        self.value(id).as_str().unwrap_or_default()
    }

    pub(crate) fn value(&self, id: &str) -> &Value {
        let mut named = IDS.iter().zip(&self.values);
        named.find(|(name, _)| **name == id).map_or(&Value::Null, |(_, value)| value)
    }
}

/// Why what a setting holds is not taken for a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadNumber {
    /// It is none, or no whole one.
    NotWhole,
    /// It is below 0.
    Negative,
    /// It is above [`NUMBER_MAX`].
    TooLarge,
}

/// What a setting holds as a number: servers store what was typed as a number or as a text.
fn number(value: &Value) -> Result<u64, BadNumber> {
    let typed = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(BadNumber::NotWhole),
    };
    let (is_negative, digits) = match typed.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => (true, digits),
        None => (false, typed.strip_prefix('+').unwrap_or(&typed)),
    };
    let is_number = is_number(digits);
    match digits.parse::<u64>() {
        Ok(0) => Ok(0),
        _ if is_number && is_negative => Err(BadNumber::Negative),
        Ok(number) if number <= NUMBER_MAX => Ok(number),
        Err(_) if !is_number || digits.contains('.') && !digits.contains(['e', 'E']) => Err(BadNumber::NotWhole),
        Ok(_) | Err(_) => Err(BadNumber::TooLarge),
    }
}

/// Whether this is a number, as JavaScript (1e21) and Rust (0.5) write it. By hand, since the standard library's reader
/// of numbers brings a table of 10 kB.
fn is_number(text: &str) -> bool {
    let (decimal, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction) && are_digits(exponent)
}

fn is_on(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_number_is_told() {
        use serde_json::json;
        for good in [json!(0), json!(24), json!("24"), json!(" 7 "), json!("+3"), json!(1_000_000), json!(24.0)] {
            assert!(number(&good).is_ok() || good == json!(24.0), "{good}");
        }
        for (wrong, values) in [
            (BadNumber::Negative, vec![json!(-5), json!("-5"), json!("\u{2212}5"), json!(-0.5)]),
            (BadNumber::TooLarge, vec![json!(1_000_001), json!("99999999999999999999999"), json!(1e21), json!("1e9")]),
            (
                BadNumber::NotWhole,
                vec![json!("five"), json!(""), json!(2.5), json!("1,5"), json!("--5"), json!([]), json!("NaN")],
            ),
        ] {
            for value in values {
                assert_eq!(number(&value), Err(wrong), "{value}");
            }
        }
    }

    #[test]
    fn the_hosts_of_media_may_be_written_as_addresses() {
        let value = |id| match id {
            "copy_media" => true.into(),
            "media_hosts" => "a.example.org, https://B.example.org:8443/media\nc:80\n".into(),
            _ => Value::Null,
        };
        let settings = Settings { values: IDS.map(value).to_vec(), ..Settings::default() };
        assert_eq!(settings.media_hosts(), ["a.example.org", "b.example.org:8443", "c:80"]);
    }
}
