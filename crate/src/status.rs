//! How the app fares: one list of figures, told as JSON, to Prometheus and to people.

use std::slice;

use serde_json::{Map, Value};

use crate::connection::{Caller, Line};
use crate::host::{Failure, Host};
use crate::operation::End;
use crate::plain::ToValue;
use crate::queue;
use crate::refusal::Refusal;
use crate::request::{Query, Response};
use crate::settings_check::title;
use crate::words::{self, Language, Text};
use crate::workspace::{self, ConnectionId, MAIN};
use crate::{settings, settings_check, timestamp};

const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4";
/// The first figure of each workspace.
const WORKSPACE: &str = "workspace";
/// The one figure that is a time.
const LAST_SUCCESS: &str = "last_success";

/// Something that is known of the app or of a workspace: what machines call it, what people do, and what it is.
type Figure = (&'static str, Text, Value);

/// The endpoint `status`. It tells each RapidPro of its own workspace only.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn answer(host: &Host, caller: &Caller, query: &Query) -> Result<End, Refusal> {
    let settings = settings::all(host).await?;
    let line = settings.lines().into_iter().find(|line| line.name == caller.workspace);
    let line = line.unwrap_or_else(|| settings.main_line());
    let figures = figures(host, slice::from_ref(&line), Language::English).await?;
    let mut response = Response::of(200);
    if query.format.as_ref().and_then(Value::as_str) == Some("prometheus") {
        response.content = Some(for_prometheus(&figures, title(&line.name, Language::English)).into());
        response.media_type = Some(PROMETHEUS_TYPE.to_owned());
    } else {
        let fields: Map<String, Value> = figures.into_iter().map(|(name, _, value)| (name.to_owned(), value)).collect();
        response.content = Some(Value::Object(fields));
    }
    Ok(End::answer(response))
}

/// The same in words, of all workspaces.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn text(host: &Host, language: Language) -> Result<String, Failure> {
    let lines = settings::all(host).await?.lines();
    let figures = figures(host, &lines, language).await?;
    let mut text = String::new();
    for (name, label, value) in &figures {
        let start = if *name == WORKSPACE { "\n*" } else { "*" };
        for part in [start, label.in_language(language), "*: ", &words_for(value, language), "\n"] {
            text.push_str(part);
        }
    }
    Ok(text)
}

/// What concerns all workspaces, then each of those that `lines` name.
async fn figures(host: &Host, lines: &[Line], language: Language) -> Result<Vec<Figure>, Failure> {
    let settings = settings::all(host).await?;
    let queue = queue::look(host).await?;
    let mut problems = settings.problems(language, lines.first().is_none_or(|line| line.name == MAIN));
    problems.extend(settings_check::time_zone(host, &settings, language).await);
    problems.extend(lines.iter().filter_map(|line| settings_check::token(host, line, language)));
    let denied: Vec<String> = host.memory().denied.list().into_iter().map(str::to_owned).collect();
    let mut figures = vec![
        ("version", words::VERSION, env!("CARGO_PKG_VERSION").write()),
        ("address", words::ADDRESS, settings::app_address(host).await.write()),
        ("missing_permissions", words::MISSING_PERMISSIONS, denied.write()),
        ("settings_problems", words::PROBLEMS, problems.write()),
    ];
    for line in lines {
        let workspace = workspace::named(host, &line.name).await?;
        let callback = workspace.callback(&ConnectionId::of(&line.secret));
        let breaker = host.memory().breakers.of(&workspace.id);
        let counts = queue.counts(&workspace.id);
        figures.extend([
            (WORKSPACE, words::WORKSPACE, title(&line.name, language).write()),
            ("connected", words::CONNECTED, callback.is_some().write()),
            ("callback_host", words::CALLBACK_HOST, callback.and_then(settings::host_of).write()),
            ("answers", words::ANSWERS, breaker.is_closed().write()),
            (LAST_SUCCESS, words::LAST_SUCCESS, breaker.last_success().map(timestamp::text).write()),
            ("queued_messages", words::QUEUED_MESSAGES, counts.messages.write()),
            ("queued_closes", words::QUEUED_CLOSES, counts.closes.write()),
            ("waiting_contacts_messages", words::WAITING_CONTACTS_MESSAGES, counts.letters.write()),
            ("failed_messages", words::FAILED_MESSAGES, counts.failed.write()),
            ("counts_complete", words::COMPLETE, queue.is_complete.write()),
            ("api_token_accepted", words::TOKEN_ACCEPTED, settings_check::accepted(host, line).write()),
        ]);
    }
    Ok(figures)
}

/// Prometheus' text format: what can be told as a number.
fn for_prometheus(figures: &[Figure], workspace: &str) -> String {
    let workspace = workspace.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = String::new();
    for (name, help, value) in figures {
        let at = value.as_str().filter(|_| *name == LAST_SUCCESS).and_then(timestamp::parse);
        let (unit, number) = match value {
            Value::Bool(yes) => ("", u64::from(*yes)),
            Value::Array(list) => ("", list.len() as u64),
            _ => match value.as_u64().or(at) {
                Some(at) if *name == LAST_SUCCESS => ("_timestamp_seconds", at / 1000),
                Some(count) => ("", count),
                None => continue,
            },
        };
        let help = help.in_language(Language::English);
        text.push_str(&format!(
            "# HELP rapidpro_tickets_{name}{unit} {help}\n# TYPE rapidpro_tickets_{name}{unit} gauge\n\
             rapidpro_tickets_{name}{unit}{{workspace=\"{workspace}\"}} {number}\n"
        ));
    }
    text
}

fn words_for(value: &Value, language: Language) -> String {
    let text = match value {
        Value::Bool(true) => words::YES,
        Value::Bool(false) => words::NO,
        Value::String(text) => return text.clone(),
        Value::Array(list) if !list.is_empty() => {
            return list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
        }
        Value::Number(number) => return number.as_u64().unwrap_or_default().to_string(),
        _ => words::NONE,
    };
    text.in_language(language).to_owned()
}
