//! How the app fares: one list of figures, told as JSON, to Prometheus and to people.

use serde_json::{Map, Value};

use crate::breaker::Breakers;
use crate::connection::{Caller, Line};
use crate::host::DeniedPermissions;
use crate::host::{Failure, Host};
use crate::json;
use crate::operation::End;
use crate::queue::{self, Queue};
use crate::refusal::Refusal;
use crate::request::{Query, Response};
use crate::settings_check::{self, title};
use crate::words::{self, Language, Text};
use crate::workspace::{self, ConnectionId, Workspace};
use crate::{settings, timestamp};

const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4";
/// The first figure of each workspace, and the one that is a time.
const WORKSPACE: &str = "workspace";
const LAST_SUCCESS: &str = "last_success";

/// What machines call the figures, and what people do: first those of the app, then those of each workspace.
const FIGURES: [(&str, Text); 15] = [
    ("version", words::VERSION),
    ("address", words::ADDRESS),
    ("missing_permissions", words::MISSING_PERMISSIONS),
    ("settings_problems", words::PROBLEMS),
    (WORKSPACE, words::WORKSPACE),
    ("connected", words::CONNECTED),
    ("callback_host", words::CALLBACK_HOST),
    ("answers", words::ANSWERS),
    (LAST_SUCCESS, words::LAST_SUCCESS),
    ("queued_messages", words::QUEUED_MESSAGES),
    ("queued_closes", words::QUEUED_CLOSES),
    ("waiting_contacts_messages", words::WAITING_CONTACTS_MESSAGES),
    ("failed_messages", words::FAILED_MESSAGES),
    ("counts_complete", words::COMPLETE),
    ("api_token_accepted", words::TOKEN_ACCEPTED),
];
/// How many of them are the app's.
const OF_APP: usize = 4;

/// The endpoint `status`. It tells each RapidPro of its own workspace only.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn answer(host: &Host, caller: &Caller, query: &Query) -> Result<End, Refusal> {
    let values = read(host, Some(&caller.workspace), Language::English).await?;
    let mut response = Response::of(200);
    if query.format.as_ref().and_then(Value::as_str) == Some("prometheus") {
        response.content = Some(for_prometheus(&values, title(&caller.workspace, Language::English)).into());
        response.media_type = Some(PROMETHEUS_TYPE.to_owned());
    } else {
        response.content = Some(as_json(values));
    }
    Ok(End::answer(response))
}

/// The same in words, of all workspaces.
///
/// # Errors
/// Whatever keeps Rocket.Chat from reading.
pub async fn text(host: &Host, language: Language) -> Result<String, Failure> {
    Ok(for_people(&read(host, None, language).await?, language))
}

/// The values of the figures: the app's, then those of each workspace, or of this `only`.
async fn read(host: &Host, only: Option<&str>, language: Language) -> Result<Vec<Value>, Failure> {
    let settings = settings::all(host).await?;
    let mut lines = settings.lines();
    lines.retain(|line| only.is_none_or(|only| line.name == only));
    let queue = queue::look(host).await?;
    let denied: Vec<Value> = host.cache::<DeniedPermissions>().list().into_iter().map(Value::from).collect();
    let mut values = vec![
        json::to_value(env!("CARGO_PKG_VERSION")),
        json::to_value(settings::app_address(host).await),
        Value::Array(denied),
        json::to_value(settings_check::problems(host, &settings, &lines, language)),
    ];
    for line in &lines {
        let workspace = workspace::named(host, &line.name).await?;
        add_workspace(&mut values, host, (line, &workspace), &queue, language);
    }
    Ok(values)
}

fn add_workspace(
    values: &mut Vec<Value>,
    host: &Host,
    (line, workspace): (&Line, &Workspace),
    queue: &Queue,
    language: Language,
) {
    let callback = workspace.callback(&ConnectionId::of(&line.secret));
    let breaker = host.cache::<Breakers>().of(&workspace.id);
    values.push(json::to_value(title(&line.name, language)));
    values.push(json::to_value(callback.is_some()));
    values.push(json::to_value(callback.and_then(settings::host_of)));
    values.push(json::to_value(callback.map(|_| breaker.is_closed())));
    values.push(json::to_value(breaker.last_success().map(timestamp::text)));
    values.extend(queue.counts(&workspace.id).map(Value::from));
    values.push(json::to_value(queue.is_complete));
    values.push(json::to_value(settings_check::accepted(host, line)));
}

/// The name and the label of the figure at a place among the values.
fn figure(index: usize) -> (&'static str, Text) {
    let place = if index < OF_APP { index } else { OF_APP + (index - OF_APP) % (FIGURES.len() - OF_APP) };
    FIGURES.get(place).copied().unwrap_or(("", words::NONE))
}

fn as_json(values: Vec<Value>) -> Value {
    let mut fields = Map::new();
    for (index, value) in values.into_iter().enumerate() {
        fields.insert(figure(index).0.to_owned(), value);
    }
    Value::Object(fields)
}

/// Prometheus' text format: what can be told as a number.
fn for_prometheus(values: &[Value], workspace: &str) -> String {
    let workspace = workspace.replace('\\', "\\\\").replace('"', "\\\"");
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        let (name, help) = figure(index);
        let (unit, number) = match value {
            Value::Bool(yes) => ("", u64::from(*yes)),
            Value::Array(list) => ("", list.len() as u64),
            Value::Number(count) => ("", count.as_u64().unwrap_or_default()),
            Value::String(at) if name == LAST_SUCCESS => {
                ("_timestamp_seconds", timestamp::parse(at).unwrap_or_default() / 1_000)
            }
            _ => continue,
        };
        let help = help.in_language(Language::English);
        text.push_str(&format!(
            "# HELP rapidpro_tickets_{name}{unit} {help}\n# TYPE rapidpro_tickets_{name}{unit} gauge\n\
             rapidpro_tickets_{name}{unit}{{workspace=\"{workspace}\"}} {number}\n"
        ));
    }
    text
}

fn for_people(values: &[Value], language: Language) -> String {
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        let (name, label) = figure(index);
        let start = if name == WORKSPACE { "\n*" } else { "*" };
        for part in [start, label.in_language(language), "*: ", &words_for(value, language), "\n"] {
            text.push_str(part);
        }
    }
    text
}

fn words_for(value: &Value, language: Language) -> String {
    let text = match value {
        Value::Bool(true) => words::YES,
        Value::Bool(false) => words::NO,
        Value::String(text) => return text.clone(),
        Value::Number(number) => return number.as_u64().unwrap_or_default().to_string(),
        Value::Array(list) if !list.is_empty() => {
            let items: Vec<String> = list.iter().map(|item| words_for(item, language)).collect();
            return items.join("; ");
        }
        Value::Null => return "–".to_owned(),
        _ => words::NONE,
    };
    text.in_language(language).to_owned()
}
