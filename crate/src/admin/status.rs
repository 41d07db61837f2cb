//! How the app fares: one list of figures, told as JSON, to Prometheus and to people.

use serde_json::{Map, Value};

use crate::admin::backlog::Queue;
use crate::admin::settings_check::title;
use crate::admin::{backlog, settings_check};
use crate::config::workspace::Workspace;
use crate::config::workspace_config::WorkspaceConfig;
use crate::config::{api, public_url, settings, workspace};
use crate::ids::ConnectionId;
use crate::outbound::circuit_breaker::CircuitBreakers;
use crate::request::caller::Caller;
use crate::request::refusal::Refusal;
use crate::runtime::failure::Failure;
use crate::runtime::host::{DeniedPermissions, Host};
use crate::runtime::json;
use crate::runtime::operation::End;
use crate::text::i18n::{Language, Text};
use crate::text::{messages, timestamp, url};
use crate::wire::http::{Query, Response};

const PROMETHEUS_TYPE: &str = "text/plain; version=0.0.4";

/// The first figure of each workspace, and the one that is a time.
pub(crate) const WORKSPACE: &str = "workspace";

pub(crate) const LAST_SUCCESS: &str = "last_success";

/// What machines call the figures, and what people do: first those of the app, then those of each workspace.
const FIGURES: [(&str, Text); 16] = [
    ("version", messages::VERSION),
    ("address", messages::ADDRESS),
    ("missing_permissions", messages::MISSING_PERMISSIONS),
    ("settings_problems", messages::PROBLEMS),
    (WORKSPACE, messages::WORKSPACE),
    ("connected", messages::CONNECTED),
    ("callback_host", messages::CALLBACK_HOST),
    ("answers", messages::ANSWERS),
    ("trouble", messages::TROUBLE),
    (LAST_SUCCESS, messages::LAST_SUCCESS),
    ("queued_messages", messages::QUEUED_MESSAGES),
    ("queued_closes", messages::QUEUED_CLOSES),
    ("waiting_contacts_messages", messages::WAITING_CONTACTS_MESSAGES),
    ("failed_messages", messages::FAILED_MESSAGES),
    ("counts_complete", messages::COMPLETE),
    ("api_token_accepted", messages::TOKEN_ACCEPTED),
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
pub(crate) async fn read(host: &Host, only: Option<&str>, language: Language) -> Result<Vec<Value>, Failure> {
    let settings = settings::all(host).await?;
    let mut lines = settings.lines();
    lines.retain(|line| only.is_none_or(|only| line.name == only));
    let queue = backlog::look(host).await?;
    let denied: Vec<Value> = host.cache::<DeniedPermissions>().list().into_iter().map(Value::from).collect();
    let mut values = vec![
        json::to_value(env!("CARGO_PKG_VERSION")),
        json::to_value(public_url::app_address(host).await),
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
    (line, workspace): (&WorkspaceConfig, &Workspace),
    queue: &Queue,
    language: Language,
) {
    let callback = workspace.callback(&ConnectionId::of(&line.secret));
    let breaker = host.cache::<CircuitBreakers>().of(&workspace.id);
    values.push(json::to_value(title(&line.name, language)));
    values.push(json::to_value(callback.is_some()));
    values.push(json::to_value(callback.and_then(url::host_of)));
    // Nobody knows until RapidPro was asked.
    values.push(json::to_value(callback.and_then(|_| breaker.answers())));
    values.push(json::to_value(callback.and_then(|_| breaker.trouble()).map(|trouble| trouble.in_language(language))));
    values.push(json::to_value(breaker.last_success().map(timestamp::text)));
    values.extend(queue.counts(&workspace.id).map(Value::from));
    values.push(json::to_value(queue.is_complete));
    values.push(json::to_value(api::is_token_accepted(host, line)));
}

/// The name and the label of the figure at a place among the values.
pub(crate) fn figure(index: usize) -> (&'static str, Text) {
    let place = if index < OF_APP { index } else { OF_APP + (index - OF_APP) % (FIGURES.len() - OF_APP) };
    FIGURES.get(place).copied().unwrap_or(("", messages::NONE))
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
        Value::Bool(true) => messages::YES,
        Value::Bool(false) => messages::NO,
        Value::String(text) => return text.clone(),
        Value::Number(number) => return number.as_u64().unwrap_or_default().to_string(),
        Value::Array(list) if !list.is_empty() => {
            let items: Vec<String> = list.iter().map(|item| words_for(item, language)).collect();
            return items.join("; ");
        }
        Value::Null => return "–".to_owned(),
        _ => messages::NONE,
    };
    text.in_language(language).to_owned()
}
