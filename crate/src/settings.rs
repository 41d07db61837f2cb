//! The endpoint `settings`, and the app's own settings.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::connection::{Caller, Line, More};
use crate::fields::Fields;
use crate::host::{Effect, Failure, Host};
use crate::operation::{End, Level};
use crate::refusal::Refusal;
use crate::request::Response;
use crate::trigger::Job;
use crate::workspace::{self, MAIN};
use crate::{connection, visitor};

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

/// The setting **App Secret**, without the blanks that pasting adds; empty until somebody pastes it.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn secret(host: &Host) -> Result<String, Failure> {
    if let Some(secret) = host.memory().secret.get(host.now()) {
        return Ok(secret);
    }
    let secret = text(&host.setting("app_secret").await?);
    host.memory().secret.put(host.now(), secret.clone());
    Ok(secret)
}

/// A workspace's token for RapidPro's API, as far as an HTTP header can hold it; `None` where agents see no history.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn history_token(host: &Host, workspace: &str) -> Result<Option<String>, Failure> {
    let token = match connection::line(host, workspace).await? {
        Some(line) => line.token,
        None => text(&recent(host, "history_token").await?),
    };
    let token: String = token.chars().filter(char::is_ascii_graphic).collect();
    Ok(Some(token).filter(|token| !token.is_empty()))
}

/// The id or name of the department to which tickets of a workspace go that name none.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn default_department(host: &Host, workspace: &str) -> Result<Option<String>, Failure> {
    let department = match connection::line(host, workspace).await? {
        Some(line) => line.department,
        None => text(&recent(host, "default_department").await?),
    };
    Ok(Some(department).filter(|department| !department.is_empty()))
}

/// The setting **RapidPro's address**, without a slash at its end, if it is one; it holds for the main workspace only.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn rapidpro_address(host: &Host, workspace: &str) -> Result<Option<String>, Failure> {
    if connection::line(host, workspace).await?.is_some() {
        return Ok(None);
    }
    let address = text(&recent(host, "rapidpro_address").await?);
    Ok(Some(address.trim_end_matches('/').to_owned()).filter(|address| is_http_url(address)))
}

/// How many hours before its opening the history of a ticket begins, where RapidPro does not say, and how many
/// messages it has at most.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn history_limits(host: &Host) -> Result<(u64, usize), Failure> {
    let hours = number(&recent(host, "history_hours").await?).unwrap_or(HISTORY_HOURS);
    let messages = number(&recent(host, "history_messages").await?).unwrap_or(HISTORY_MESSAGES);
    Ok((hours, usize::try_from(messages).unwrap_or(usize::MAX)))
}

/// The time zone in which agents are told times; empty for the server's own.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn time_zone(host: &Host) -> Result<String, Failure> {
    Ok(text(&recent(host, "time_zone").await?))
}

/// Whether a close tells RapidPro more than that it happened.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn sends_close_details(host: &Host) -> Result<bool, Failure> {
    Ok(is_on(&recent(host, "send_close_details").await?))
}

/// How an agent's name stands before what they write, with `{name}` in its place; `None` where it does not.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn agent_name_form(host: &Host) -> Result<Option<String>, Failure> {
    if !is_on(&recent(host, "show_agent_names").await?) {
        return Ok(None);
    }
    let form = recent(host, "agent_name_form").await?;
    let form = form.as_str().filter(|form| !form.trim().is_empty());
    Ok(Some(form.unwrap_or(AGENT_NAME_FORM).to_owned()))
}

/// A setting as it was a short while ago.
async fn recent(host: &Host, id: &'static str) -> Result<Value, Failure> {
    if let Some(value) = host.memory().settings.get(id, host.now()) {
        return Ok(value);
    }
    let value = host.setting(id).await?;
    host.memory().settings.put(id, host.now(), value.clone());
    Ok(value)
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_on(value: &Value) -> bool {
    value.as_bool() == Some(true) || value.as_str() == Some("true")
}

/// The settings **Previous secret** and **More workspaces**, which few servers need: read only where **App Secret** is
/// not the one.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading them.
pub async fn more(host: &Host) -> Result<Rc<More>, Failure> {
    if let Some(more) = host.memory().more.get(host.now()) {
        return Ok(more);
    }
    let read = |id| Effect::ReadSetting { id };
    let (previous, workspaces) = host.both::<Value, Value>(read("previous_secret"), read("more_workspaces")).await;
    let (workspaces, problems) = Line::read_all(workspaces?.as_str().unwrap_or_default());
    for problem in problems {
        host.log(Level::Warn, problem);
    }
    let more = Rc::new(More { previous_secret: text(&previous?), workspaces });
    host.memory().more.put(host.now(), Rc::clone(&more));
    Ok(more)
}

/// Without the blanks that pasting adds.
fn text(setting: &Value) -> String {
    setting.as_str().unwrap_or_default().trim().to_owned()
}

/// How many days ended tickets are kept; the setting's own default where it was saved as no number.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn retention_days(host: &Host) -> Result<u64, Failure> {
    Ok(number(&recent(host, "retention_days").await?).unwrap_or(RETENTION_DAYS))
}

