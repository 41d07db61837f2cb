//! Whether the settings can be used as they stand: looked at when they were saved, so that nobody learns it from a
//! ticket.

use crate::auth::keyed_hash;
use crate::connection::Line;
use crate::history;
use crate::host::{ApiAnswer, Failure, Host};
use crate::memory::TokenKey;
use crate::operation::{End, Level};
use crate::settings::{self, Settings};
use crate::words::{self, Language};
use crate::workspace::{self, ConnectionId, MAIN};

/// How long RapidPro may take to say whether it accepts a token, in milliseconds.
const TIMEOUT_MS: u64 = 8_000;

/// Says in the log what is wrong with the settings, and keeps what is to be asked of others.
pub async fn check(host: &Host) -> End {
    if let Err(failure) = check_all(host).await {
        host.log(Level::Warn, format!("the settings could not be checked: {failure}"));
    }
    End::default()
}

async fn check_all(host: &Host) -> Result<(), Failure> {
    let settings = settings::all(host).await?;
    if let Some(problem) = time_zone(host, &settings, Language::English).await {
        host.log(Level::Warn, problem);
    }
    for line in settings.lines().iter().filter(|line| !line.token.is_empty()) {
        if accepted(host, line) != Some(true) {
            check_token(host, line).await?;
        }
    }
    Ok(())
}

/// What is wrong with the time zone, in words.
pub async fn time_zone(host: &Host, settings: &Settings, language: Language) -> Option<String> {
    let zone = settings.time_zone();
    let is_unknown = !zone.is_empty() && host.tell_times(Vec::new(), zone.to_owned()).await.is_err();
    is_unknown.then(|| words::UNKNOWN_TIME_ZONE.filled(language, &[("what", zone)]))
}

/// Whether RapidPro accepts a workspace's API token, if this process has asked.
pub fn accepted(host: &Host, line: &Line) -> Option<bool> {
    host.memory().tokens.accepted(&key(line))
}

/// Keeps what an answer of RapidPro's API says of the token.
pub fn note(host: &Host, line: &Line, answer: &ApiAnswer) {
    match answer.status {
        200 => host.memory().tokens.put(key(line), true),
        401 | 403 => host.memory().tokens.put(key(line), false),
        _ => {}
    }
}

/// What is wrong with a workspace's API token, in words.
pub fn token(host: &Host, line: &Line, language: Language) -> Option<String> {
    let what = title(&line.name, language);
    (accepted(host, line) == Some(false)).then(|| words::TOKEN_REFUSED.filled(language, &[("what", what)]))
}

/// How people are told of a workspace.
pub fn title(workspace: &str, language: Language) -> &str {
    if workspace == MAIN { words::MAIN_WORKSPACE.in_language(language) } else { workspace }
}

async fn check_token(host: &Host, line: &Line) -> Result<(), Failure> {
    let workspace = workspace::named(host, &line.name).await?;
    let own = Some(line.address.clone()).filter(|address| !address.is_empty());
    let callback = workspace.callback(&ConnectionId::of(&line.secret));
    // Once RapidPro is connected, the token is checked.
    let Some(mut address) = own.or_else(|| callback.and_then(history::origin)) else { return Ok(()) };
    address.push_str("/api/v2/workspace.json");
    let answer = host.read_api(address, &line.api_token(), TIMEOUT_MS).await;
    if let Ok(answer) = &answer {
        note(host, line, answer);
    }
    let (level, said) = match accepted(host, line) {
        Some(true) => (Level::Info, "RapidPro accepts"),
        Some(false) => (Level::Error, "RapidPro refuses"),
        None => (Level::Warn, "RapidPro does not say whether it accepts"),
    };
    host.log(level, format!("{said} the API token of the workspace {}", title(&line.name, Language::English)));
    Ok(())
}

fn key(line: &Line) -> TokenKey {
    (line.name.clone(), keyed_hash("token", &[&line.token, &line.address]))
}
