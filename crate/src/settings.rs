//! The endpoint `settings`, and the app's own settings.

use std::rc::Rc;

use serde_json::Value;

use crate::cache::Cached;
use crate::connection::{Caller, Line};
use crate::fields::Fields;
use crate::host::{Cause, Failure, Host};
use crate::language::LanguageCache;
use crate::missed::ReconcileNeeded;
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::trigger::Job;
use crate::visitor;
use crate::workspace::{self, MAIN};

/// A job that starts while the app is still being enabled is dropped by Rocket.Chat, in milliseconds.
const SETTLING_MS: u64 = 5_000;
/// How many days ended tickets are kept where the setting does not say.
const RETENTION_DAYS: u64 = 30;
/// How far a history goes back where the setting does not say, in hours.
const HISTORY_HOURS: u64 = 24;
/// How many messages it has at most where the setting does not say.
const HISTORY_MESSAGES: u64 = 50;
/// How an agent's name stands before what they write where the setting does not say.
const AGENT_NAME_FORM: &str = "*{name}*: ";

/// Whatever is read first, all are read, side by side: no feature adds a round trip of its own.
const IDS: [&str; 16] = [
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
];

/// The app's settings as they were a short while ago.
#[derive(Debug, Default)]
pub struct Settings {
    values: Vec<Value>,
    /// The setting **More workspaces**.
    pub workspaces: Vec<Line>,
    /// The numbers of the lines of that setting which cannot be used.
    pub left_out: Vec<usize>,
}

/// The settings, as they were a short while ago.
pub type SettingsCache = Cached<Rc<Settings>>;