/// The address under which RapidPro reaches this server, without a slash at its end: a setting, or else
/// the server's own.
///
/// # Errors
/// Whatever keeps Rocket.Chat from telling it.
pub async fn public_address(host: &Host) -> Result<String, Failure> {
    if let Some(address) = host.memory().public_address.get(host.now()) {
        return Ok(address);
    }
    let setting = host.setting("public_address").await?;
    let own = setting.as_str().unwrap_or_default().trim().trim_end_matches('/').to_owned();
    let address = if is_http_url(&own) { own } else { site_url(host).await? };
    host.memory().public_address.put(host.now(), address.clone());
    Ok(address)
}

async fn site_url(host: &Host) -> Result<String, Failure> {
    let site = host.server_setting("Site_Url").await.map_err(|failure| match failure {
        // The engine's words for a setting that is not there or not to be read; this one is always there.
        Failure::Refused(words) if words.contains("unaccessible") => host.denied("server-setting.read"),
        other => other,
    })?;
    Ok(site.as_str().unwrap_or_default().trim_end_matches('/').to_owned())
}

/// The hosts from which contacts' media are copied into Rocket.Chat; none where that is not wanted.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading the settings.
pub async fn media_hosts(host: &Host) -> Result<Vec<String>, Failure> {
    if let Some(hosts) = host.memory().media_hosts.get(host.now()) {
        return Ok(hosts);
    }
    let is_wanted = host.setting("copy_media").await?.as_bool() == Some(true);
    let list = if is_wanted { host.setting("media_hosts").await? } else { Value::Null };
    let names = list.as_str().unwrap_or_default().split(|char: char| char.is_whitespace() || char == ',');
    let hosts: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
    host.memory().media_hosts.put(host.now(), hosts.clone());
    Ok(hosts)
}

/// A setting was saved: what was read before no longer counts, and what waited for it may go.
pub async fn updated(host: &Host) -> End {
    host.memory().secret.forget();
    host.memory().more.forget();
    host.memory().public_address.forget();
    host.memory().settings.forget();
    host.memory().media_hosts.forget();
    host.schedule(Job::Sweep { recovered: true }, host.now()).await;
    End::default()
}

/// Answers where webhooks go.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading it.
pub async fn read(host: &Host, caller: &Caller) -> Result<End, Refusal> {
    let workspace = workspace::named(host, &caller.workspace).await?;
    let content = json!({ "webhook": { "url": workspace.callback(&caller.connection) } });
    Ok(End::answer(Response::json(200, content)))
}

/// Sets where webhooks go.
///
/// # Errors
/// 400 where the address is missing or not one; whatever keeps Rocket.Chat from storing it.
pub async fn write(host: &Host, caller: Caller, body: &Value) -> Result<End, Refusal> {
    let webhook = Fields::of_body(body)?.object("webhook")?;
    let url = webhook.text("url")?;
    if !is_http_url(url) {
        return Err(webhook.wrong("url", "an http or https URL with a host"));
    }
    workspace::connect(host, &caller.workspace, caller.connection, url).await?;
    // Whoever knows the secret can have agents' messages sent elsewhere: that leaves a trace.
    host.log(Level::Info, format!("webhooks go to {} from now on", authority(url)));
    Ok(End { follow_ups: vec![Job::Sweep { recovered: true }], ..End::answer(Response::of(204)) })
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
    host.memory().missed.set(true);
    let soon = host.now().saturating_add(SETTLING_MS);
    host.schedule(Job::Compare { page: None }, soon).await;
    host.schedule(Job::Sweep { recovered: false }, soon).await;
    End::default()
}

/// Says in the log which address to paste into RapidPro.
async fn announce(host: &Host) {
    let server = public_address(host).await.unwrap_or_else(|_| "<the address of this server>".to_owned());
    let address = format!("{server}/api/apps/public/{}", host.memory().app_id);
    host.log(Level::Info, format!("the address to paste into RapidPro: {address}"));
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
        Some(address) => {
            address.strip_suffix(']').is_some_and(|address| address.parse::<core::net::Ipv6Addr>().is_ok())
        }
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