/// The address under which RapidPro reaches this server, as it was a short while ago.
#[derive(Debug, Default)]
pub struct AddressCache(pub Cached<String>);

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
    let (workspaces, left_out) = Line::read_all(settings.raw("more_workspaces"), &taken);
    (settings.workspaces, settings.left_out) = (workspaces, left_out);
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

    /// The workspaces that the settings name, the main one first, unless only others have a secret.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = self.workspaces.clone();
        if lines.is_empty() || !self.secret().is_empty() {
            lines.insert(0, self.main_line());
        }
        lines
    }

    /// The settings that should hold a number and do not.
    pub fn bad_numbers(&self) -> impl Iterator<Item = &'static str> {
        let is_bad = |id: &&str| number(self.value(id)).is_none() && !self.value(id).is_null();
        ["history_hours", "history_messages", "retention_days"].into_iter().filter(is_bad)
    }

    /// What a setting holds that should hold an address and does not.
    pub fn bad_address(&self, id: &str) -> Option<&str> {
        let address = self.text(id);
        (!address.is_empty() && !is_http_url(address)).then_some(address)
    }

    /// What **More workspaces** would say of the workspace for which the other settings speak.
    pub fn main_line(&self) -> Line {
        let text = |id| self.text(id).to_owned();
        Line {
            name: MAIN.to_owned(),
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
    fn address(&self, id: &str) -> String {
        let address = self.text(id).trim_end_matches('/');
        if is_http_url(address) { address.to_owned() } else { String::new() }
    }

    /// Without the blanks that pasting adds.
    fn text(&self, id: &str) -> &str {
        self.raw(id).trim()
    }

    fn raw(&self, id: &str) -> &str {
        self.value(id).as_str().unwrap_or_default()
    }

    fn value(&self, id: &str) -> &Value {
        let mut named = IDS.iter().zip(&self.values);
        named.find(|(name, _)| **name == id).map_or(&Value::Null, |(_, value)| value)
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_on(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// The address under which RapidPro reaches this server, without a slash at its end: a setting, or else
/// the server's own.
///
/// # Errors
/// Whatever keeps Rocket.Chat from telling it.
pub async fn public_address(host: &Host) -> Result<String, Failure> {
    if let Some(address) = host.cache::<AddressCache>().0.get(host.now()) {
        return Ok(address);
    }
    let own = all(host).await?.address("public_address");
    let address = if own.is_empty() { site_url(host).await? } else { own };
    host.cache::<AddressCache>().0.put(host.now(), address.clone());
    Ok(address)
}

async fn site_url(host: &Host) -> Result<String, Failure> {
    let site = host.server_setting("Site_Url").await.map_err(|failure| match failure.cause() {
        // The engine's words for a setting that is not there or not to be read; this one is always there.
        Cause::Refused(words) if words.contains("unaccessible") => host.denied("server-setting.read"),
        _ => failure,
    })?;
    Ok(site.as_str().unwrap_or_default().trim_end_matches('/').to_owned())
}

/// A setting was saved: what was read before no longer counts, and what waited for it may go.
pub async fn updated(host: &Host) -> End {
    host.cache::<SettingsCache>().forget();
    host.cache::<AddressCache>().0.forget();
    host.cache::<LanguageCache>().forget();
    host.schedule(Job::Sweep { recovered: true }, host.now()).await;
    End::follow_up(Job::CheckSettings)
}

/// Answers where webhooks go.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn read(host: &Host, caller: &Caller) -> Result<End, Refusal> {
    let workspace = workspace::named(host, &caller.workspace).await?;
    let url = workspace.callback(&caller.connection());
    Ok(End::answer(Response::field(200, "webhook", serde_json::json!({ "url": url }))))
}

/// Sets where webhooks go.
///
/// # Errors
/// 400 where the address is missing or not one; whatever keeps Rocket.Chat from storing it.
pub async fn write(host: &Host, caller: Caller, body: &Fields<'_>) -> Result<End, Refusal> {
    let webhook = body.object("webhook")?;
    let url = webhook.text("url")?;
    if !is_http_url(url) {
        return Err(webhook.wrong("url", "an http or https URL with a host"));
    }
    workspace::connect(host, &caller.workspace, caller.connection(), url).await?;
    // Whoever knows the secret can have agents' messages sent elsewhere: that leaves a trace.
    host.log(Level::Info, format!("webhooks go to {} from now on", authority(url)));
    let follow_ups = vec![Job::Sweep { recovered: true }, Job::CheckSettings];
    Ok(End { follow_ups, ..End::answer(Response::of(204)) })
}

/// The app was installed: what is made once is best made now, while only one node knows the app.
pub async fn installed(host: &Host) -> End {
    let made = async {
        workspace::named(host, MAIN).await?;
        visitor::key(host).await
    };
    if let Err(failure) = made.await {
        host.log(Level::Warn, format!("nothing could be stored yet: {failure}"));
    }
    End::default()
}

/// The app was enabled on this node: events may have been lost before, and what waited may be due.
pub async fn enabled(host: &Host) -> End {
    announce(host).await;
    host.cache::<ReconcileNeeded>().0.set(true);
    let soon = host.now().saturating_add(SETTLING_MS);
    let jobs = vec![Job::Compare { page: None }, Job::Sweep { recovered: false }, Job::CheckSettings];
    host.schedule_all(jobs, soon).await;
    End::default()
}

/// Says in the log which address to paste into RapidPro.
async fn announce(host: &Host) {
    let address = app_address(host).await;
    host.log(Level::Info, format!("the address to paste into RapidPro: {address}"));
}

/// The address to paste into RapidPro.
pub async fn app_address(host: &Host) -> String {
    let server = public_address(host).await.unwrap_or_else(|_| "<the address of this server>".to_owned());
    format!("{server}/api/apps/public/{}", host.process().app_id)
}

/// The host and port of a URL, without the user and password that it may hold.
fn authority(url: &str) -> &str {
    url.split(['/', '?', '#']).nth(2).and_then(|authority| authority.rsplit('@').next()).unwrap_or_default()
}

/// Whether `url` is an absolute http(s) URL with a host and, if any, a port that can be (RFC 3986).
pub fn is_http_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let host_and_port = host_and_port(rest);
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (host_and_port, ""),
    };
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && !url.chars().any(|char| char.is_whitespace() || char.is_control() || matches!(char, '\\' | '<' | '>' | '"'))
        && is_host(host)
        && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// The host of a good URL, with its port if it names one.
pub fn host_of(url: &str) -> Option<&str> {
    url.split_once("://").filter(|_| is_http_url(url)).map(|(_, rest)| host_and_port(rest))
}

fn host_and_port(after_scheme: &str) -> &str {
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        // The look of an IPv6 address is enough: a wrong one reaches nobody, and parsing it costs 1.5 kB of module.
        Some(address) => address.strip_suffix(']').is_some_and(|address| {
            let is_part = |char: char| char.is_ascii_hexdigit() || matches!(char, ':' | '.');
            address.contains(':') && address.chars().all(is_part)
        }),
        None => !host.is_empty() && !host.contains(['[', ']', ':', '%', '^', '|', '`', '{', '}']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_every_host_are_taken() {
        for url in [
            "https://rapidpro.example.org/mr/tickets/types/rocketchat/event_callback/59d7",
            "http://localhost:8090/x",
            "HTTP://10.0.0.7",
            "https://[::1]:8080/",
            "https://user:pass@host/?a=b#c",
            "http://bücher.example/",
        ] {
            assert!(is_http_url(url), "{url}");
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

    #[test]
    fn the_authority_holds_no_password() {
        assert_eq!(authority("https://user:pass@host:8080/a@b?c"), "host:8080");
        assert_eq!(authority("http://[::1]?a"), "[::1]");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for url in [
            "",
            "rapidpro.example.org",
            "ftp://host/",
            "https://",
            "https:///path",
            "https://:80/",
            "http://host:99999/",
            "http://host:x/",
            "http://a b/",
            "http://host/\n",
            "https://?a",
            "javascript:alert(1)",
            "http://[::1",
            "http://a:b:1/",
        ] {
            assert!(!is_http_url(url), "{url}");
        }
    }
}
